//! Every number that decides how long modules stay loaded, in one place.
#![forbid(unsafe_code)]

use std::time::Duration;

use serde::Serialize;

use crate::host::clock::as_seconds;
use crate::host::decision::heat::{CallWindow, HeatThresholds};

/// What loading and unloading go by. Start from [`Policy::default`] and change what you need:
///
/// ```
/// use lmms::policy::{CacheDependencies, Policy};
/// use std::time::Duration;
///
/// let policy = Policy::default()
///     .grace(Duration::from_secs(10))
///     .max_resident(4)
///     .resident_bytes(64 << 20)
///     .cache_dependencies(CacheDependencies::Detach);
/// assert_eq!(policy.max_resident, 4);
/// ```
///
/// Durations serialize as seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Policy {
    /// A module used less than this ago stays loaded, except under memory pressure. Default: 30 s.
    #[serde(serialize_with = "as_seconds")]
    pub grace: Duration,
    /// Modules are unloaded only while more than this many are resident. Default: 8.
    pub max_resident: usize,
    /// A module that stays but hasn't been used for so long is trimmed: what it has freed goes back to the system, and
    /// so does its code, which comes back from its file as it is used. Earlier under memory pressure. Default: 5 min.
    #[serde(serialize_with = "as_seconds")]
    pub trim_after: Duration,
    /// From how many calls in [`heat_window`](Policy::heat_window) a module is warm, hot, critical. Default: 5, 20,
    /// 100.
    pub heat: HeatThresholds,
    /// Over how long calls are counted for heat. Default: an hour.
    #[serde(serialize_with = "as_seconds")]
    pub heat_window: Duration,
    /// Into how many steps the window is divided: calls leave it in steps of `heat_window / heat_buckets`, of a
    /// millisecond or longer, and no more than [`CallWindow::MOST_BUCKETS`]. Default: 60.
    pub heat_buckets: u32,
    /// Whether a module that has once been critical since it was loaded stays for good; otherwise it stays only as
    /// long as it is at least hot. Default: true.
    pub critical_is_forever: bool,
    /// Whether results of a module that are still in the cache keep it loaded. Default: [`CacheDependencies::Protect`].
    pub cache_dependencies: CacheDependencies,
    /// How many bytes (mapped and heap) all resident modules together may hold: above this, idle modules are unloaded
    /// even when there are few. Default: no limit.
    pub resident_bytes: Option<u64>,
    /// Whether memory pressure unloads idle modules ahead of their time. Default: true.
    pub heed_pressure: bool,
    /// How modules are treated that come back as soon as they have been unloaded.
    pub ping_pong: PingPong,
    /// How soon a failed load is tried again.
    pub load_retry: LoadRetry,
    /// The most a sweeper may let pass between two looks at what only a look can tell: whether a long call has
    /// returned, whether a veto still stands, how far heaps have grown. Default: 30 s.
    #[serde(serialize_with = "as_seconds")]
    pub sweep_interval: Duration,
}

/// What cached results mean for the module they came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CacheDependencies {
    /// A module stays loaded as long as a result of it is live in the cache.
    #[default]
    Protect,
    /// Cached results are independent of their module: it may be unloaded while they go on being served.
    Detach,
}

/// A module that is loaded again soon after it was unloaded was unloaded too early: each time in a row, it is granted
/// a longer grace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PingPong {
    /// Loaded again within this time after its unload, a module counts as having been unloaded too early. Default: 60
    /// s.
    #[serde(serialize_with = "as_seconds")]
    pub window: Duration,
    /// By how much the grace is multiplied each time; 1 turns it off. Default: 2.
    pub multiplier: u32,
    /// The longest grace that this leads to (a longer [`Policy::grace`] stays as it is). Default: 10 min.
    #[serde(serialize_with = "as_seconds")]
    pub cap: Duration,
}

