//! How busy a module has been lately: its calls in the last hour, and the level they amount to.
#![forbid(unsafe_code)]

use std::fmt::{self, Display, Formatter};
use std::ops::Range;
use std::time::Duration;

use serde::Serialize;

use crate::host::clock::nanoseconds;

/// A level of use. [`HeatThresholds`] says from how many calls in the window a level begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum Heat {
    /// Hardly used: the first to be unloaded.
    #[default]
    Cold,
    /// Used now and then: unloaded only when no cold module can be.
    Warm,
    /// In steady use: stays loaded while that lasts.
    Hot,
    /// In such heavy use that the module stays loaded for good.
    Critical,
}

impl Display for Heat {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Heat::Cold => "COLD",
            Heat::Warm => "WARM",
            Heat::Hot => "HOT",
            Heat::Critical => "CRITICAL",
        })
    }
}

/// From how many calls in the window a module counts as warm, hot, critical. They should ascend; where they do not,
/// the hottest level that is reached counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct HeatThresholds {
    /// From this many calls on a module is [`Heat::Warm`].
    pub warm: u64,
    /// From this many calls on a module is [`Heat::Hot`].
    pub hot: u64,
    /// From this many calls on a module is [`Heat::Critical`].
    pub critical: u64,
}

impl Default for HeatThresholds {
    /// 5, 20 and 100 calls.
    fn default() -> HeatThresholds {
        HeatThresholds {
            warm: 5,
            hot: 20,
            critical: 100,
        }
    }
}

impl HeatThresholds {
    /// The level that `calls` within the window amount to.
    pub fn heat(&self, calls: u64) -> Heat {
        if calls >= self.critical {
            Heat::Critical
        } else if calls >= self.hot {
            Heat::Hot
        } else if calls >= self.warm {
            Heat::Warm
        } else {
            Heat::Cold
        }
    }

    /// How many calls it takes to reach `heat`: none for [`Heat::Cold`].
    pub fn calls_for(&self, heat: Heat) -> u64 {
        match heat {
            Heat::Cold => 0,
            Heat::Warm => self.warm,
            Heat::Hot => self.hot,
            Heat::Critical => self.critical,
        }
    }
}

/// Counts calls over a sliding window (an hour by default), in a ring of buckets.
///
/// A call counts for at least the length of the window and for at most one bucket (a minute by default) longer: a
/// module may look busier than it is, never idler. Nothing is allocated before the first call, nor after it.
#[derive(Clone, Debug)]
pub struct CallWindow {
    /// Calls by bucket; empty until there is one.
    buckets: Box<[u64]>,
    /// How many buckets count: one more than the window has, for the one that is being filled.
    kept: u64,
    /// Length of a bucket in nanoseconds.
    width: u64,
    /// Number of the bucket being filled, counted from time zero; bucket `n` lives at `n % kept`.
    newest: u64,
    /// Sum over `buckets`.
    total: u64,
}

impl Default for CallWindow {
    /// An hour in 60 buckets.
    fn default() -> CallWindow {
        CallWindow::new(Duration::from_secs(3_600), 60)
    }
}

impl CallWindow {
    /// The most buckets that a window is divided into.
    pub const MOST_BUCKETS: u32 = 3_600;

    /// A window of this length, divided into this many buckets, of a millisecond or longer: at least one, at most
    /// [`MOST_BUCKETS`](CallWindow::MOST_BUCKETS) (each takes 8 bytes), and no more than there are milliseconds. The
    /// window is rounded up to whole buckets.
    pub fn new(window: Duration, buckets: u32) -> CallWindow {
        let buckets = buckets.clamp(1, CallWindow::MOST_BUCKETS);
        let window = nanoseconds(window).max(1);
        let width = window.div_ceil(u64::from(buckets)).max(1_000_000);
        CallWindow {
            buckets: Box::default(),
            // As many as the window is long, and the one that is being filled.
            kept: window.div_ceil(width) + 1,
            width,
            newest: 0,
            total: 0,
        }
    }

