//! How unloads and sweeps end.

#![forbid(unsafe_code)]

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::host::life::library::{Busy, BusyKind, LeftOver};
use crate::host::protection::NotSealed;

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
    /// It is gone, proven, and its memory is back, but it has left something in the process for good, which its
    /// shutdown function should have ended. Another copy of it that would do so again is refused its unload.
    Leaked {
        /// Bytes given back.
        bytes: u64,
        /// What it has left.
        left: LeftOver,
    },
    /// It stays, as usable as before.
    Refused {
        /// Why.
        reason: Refusal,
    },
    /// It is sealed and never called again, but threads still hold it. A later sweep or checkpoint gives its memory
    /// back. The next call loads a fresh copy.
    Waiting {
        /// What holds it.
        reason: String,
    },
    /// It is sealed and never called again, and no thread of the process can free its memory by letting go: it stays
    /// for good, or until other code that has opened it closes it. The next call loads a fresh copy.
    Stuck {
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
    /// These threads, which it started, are running.
    Threads(Vec<String>),
    /// These signals are handled by functions of it.
    SignalHandlers(Vec<String>),
    /// These threads hold thread-locals of it, and nobody knows that they will let go.
    ThreadLocals(Vec<String>),
    /// The C library keeps pointers into it: these parts of it.
    Pointers(Vec<String>),
    /// Another thread is loading or unloading it.
    InTransition,
    /// The calling thread is in the middle of something that may use it: inside a module, a sweep, a
    /// log subscriber.
    Reentered(String),
    /// These descriptors, which it has made, are open.
    Descriptors(Vec<String>),
    /// This memory, which it has mapped, can't be told from somebody else's.
    Mappings(Vec<String>),
    /// It has opened itself so, and not closed that: it would stay mapped.
    Itself(Vec<String>),
    /// An older copy of it is stuck in memory, and there is to be no second one.
    OlderCopy(String),
}

impl Refusal {
    /// What [`kind`](Self::kind) may return.
    pub const KINDS: [&str; 14] = [
        "unsafe",
        "pinned",
        "veto",
        "references",
        "threads",
        "signal_handlers",
        "thread_locals",
        "pointers",
        "in_transition",
        "reentered",
        "descriptors",
        "mappings",
        "itself",
        "older_copy",
    ];

    /// A short stable name of the reason, for statistics.
    pub fn kind(&self) -> &'static str {
        Self::KINDS[self.place()]
    }

    /// The place of its kind in [`KINDS`](Self::KINDS).
    pub(crate) fn place(&self) -> usize {
        match self {
            Self::Unsafe(_) => 0,
            Self::Pinned => 1,
            Self::Veto(_) => 2,
            Self::References(_) => 3,
            Self::Threads(_) => 4,
            Self::SignalHandlers(_) => 5,
            Self::ThreadLocals(_) => 6,
            Self::Pointers(_) => 7,
            Self::InTransition => 8,
            Self::Reentered(_) => 9,
            Self::Descriptors(_) => 10,
            Self::Mappings(_) => 11,
            Self::Itself(_) => 12,
            Self::OlderCopy(_) => 13,
        }
    }
}

impl From<Busy> for Refusal {
    fn from(busy: Busy) -> Self {
        match busy.kind {
            BusyKind::Threads => Self::Threads(busy.names),
            BusyKind::SignalHandlers => Self::SignalHandlers(busy.names),
            BusyKind::ThreadLocals => Self::ThreadLocals(busy.names),
            BusyKind::Descriptors => Self::Descriptors(busy.names),
            BusyKind::Mappings => Self::Mappings(busy.names),
            BusyKind::Itself => Self::Itself(busy.names),
            BusyKind::Pointers => Self::Pointers(busy.names),
        }
    }
}

impl From<NotSealed> for Refusal {
    fn from(reason: NotSealed) -> Self {
        match reason {
            NotSealed::References(count) => Self::References(count),
            NotSealed::NoBarrier => Self::Unsafe(
                "the kernel refuses membarrier(2), so nobody can tell who is inside it: allow that system call in the process's seccomp filter, or install the filter before the gateway is opened"
                    .to_owned(),
            ),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsafe(reason) => write!(f, "it can't be unloaded safely: {reason}"),
            Self::Pinned => f.write_str("one of its operations is pinned"),
            Self::Veto(reason) => write!(f, "the module objects: {reason}"),
            Self::References(1) => f.write_str("1 call or guard holds it"),
            Self::References(count) => write!(f, "{count} calls or guards hold it"),
            Self::Threads(threads) => f.write_str(&BusyKind::Threads.words(threads)),
            Self::SignalHandlers(signals) => f.write_str(&BusyKind::SignalHandlers.words(signals)),
            Self::ThreadLocals(threads) => f.write_str(&BusyKind::ThreadLocals.words(threads)),
            Self::Pointers(keepers) => f.write_str(&BusyKind::Pointers.words(keepers)),
            Self::InTransition => f.write_str("another thread is loading or unloading it"),
            Self::Reentered(inside) => write!(
                f,
                "{inside}: unload it from a thread that is inside nothing"
            ),
            Self::Descriptors(names) => f.write_str(&BusyKind::Descriptors.words(names)),
            Self::Mappings(names) => f.write_str(&BusyKind::Mappings.words(names)),
            Self::Itself(ways) => f.write_str(&BusyKind::Itself.words(ways)),
            Self::OlderCopy(reason) => write!(
                f,
                "an older copy of it is still in memory, and only one may be: {reason}"
            ),
        }
    }
}

impl UnloadOutcome {
    /// Why the module is retired, waiting or stuck, if it is.
    pub(crate) fn retired(&self) -> Option<&str> {
        match self {
            Self::Waiting { reason } | Self::Stuck { reason } => Some(reason),
            _ => None,
        }
    }
}

impl fmt::Display for UnloadOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotResident => f.write_str("not loaded"),
            Self::Unloaded { bytes } => write!(f, "unloaded, {bytes} bytes given back"),
            Self::Leaked { bytes, left } => {
                write!(
                    f,
                    "unloaded, {bytes} bytes given back, but it has left {left}"
                )
            }
            Self::Refused { reason } => write!(f, "stays: {reason}"),
            Self::Waiting { reason } => write!(f, "waiting: {reason}"),
            Self::Stuck { reason } => write!(f, "stuck: {reason}"),
        }
    }
}

/// What a sweep did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SweepReport {
    /// What became of each copy that had waited for threads and is gone now, and of each module
    /// that the decision wanted to go, in that order.
    pub attempts: Vec<UnloadAttempt>,
    /// When another sweep could next find something to do; `None`: not before something is loaded.
    #[serde(skip)]
    pub next: Option<Duration>,
    /// Why it did nothing, if so: the thread that asked for it is in the middle of something, such as
    /// a module, another sweep, or a log subscriber.
    pub reentered: Option<String>,
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
            .filter(|attempt| {
                matches!(
                    attempt.outcome,
                    UnloadOutcome::Unloaded { .. } | UnloadOutcome::Leaked { .. }
                )
            })
            .count()
    }

    /// Bytes given back.
    pub fn bytes(&self) -> u64 {
        self.attempts
            .iter()
            .map(|attempt| match attempt.outcome {
                UnloadOutcome::Unloaded { bytes } | UnloadOutcome::Leaked { bytes, .. } => bytes,
                _ => 0,
            })
            .sum()
    }
}
