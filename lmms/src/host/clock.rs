//! Where the gateway gets the time from: the system's clocks, or one that a test or a replay moves by hand.

mod passage;
mod ticks;

use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serializer;

use crate::sync::Unpoisoned as _;

/// A source of time. Everything LMMS decides, it decides on [`monotonic`](Clock::monotonic) time;
/// [`unix_time`](Clock::unix_time) is for operations that need the date.
///
/// A clock of your own may move at any time, so each call of a module asks it when it ended, which makes short calls
/// several times as long. [`SystemClock`] and [`ManualClock`] are asked only as long as a module is called rarely.
pub trait Clock: Send + Sync + Debug {
    /// Time since a fixed moment of this clock's choice; never goes back.
    fn monotonic(&self) -> Duration;

    /// The same, as it was at the last tick of the clock at the latest: for what is asked very often and may be some
    /// milliseconds late.
    fn coarse(&self) -> Duration {
        self.monotonic()
    }

    /// Wall-clock time since the Unix epoch; may jump when somebody sets the clock.
    fn unix_time(&self) -> Duration;

    /// How it moves, and that `watcher` wants to be told. Each gateway asks its clock once.
    #[doc(hidden)]
    fn tell(&self, watcher: Weak<dyn Watcher>) -> Moves {
        let _ = watcher;
        Moves::Untold
    }
}

/// How a clock moves, as far as a gateway has to know: on some it notes each call by itself.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Moves {
    /// With real time: what is looked at every tenth of a second is known to a tenth of a second.
    Steadily,
    /// At once, after it has told its watchers.
    Told,
    /// Nobody knows when, or how far.
    Untold,
}

/// Looks around before a clock moves.
#[doc(hidden)]
pub trait Watcher: Send + Sync + Debug {
    /// It is about to move, and still shows the time until which everything has happened.
    fn before_move(&self);
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn monotonic(&self) -> Duration {
        (**self).monotonic()
    }

    fn coarse(&self) -> Duration {
        (**self).coarse()
    }

    fn unix_time(&self) -> Duration {
        (**self).unix_time()
    }

    fn tell(&self, watcher: Weak<dyn Watcher>) -> Moves {
        (**self).tell(watcher)
    }
}

/// The system's clocks. All values of this type share one origin, so their readings can be compared.
///
/// Its [`monotonic`](Clock::monotonic) time goes on while the machine is suspended. Where the clock that it goes by
/// stands still as well, as in a virtual machine that is paused or restored, it goes on when the system's date is
/// corrected: what the date gains, by more than a second, counts as time that has passed, even if somebody only sets it
/// forwards. Setting it back changes nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn monotonic(&self) -> Duration {
        ticks::now()
    }

    fn coarse(&self) -> Duration {
        ticks::coarse()
    }

    fn unix_time(&self) -> Duration {
        // A clock set before 1970 reads as 1970.
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
    }

    fn tell(&self, _: Weak<dyn Watcher>) -> Moves {
        Moves::Steadily
    }
}

/// A clock that stands still until it is moved. Clones are handles to the same clock.
///
/// ```
/// use lmms::clock::{Clock, ManualClock};
/// use std::time::Duration;
///
/// let clock = ManualClock::new();
/// let same = clock.clone();
/// clock.set_unix(Duration::from_secs(1_700_000_000));
/// clock.advance(Duration::from_secs(30));
/// assert_eq!(same.monotonic(), Duration::from_secs(30));
/// assert_eq!(same.unix_time(), Duration::from_secs(1_700_000_030));
/// ```
#[derive(Clone, Debug, Default)]
pub struct ManualClock {
    hands: Arc<Hands>,
}

/// Nanoseconds; 64 bits reach 584 years.
#[derive(Debug, Default)]
struct Hands {
    monotonic: AtomicU64,
    unix: AtomicU64,
    watchers: Mutex<Vec<Weak<dyn Watcher>>>,
}

impl ManualClock {
    /// A clock whose monotonic time and Unix time are both zero.
    pub fn new() -> ManualClock {
        ManualClock::default()
    }

    /// Moves both times forward. Stops at the end of the range (584 years) instead of wrapping.
    pub fn advance(&self, by: Duration) {
        let by = nanoseconds(by);
        self.watchers().retain(|watcher| {
            let watcher = watcher.upgrade();
            watcher.is_some_and(|watcher| {
                watcher.before_move();
                true
            })
        });
        for hand in [&self.hands.monotonic, &self.hands.unix] {
            // Always succeeds: the closure never declines.
            let _ = hand.fetch_update(Ordering::AcqRel, Ordering::Acquire, |now| {
                Some(now.saturating_add(by))
            });
        }
    }

    /// Sets the wall clock, forwards or back; monotonic time stays as it is.
    pub fn set_unix(&self, since_epoch: Duration) {
        self.hands
            .unix
            .store(nanoseconds(since_epoch), Ordering::Release);
    }

    fn watchers(&self) -> std::sync::MutexGuard<'_, Vec<Weak<dyn Watcher>>> {
        let watchers = self.hands.watchers.lock();
        watchers.unpoisoned()
    }
}

impl Clock for ManualClock {
    fn monotonic(&self) -> Duration {
        Duration::from_nanos(self.hands.monotonic.load(Ordering::Acquire))
    }

    fn unix_time(&self) -> Duration {
        Duration::from_nanos(self.hands.unix.load(Ordering::Acquire))
    }

    fn tell(&self, watcher: Weak<dyn Watcher>) -> Moves {
        let mut watchers = self.watchers();
        watchers.retain(|watcher| watcher.strong_count() > 0);
        watchers.push(watcher);
        Moves::Told
    }
}

/// A duration in whole nanoseconds, at most 584 years.
pub(crate) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// For `#[serde(serialize_with)]`: a duration as a number of seconds.
pub(crate) fn as_seconds<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(time.as_secs_f64())
}

/// For `#[serde(serialize_with)]`: a duration as a number of seconds, or null.
pub(crate) fn as_optional_seconds<S: Serializer>(
    time: &Option<Duration>,
    to: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => to.serialize_some(&time.as_secs_f64()),
        None => to.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_by_hand_and_for_all_its_handles() {
        let clock = ManualClock::new();
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        assert_eq!(shared.monotonic(), Duration::ZERO);
        clock.advance(Duration::from_millis(1_500));
        assert_eq!(shared.monotonic(), Duration::from_millis(1_500));
        assert_eq!(shared.unix_time(), Duration::from_millis(1_500));
    }

    #[test]
    fn setting_the_wall_clock_leaves_monotonic_time_alone() {
        let clock = ManualClock::new();
        clock.advance(Duration::from_secs(10));
        clock.set_unix(Duration::from_secs(3));
        assert_eq!(clock.monotonic(), Duration::from_secs(10));
        assert_eq!(clock.unix_time(), Duration::from_secs(3));
    }

    #[test]
    fn a_manual_clock_stops_at_the_end_of_its_range() {
        let clock = ManualClock::new();
        clock.advance(Duration::MAX);
        clock.advance(Duration::from_secs(1));
        assert_eq!(clock.monotonic(), Duration::from_nanos(u64::MAX));
    }

    #[test]
    fn system_clocks_share_an_origin_and_never_go_back() {
        let first = SystemClock.monotonic();
        let second = SystemClock.monotonic();
        assert!(second >= first);
        // 2020-01-01: any machine that runs this has a later date.
        assert!(SystemClock.unix_time() > Duration::from_secs(1_577_836_800));
    }
}