    /// Adds the calls since it was last fed, as having happened `now`. Should time go back, they count as of the
    /// latest time it was fed at.
    pub fn feed(&mut self, now: Duration, calls: u64) {
        let newest = self.bucket_at(now);
        if self.buckets.is_empty() {
            self.newest = newest;
            if calls == 0 {
                return;
            }
            self.buckets = vec![0; self.kept as usize].into();
        }
        for number in self.gone_by(newest) {
            let slot = self.slot(number);
            self.total -= std::mem::take(&mut self.buckets[slot]);
        }
        self.newest = newest;
        // Saturates, so that the total stays the sum of the buckets whatever it is fed.
        let calls = calls.min(u64::MAX - self.total);
        let slot = self.slot(newest);
        self.buckets[slot] += calls;
        self.total += calls;
    }

    /// Calls within the window that ends `now`.
    pub fn total(&self, now: Duration) -> u64 {
        if self.buckets.is_empty() {
            return 0;
        }
        let gone = self.gone_by(self.bucket_at(now));
        self.total
            - gone
                .map(|number| self.buckets[self.slot(number)])
                .sum::<u64>()
    }

    /// The level `now`.
    pub fn heat(&self, now: Duration, thresholds: &HeatThresholds) -> Heat {
        thresholds.heat(self.total(now))
    }

    /// When the total will have fallen below `calls` if no further call comes: `now` if it is below already, `None` if
    /// that can't happen because `calls` is 0.
    pub fn falls_below(&self, now: Duration, calls: u64) -> Option<Duration> {
        let mut total = self.total(now);
        if total < calls {
            return Some(now);
        }
        if self.buckets.is_empty() {
            return None;
        }
        let next_to_go = self.oldest_with(self.bucket_at(now));
        for number in next_to_go..=self.newest {
            total -= self.buckets[self.slot(number)];
            if total < calls {
                // It goes when the bucket begins that takes its place in the ring.
                return Some(Duration::from_nanos(
                    (number + self.kept).saturating_mul(self.width),
                ));
            }
        }
        None
    }

    /// When the level could next fall, if no further call comes; `None` for a cold module.
    pub fn cools_at(&self, now: Duration, thresholds: &HeatThresholds) -> Option<Duration> {
        match self.heat(now, thresholds) {
            Heat::Cold => None,
            heat => self.falls_below(now, thresholds.calls_for(heat)),
        }
    }

    /// The number of the bucket that `now` falls into; never one before the bucket being filled.
    fn bucket_at(&self, now: Duration) -> u64 {
        (nanoseconds(now) / self.width).max(self.newest)
    }

    /// The oldest bucket that still counts while bucket `newest` is being filled.
    fn oldest_with(&self, newest: u64) -> u64 {
        (newest + 1).saturating_sub(self.kept)
    }

    /// The buckets in the ring that no longer count once bucket `newest` is being filled.
    fn gone_by(&self, newest: u64) -> Range<u64> {
        self.oldest_with(self.newest)..self.oldest_with(newest).min(self.newest + 1)
    }