/// After a failed load, calls fail at once with the same error until it is time for another attempt; the wait
/// doubles with every failure in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LoadRetry {
    /// The wait after the first failure. Default: 100 ms.
    #[serde(serialize_with = "as_seconds")]
    pub initial: Duration,
    /// The longest wait. Default: 30 s.
    #[serde(serialize_with = "as_seconds")]
    pub cap: Duration,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            grace: Duration::from_secs(30),
            max_resident: 8,
            trim_after: Duration::from_secs(300),
            heat: HeatThresholds::default(),
            heat_window: Duration::from_secs(3_600),
            heat_buckets: 60,
            critical_is_forever: true,
            cache_dependencies: CacheDependencies::Protect,
            resident_bytes: None,
            heed_pressure: true,
            ping_pong: PingPong::default(),
            load_retry: LoadRetry::default(),
            sweep_interval: Duration::from_secs(30),
        }
    }
}

impl Default for PingPong {
    fn default() -> PingPong {
        PingPong {
            window: Duration::from_secs(60),
            multiplier: 2,
            cap: Duration::from_secs(600),
        }
    }
}

impl Default for LoadRetry {
    fn default() -> LoadRetry {
        LoadRetry {
            initial: Duration::from_millis(100),
            cap: Duration::from_secs(30),
        }
    }
}

/// Setters, one per field.
impl Policy {
    /// Sets [`Policy::grace`].
    #[must_use]
    pub fn grace(self, grace: Duration) -> Policy {
        Policy { grace, ..self }
    }

    /// Sets [`Policy::max_resident`].
    #[must_use]
    pub fn max_resident(self, max_resident: usize) -> Policy {
        Policy {
            max_resident,
            ..self
        }
    }

    /// Sets [`Policy::trim_after`].
    #[must_use]
    pub fn trim_after(self, trim_after: Duration) -> Policy {
        Policy { trim_after, ..self }
    }

    /// Sets [`Policy::heat`].
    #[must_use]
    pub fn heat(self, heat: HeatThresholds) -> Policy {
        Policy { heat, ..self }
    }

    /// Sets [`Policy::heat_window`] and [`Policy::heat_buckets`].
    #[must_use]
    pub fn heat_window(self, heat_window: Duration, heat_buckets: u32) -> Policy {
        Policy {
            heat_window,
            heat_buckets,
            ..self
        }
    }

    /// Sets [`Policy::critical_is_forever`].
    #[must_use]
    pub fn critical_is_forever(self, critical_is_forever: bool) -> Policy {
        Policy {
            critical_is_forever,
            ..self
        }
    }

    /// Sets [`Policy::cache_dependencies`].
    #[must_use]
    pub fn cache_dependencies(self, cache_dependencies: CacheDependencies) -> Policy {
        Policy {
            cache_dependencies,
            ..self
        }
    }

    /// Sets [`Policy::resident_bytes`]: a number of bytes, or `None` for no limit.
    #[must_use]
    pub fn resident_bytes(self, limit: impl Into<Option<u64>>) -> Policy {
        Policy {
            resident_bytes: limit.into(),
            ..self
        }
    }

    /// Sets [`Policy::heed_pressure`].
    #[must_use]
    pub fn heed_pressure(self, heed_pressure: bool) -> Policy {
        Policy {
            heed_pressure,
            ..self
        }
    }

    /// Sets [`Policy::ping_pong`].
    #[must_use]
    pub fn ping_pong(self, ping_pong: PingPong) -> Policy {
        Policy { ping_pong, ..self }
    }

    /// Sets [`Policy::load_retry`].
    #[must_use]
    pub fn load_retry(self, load_retry: LoadRetry) -> Policy {
        Policy { load_retry, ..self }
    }

    /// Sets [`Policy::sweep_interval`].
    #[must_use]
    pub fn sweep_interval(self, sweep_interval: Duration) -> Policy {
        Policy {
            sweep_interval,
            ..self
        }
    }
}

