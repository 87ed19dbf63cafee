//! What the `circuit_breaker` module takes, gives and refuses.

use std::error::Error;
use std::fmt;

use lmms::Portable;

/// Whether a breaker lets calls through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Portable)]
pub enum BreakerState {
    /// All calls go through.
    #[default]
    Closed,
    /// No call goes through.
    Open,
    /// One call at a time goes through, to see whether the service is back.
    HalfOpen,
}

/// A breaker.
#[derive(Clone, Debug, PartialEq, Eq, Portable)]
pub struct Breaker {
    /// Its name.
    pub name: String,
    /// Whether it lets calls through.
    pub state: BreakerState,
    /// Failures in a row so far.
    pub consecutive_failures: u32,
    /// Failures in a row that open it.
    pub failure_threshold: u32,
    /// How many seconds it stays open before it tries again.
    pub timeout: u64,
    /// How many seconds until it tries again, while it is open.
    pub retry_after: Option<u64>,
    /// What the last failure was.
    pub last_error: Option<String>,
    /// Calls that succeeded.
    pub successes: u64,
    /// Calls that failed.
    pub failures: u64,
    /// Calls that were refused.
    pub refused: u64,
    /// How often it opened.
    pub opened: u64,
}

/// Whether a call may be made.
#[derive(Clone, Debug, PartialEq, Eq, Portable)]
pub enum Permission {
    /// Make it, and record how it went.
    Allowed,
    /// Make it, and record how it went: on it depends whether the breaker closes.
    Trial,
    /// Don't make it.
    Refused {
        /// How many seconds until it is worth to ask again.
        retry_after: u64,
        /// Why.
        reason: String,
    },
}

/// All breakers together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Portable)]
pub struct BreakerStats {
    /// Breakers that let all calls through.
    pub closed: u32,
    /// Breakers that let no call through.
    pub open: u32,
    /// Breakers that try.
    pub half_open: u32,
    /// Calls that succeeded.
    pub successes: u64,
    /// Calls that failed.
    pub failures: u64,
    /// Calls that were refused.
    pub refused: u64,
    /// How often breakers opened.
    pub opened: u64,
}

/// Why a breaker can't be had. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, Portable)]
#[non_exhaustive]
pub enum BreakerError {
    /// A name that can't be used.
    InvalidName {
        /// The name.
        name: String,
    },
    /// A threshold or timeout that can't be.
    InvalidSetting {
        /// Which.
        setting: String,
        /// Its value.
        value: u64,
        /// The greatest possible.
        maximum: u64,
    },
    /// No breaker of this name.
    Unknown {
        /// The name.
        name: String,
    },
    /// There are as many breakers as there may be.
    TooMany {
        /// How many there may be.
        limit: u32,
    },
}

impl fmt::Display for BreakerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BreakerError::InvalidName { name } => write!(
                f,
                "`{name:.80}` can't name a breaker: it needs 1 to 100 characters, none of them a control character"
            ),
            BreakerError::InvalidSetting {
                setting,
                value,
                maximum,
            } => {
                write!(
                    f,
                    "`{setting}` can't be {value}; 1 to {maximum} are possible"
                )
            }
            BreakerError::Unknown { name } => write!(
                f,
                "there is no breaker `{name}`; `get` and `allow` make one, `get_all_states` lists them"
            ),
            BreakerError::TooMany { limit } => {
                write!(
                    f,
                    "there are {limit} breakers already; `remove` those no longer needed"
                )
            }
        }
    }
}

impl Error for BreakerError {}