    fn slot(&self, number: u64) -> usize {
        (number % self.kept) as usize
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn minutes(count: u64) -> Duration {
        Duration::from_secs(60 * count)
    }

    #[test]
    fn levels_begin_at_their_thresholds() {
        let thresholds = HeatThresholds::default();
        let levels =
            [0, 4, 5, 19, 20, 99, 100, u64::MAX].map(|calls| thresholds.heat(calls).to_string());
        assert_eq!(
            levels,
            [
                "COLD", "COLD", "WARM", "WARM", "HOT", "HOT", "CRITICAL", "CRITICAL"
            ]
        );
        assert!(Heat::Cold < Heat::Warm && Heat::Warm < Heat::Hot && Heat::Hot < Heat::Critical);
        assert_eq!(
            serde_json::to_string(&Heat::Critical).unwrap(),
            "\"CRITICAL\""
        );
    }

    #[test]
    fn a_call_counts_for_an_hour_and_at_most_a_minute_more() {
        let mut window = CallWindow::default();
        window.feed(minutes(10) + Duration::from_secs(30), 7);
        assert_eq!(window.total(minutes(70) + Duration::from_secs(30)), 7);
        assert_eq!(window.total(minutes(71) - Duration::from_nanos(1)), 7);
        assert_eq!(window.total(minutes(71)), 0);
    }

    #[test]
    fn calls_leave_in_the_order_they_came() {
        let mut window = CallWindow::default();
        for minute in 0..200 {
            window.feed(minutes(minute), 2);
            let full = minute.min(60) + 1;
            assert_eq!(
                window.total(minutes(minute)),
                2 * full,
                "after minute {minute}"
            );
        }
        assert_eq!(window.total(minutes(199 + 30)), 2 * 31);
        assert_eq!(
            window.total(minutes(10_000)),
            0,
            "many times around the ring"
        );
        window.feed(minutes(10_000), 1);
        assert_eq!(window.total(minutes(10_000)), 1);
    }

    #[test]
    fn it_knows_when_it_cools() {
        let thresholds = HeatThresholds::default();
        let mut window = CallWindow::default();
        window.feed(minutes(3), 4);
        assert_eq!(window.cools_at(minutes(3), &thresholds), None);
        window.feed(minutes(8), 16);
        assert_eq!(window.heat(minutes(8), &thresholds), Heat::Hot);
        assert_eq!(window.cools_at(minutes(8), &thresholds), Some(minutes(64)));
        assert_eq!(
            window.falls_below(minutes(8), thresholds.warm),
            Some(minutes(69))
        );
        assert_eq!(window.heat(minutes(64), &thresholds), Heat::Warm);
        assert_eq!(window.cools_at(minutes(64), &thresholds), Some(minutes(69)));
        assert_eq!(window.heat(minutes(69), &thresholds), Heat::Cold);
        assert_eq!(window.falls_below(minutes(69), 1), Some(minutes(69)));
        assert_eq!(window.falls_below(minutes(69), 0), None);
    }

    #[test]
    fn a_window_has_no_more_buckets_than_it_can_use() {
        let buckets = |window, buckets| {
            let mut window = CallWindow::new(window, buckets);
            window.feed(Duration::ZERO, 1);
            window.buckets.len()
        };
        let hour = Duration::from_secs(3_600);
        assert_eq!(buckets(hour, 60), 61);
        assert_eq!(buckets(hour, 0), 2);
        assert_eq!(buckets(hour, u32::MAX), 3_601);
        assert_eq!(buckets(Duration::MAX, u32::MAX), 3_601);
        assert_eq!(buckets(Duration::from_millis(10), 60), 11);
        assert_eq!(buckets(Duration::ZERO, u32::MAX), 2);
    }

    proptest! {
        /// Whatever the window is divided into.
        #[test]
        fn a_call_counts_for_the_window_and_at_most_a_bucket_longer(
            window in prop_oneof![0..10_000u64, 0..10_000_000_000u64, any::<u64>()],
            divided in prop_oneof![0..100u32, any::<u32>()],
            at in any::<u64>(),
        ) {
            let length = Duration::from_nanos(window);
            let at = Duration::from_nanos(at / 4);
            let mut window = CallWindow::new(length, divided);
            window.feed(at, 1);
            prop_assert_eq!(window.total(at + length - Duration::from_nanos(1).min(length)), 1);
            let bucket = Duration::from_nanos(window.width);
            prop_assert!(bucket >= Duration::from_millis(1));
            let last = at.saturating_add(length).saturating_add(2 * bucket);
            if last < Duration::from_nanos(u64::MAX) {
                prop_assert_eq!(window.total(last), 0);
                prop_assert!(window.falls_below(at, 1).is_some_and(|then| then <= last));
            }
        }
    }

    #[test]
    fn odd_input_is_harmless() {
        let mut window = CallWindow::new(Duration::ZERO, 0);
        window.feed(Duration::MAX, u64::MAX);
        window.feed(Duration::ZERO, 1);
        assert_eq!(window.total(Duration::ZERO), u64::MAX);
        assert_eq!(
            window.falls_below(Duration::MAX, 1),
            Some(Duration::from_nanos(u64::MAX))
        );
    }
}
