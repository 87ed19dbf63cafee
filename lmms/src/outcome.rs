//! How unloads and sweeps end.

#![forbid(unsafe_code)]

use crate::library::Busy;

use std::fmt;
use std::time::Duration;

use serde::Serialize;

/// How an attempt to unload a module ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[non_exhaustive]
pub enum UnloadOutcome {
    /// It was not loaded.
    NotResident,
    /// It is gone, proven.
    Unloaded {
        /// Bytes given back.
        bytes: u64,
    },
    /// It stays, as usable as before.
    Refused {
        /// Why.
        reason: Refusal,
    },
    /// It stays in memory but is never called again; the next call loads a fresh copy.
    Retired {
        /// Why it could not go.
        reason: String,
    },
}

/// Why a module was not unloaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Refusal {
    /// It can't be unloaded safely, now or ever.
    Unsafe(String),
    /// One of its operations is pinned.
    Pinned,
    /// The module objects.
    Veto(String),
    /// Calls are running, or guards are held: so many.
    References(u64),
    /// Threads that it started are running.
    Running(String),
    /// Other threads hold thread-locals of it.
    Threads(String),
    /// Another thread is loading or unloading it.
    InTransition,
}

impl From<Busy> for Refusal {
    fn from(busy: Busy) -> Self {
        let text = busy.to_string();
        match busy {
            Busy::Threads(_) => Self::Running(text),
            Busy::Destructors(_) => Self::Threads(text),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsafe(reason) => write!(f, "it can't be unloaded safely: {reason}"),
            Self::Pinned => f.write_str("one of its operations is pinned"),
            Self::Veto(reason) => write!(f, "the module objects: {reason}"),
            Self::References(count) => write!(f, "{count} calls or guards hold it"),
            Self::Running(reason) | Self::Threads(reason) => f.write_str(reason),
            Self::InTransition => f.write_str("another thread is loading or unloading it"),
        }
    }
}

impl fmt::Display for UnloadOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotResident => f.write_str("not loaded"),
            Self::Unloaded { bytes } => write!(f, "unloaded, {bytes} bytes given back"),
            Self::Refused { reason } => write!(f, "stays: {reason}"),
            Self::Retired { reason } => write!(f, "retired: {reason}"),
        }
    }
}

/// What a sweep did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SweepReport {
    /// What became of each module that the decision wanted to go, in that order.
    pub attempts: Vec<UnloadAttempt>,
    /// When another sweep could next find something to do; `None`: not before something is loaded.
    #[serde(skip)]
    pub next: Option<Duration>,
}

/// One module that a sweep wanted to unload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct UnloadAttempt {
    /// The module.
    pub module: &'static str,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: UnloadOutcome,
}

impl SweepReport {
    /// How many modules went.
    pub fn unloaded(&self) -> usize {
        self.attempts
            .iter()
            .filter(|attempt| matches!(attempt.outcome, UnloadOutcome::Unloaded { .. }))
            .count()
    }

    /// Bytes given back.
    pub fn bytes(&self) -> u64 {
        self.attempts
            .iter()
            .map(|attempt| match attempt.outcome {
                UnloadOutcome::Unloaded { bytes } => bytes,
                _ => 0,
            })
            .sum()
    }
}
