//! What the `cache` module takes, gives and refuses.

use std::error::Error;
use std::fmt;

use lmms::Portable;

/// What is known of a cached value.
#[derive(Clone, Debug, PartialEq, Eq, Portable)]
pub struct CacheMetadata {
    /// Whether it is text; else bytes.
    pub text: bool,
    /// Its length in bytes.
    pub bytes: u64,
    /// Which module it belongs to.
    pub source_module: Option<String>,
    /// When it was set, in seconds since the Unix epoch.
    pub set_at: u64,
    /// When it expires, in seconds since the Unix epoch.
    pub expires_at: u64,
    /// How many seconds it still lives.
    pub remaining_seconds: u64,
    /// How often it was read.
    pub reads: u64,
}

/// What the cache holds and did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Portable)]
pub struct CacheStats {
    /// Values that have not expired.
    pub live_entries: u64,
    /// Values that have expired, but are still held.
    pub expired_entries: u64,
    /// Bytes held: keys, values and what it takes to keep them.
    pub bytes: u64,
    /// How many bytes may be held.
    pub max_bytes: u64,
    /// Reads that found a value.
    pub hits: u64,
    /// Reads that found none.
    pub misses: u64,
    /// Values set.
    pub sets: u64,
    /// Values that had to go for others.
    pub evictions: u64,
    /// Values that expired.
    pub expirations: u64,
}

/// Why a cache operation was refused. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, Portable)]
#[non_exhaustive]
pub enum CacheError {
    /// A key that can't be used.
    InvalidKey {
        /// What is wrong with it, and what would do.
        reason: String,
    },
    /// A time to live that can't be.
    InvalidTtl {
        /// The time in seconds.
        ttl: u64,
        /// The most that is possible.
        maximum: u64,
    },
    /// The value alone is larger than the cache.
    TooLarge {
        /// What it would take.
        bytes: u64,
        /// What there may be.
        max_bytes: u64,
    },
    /// The value is bytes where text was asked for, not a number where one was needed, or the other way round.
    WrongType {
        /// The key.
        key: String,
        /// What was asked for.
        expected: String,
        /// What there is.
        found: String,
    },
    /// A byte limit that can't be.
    InvalidLimit {
        /// The limit.
        max_bytes: u64,
        /// The least that is possible.
        minimum: u64,
        /// The most that is possible.
        maximum: u64,
    },
}

impl fmt::Display for CacheError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CacheError::InvalidKey { reason } => write!(f, "the key can't be used: {reason}"),
            CacheError::InvalidTtl { ttl, maximum } => {
                write!(
                    f,
                    "a time to live of {ttl} s is not possible; 1 to {maximum} s are"
                )
            }
            CacheError::TooLarge { bytes, max_bytes } => write!(
                f,
                "the value takes {bytes} bytes, the whole cache has {max_bytes}; raise it with `set_limit`"
            ),
            CacheError::WrongType {
                key,
                expected,
                found,
            } => {
                write!(f, "`{key}` is {found}, not {expected}")
            }
            CacheError::InvalidLimit {
                max_bytes,
                minimum,
                maximum,
            } => {
                write!(
                    f,
                    "a limit of {max_bytes} bytes is not possible; {minimum} to {maximum} are"
                )
            }
        }
    }
}

impl Error for CacheError {}