/// What follows from the numbers.
impl Policy {
    /// An empty window to count a module's calls in.
    pub fn new_window(&self) -> CallWindow {
        CallWindow::new(self.heat_window, self.heat_buckets)
    }

    /// The grace of a module that has been unloaded too early this many times in a row.
    pub fn grace_after(&self, ping_pongs: u32) -> Duration {
        let factor = self.ping_pong.multiplier.saturating_pow(ping_pongs);
        let longer = self.grace.saturating_mul(factor).min(self.ping_pong.cap);
        longer.max(self.grace)
    }

    /// Whether a module that was unloaded then and is loaded now was unloaded too early.
    pub fn is_ping_pong(&self, unloaded_at: Duration, loaded_at: Duration) -> bool {
        loaded_at.saturating_sub(unloaded_at) < self.ping_pong.window
    }

    /// How long to wait with the next attempt after this many failed loads in a row; nothing after none.
    pub fn retry_after(&self, failures: u32) -> Duration {
        let Some(doublings) = failures.checked_sub(1) else {
            return Duration::ZERO;
        };
        self.load_retry
            .initial
            .saturating_mul(2u32.saturating_pow(doublings))
            .min(self.load_retry.cap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_the_documented_ones() {
        let policy = serde_json::to_value(Policy::default()).unwrap();
        let expected = serde_json::json!({
            "grace": 30.0,
            "max_resident": 8,
            "trim_after": 300.0,
            "heat": { "warm": 5, "hot": 20, "critical": 100 },
            "heat_window": 3600.0,
            "heat_buckets": 60,
            "critical_is_forever": true,
            "cache_dependencies": "protect",
            "resident_bytes": null,
            "heed_pressure": true,
            "ping_pong": { "window": 60.0, "multiplier": 2, "cap": 600.0 },
            "load_retry": { "initial": 0.1, "cap": 30.0 },
            "sweep_interval": 30.0,
        });
        assert_eq!(policy, expected);
    }

    #[test]
    fn setters_chain_and_change_their_own_field_only() {
        let policy = Policy::default()
            .resident_bytes(1_000)
            .max_resident(3)
            .trim_after(Duration::from_secs(7))
            .heat_window(Duration::from_secs(60), 6);
        let expected = Policy {
            resident_bytes: Some(1_000),
            max_resident: 3,
            trim_after: Duration::from_secs(7),
            heat_window: Duration::from_secs(60),
            heat_buckets: 6,
            ..Policy::default()
        };
        assert_eq!(policy, expected);
        assert_eq!(policy.resident_bytes(None).resident_bytes, None);
    }

    #[test]
    fn grace_grows_with_each_ping_pong_up_to_its_cap() {
        let policy = Policy::default();
        let graces = [0, 1, 2, 4, 5, 1_000].map(|times| policy.grace_after(times).as_secs());
        assert_eq!(graces, [30, 60, 120, 480, 600, 600]);
        let patient = policy.clone().grace(Duration::from_secs(3_600));
        assert_eq!(patient.grace_after(3), Duration::from_secs(3_600));
        let off = policy.ping_pong(PingPong {
            multiplier: 0,
            ..PingPong::default()
        });
        assert_eq!(off.grace_after(9), Duration::from_secs(30));
    }

    #[test]
    fn a_quick_return_is_a_ping_pong() {
        let policy = Policy::default();
        let unloaded_at = Duration::from_secs(100);
        assert!(policy.is_ping_pong(unloaded_at, Duration::from_millis(159_999)));
        assert!(!policy.is_ping_pong(unloaded_at, Duration::from_secs(160)));
    }

    #[test]
    fn load_retries_double_up_to_their_cap() {
        let policy = Policy::default();
        let waits =
            [0, 1, 2, 9, 10, u32::MAX].map(|failures| policy.retry_after(failures).as_millis());
        assert_eq!(waits, [0, 100, 200, 25_600, 30_000, 30_000]);
    }
}
