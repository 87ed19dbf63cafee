//! What the cache tells about itself.

#![forbid(unsafe_code)]

use std::time::Duration;

use serde::Serialize;

use crate::host::clock::as_seconds;

/// A module's results that have not expired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LiveEntries {
    /// How many.
    pub count: u64,
    /// When the first of them expires; zero if there is none.
    #[serde(serialize_with = "as_seconds")]
    pub first_expiry: Duration,
    /// When the last of them expires; zero if there is none.
    #[serde(serialize_with = "as_seconds")]
    pub last_expiry: Duration,
}

impl LiveEntries {
    /// Whether at least one is left at this time.
    pub fn any_at(&self, now: Duration) -> bool {
        self.count > 0 && now < self.last_expiry
    }

    pub(super) fn add(&mut self, count: u64, first_expiry: Duration, last_expiry: Duration) {
        if count > 0 {
            let first = if self.count == 0 {
                first_expiry
            } else {
                self.first_expiry.min(first_expiry)
            };
            *self = LiveEntries {
                count: self.count + count,
                first_expiry: first,
                last_expiry: self.last_expiry.max(last_expiry),
            };
        }
    }
}

/// What has happened in the cache since it was made, and what it holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CacheStatistics {
    /// Results held; some may have expired and not been removed yet.
    pub entries: u64,
    /// Bytes held: arguments, values and bookkeeping.
    pub bytes: u64,
    /// The most bytes it may hold.
    pub budget: u64,
    /// Look-ups that found a result.
    pub hits: u64,
    /// Look-ups that did not.
    pub misses: u64,
    /// Look-ups that found another thread computing the result, and waited for it. Neither hits nor misses.
    pub joined: u64,
    /// Results stored.
    pub insertions: u64,
    /// Results removed to make room.
    pub evictions: u64,
    /// Results removed because their time was up.
    pub expirations: u64,
    /// Results removed by an invalidation.
    pub invalidations: u64,
}
