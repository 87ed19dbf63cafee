//! The life of one module: absent, loading, resident, leaving, and absent again.
//!
//! This is bookkeeping only. It knows neither the dynamic linker nor the protection protocol; its
//! methods are the transitions, so there is no way to make an illegal one. Who may make which when
//! is `cell`'s business.
//!
//! ```text
//!          begin_load            loaded                begin_leave
//! Absent ─────────────▶ Loading ────────▶ Resident ─────────────────▶ Leaving
//!   ▲  ▲                   │ failed          ▲                         │  │
//!   │  └────── Failed ◀────┘                 └──────── stayed ─────────┘  │
//!   └───────────────────── left (unloaded, waiting or stuck) ─────────────┘
//! ```

#![forbid(unsafe_code)]

mod copies;

// Not the shim's: `Arc`s of trait objects, which only the books hold.
use std::sync::Arc;
use std::time::Duration;

use crate::boundary::error::Error;
use crate::host::decision::facts::Cause;
use crate::host::decision::policy::Policy;
use crate::host::life::library::{Departure, Library, Memory};
use crate::host::life::outcome::UnloadOutcome;
use crate::host::reentrance::inside;
use crate::host::threads::dedicated::DedicatedThread;
use crate::sync::{ThreadId, this_thread};
use copies::{StuckCopy, WaitingCopy, waits_for};

/// Where a module stands.
#[derive(Debug)]
enum Stage {
    Absent,
    /// The last load failed; nothing is tried before `retry_at`.
    Failed {
        error: Error,
        retry_at: Duration,
    },
    Loading {
        by: ThreadId,
    },
    Resident(Box<dyn Library>),
    /// A thread has the library, to unload it.
    Leaving {
        by: ThreadId,
        /// What the library held before.
        memory: Memory,
        /// Until then it may still stay, and calls go on.
        sealed: bool,
    },
}

/// Where a module stands, for statistics and explanations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum State {
    /// Not loaded.
    Absent,
    /// Not loaded; the last try failed.
    Failed,
    /// A thread is loading it.
    Loading,
    /// Loaded.
    Resident,
    /// A thread is unloading it.
    Leaving,
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Absent => "absent",
            Self::Failed => "failed",
            Self::Loading => "loading",
            Self::Resident => "resident",
            Self::Leaving => "leaving",
        })
    }
}

/// What a caller that needs the module has to do.
#[derive(Debug)]
#[must_use]
pub(crate) enum LoadStep {
    /// Nothing: it is resident.
    Ready,
    /// Wait until another thread's load or unload ends.
    Wait {
        /// The thread.
        by: ThreadId,
        /// It may wait for threads of the module.
        joins: bool,
    },
    /// Load it, then report [`Lifecycle::loaded`] or [`Lifecycle::failed`].
    Load,
    /// Give up: the last load failed a moment ago.
    Refuse(Error),
}

/// One module's state and history.
#[derive(Debug)]
pub(crate) struct Lifecycle {
    stage: Stage,
    /// The thread that all its calls run on, if it wants one.
    thread: Option<Arc<DedicatedThread>>,
    /// Sealed copies that threads still hold: never called again, unloaded when they let go. One, as
    /// a rule: the next is only sealed if nothing is known to hold it.
    waiting: Vec<WaitingCopy>,
    /// Tells waiting copies apart.
    waited: u64,
    /// Copies that could not be unloaded after their destructors had run: never called again, freed when whoever
    /// holds them lets go. As long as somebody holds one, no other is unloaded.
    stuck: Vec<StuckCopy>,
    failures: u32,
    /// Threads that wait for a load or an unload to end.
    pub(crate) callers_waiting: usize,
    pub(crate) history: History,
}

/// What happened to a module so far; how it is used is in `uses`. Times are on the gateway's clock.
#[derive(Debug)]
pub(crate) struct History {
    /// When it left last.
    pub(crate) unloaded_at: Option<Duration>,
    /// The copy that left last is still in memory.
    pub(crate) is_retired: bool,
    /// How often in a row it came back right after it had left.
    pub(crate) ping_pongs: u32,
    pub(crate) ping_pongs_total: u64,
    pub(crate) loads: u64,
    pub(crate) failed_loads: u64,
    pub(crate) unloads: u64,
    pub(crate) refusals: u64,
    pub(crate) retirements: u64,
    pub(crate) bytes_reclaimed: u64,
    /// What its copies have left in the process: descriptors, and mapped bytes.
    pub(crate) left_descriptors: u64,
    pub(crate) left_bytes: u64,
    /// What the last of them has left.
    pub(crate) left_over: Option<String>,
    /// How long the last load took, and all together.
    pub(crate) load_time: Duration,
    pub(crate) load_time_total: Duration,
    pub(crate) last_refusal: Option<String>,
    /// A sweep wanted it to go, but other threads hold thread-locals of it; and the number of its last use
    /// before.
    wanted: Option<(Cause, u64)>,
    /// The build that was loaded last.
    build: Option<[u8; 32]>,
}

impl Lifecycle {
    pub(crate) fn new() -> Self {
        Self {
            stage: Stage::Absent,
            thread: None,
            waiting: Vec::new(),
            waited: 0,
            stuck: Vec::new(),
            failures: 0,
            callers_waiting: 0,
            history: History {
                unloaded_at: None,
                is_retired: false,
                ping_pongs: 0,
                ping_pongs_total: 0,
                loads: 0,
                failed_loads: 0,
                unloads: 0,
                refusals: 0,
                retirements: 0,
                bytes_reclaimed: 0,
                left_descriptors: 0,
                left_bytes: 0,
                left_over: None,
                load_time: Duration::ZERO,
                load_time_total: Duration::ZERO,
                last_refusal: None,
                wanted: None,
                build: None,
            },
        }
    }

    pub(crate) fn state(&self) -> State {
        match self.stage {
            Stage::Absent => State::Absent,
            Stage::Failed { .. } => State::Failed,
            Stage::Loading { .. } => State::Loading,
            Stage::Resident(_) | Stage::Leaving { sealed: false, .. } => State::Resident,
            Stage::Leaving { sealed: true, .. } => State::Leaving,
        }
    }

    /// The loaded library; `None` also while a thread tries to unload it.
    pub(crate) fn library(&self) -> Option<&dyn Library> {
        match &self.stage {
            Stage::Resident(library) => Some(library.as_ref()),
            _ => None,
        }
    }

    /// The thread that all its calls run on, if it wants one.
    pub(crate) fn thread(&self) -> Option<&Arc<DedicatedThread>> {
        self.thread.as_ref()
    }

    /// What the module holds now.
    pub(crate) fn memory(&self) -> Memory {
        match &self.stage {
            Stage::Resident(library) => library.memory(),
            Stage::Leaving { memory, .. } => *memory,
            _ => Memory::default(),
        }
    }

    /// What copies hold that are never called again.
    pub(crate) fn retired_bytes(&self) -> u64 {
        let waiting = self.waiting.iter().map(|copy| copy.memory.total());
        let stuck = self.stuck.iter().map(|copy| copy.memory.total());
        waiting.chain(stuck).sum()
    }

    /// The error of the last load, if it failed.
    pub(crate) fn load_error(&self) -> Option<&Error> {
        match &self.stage {
            Stage::Failed { error, .. } => Some(error),
            _ => None,
        }
    }

    /// Takes note of the build that is loaded now, and tells whether the one before was another.
    pub(crate) fn is_other_build(&mut self, build: Option<[u8; 32]>) -> bool {
        let before = std::mem::replace(&mut self.history.build, build);
        before.is_some() && before != build
    }

    /// A caller needs the module.
    pub(crate) fn begin_load(&mut self, module: &str, now: Duration) -> LoadStep {
        let dedicated = self.thread.as_ref();
        let here = |by: ThreadId| {
            by == this_thread() || dedicated.is_some_and(|thread| thread.is_current())
        };
        let refuse = |reason: &str| {
            LoadStep::Refuse(Error::Reentered {
                module: module.to_owned(),
                reason: reason.to_owned(),
            })
        };
        match &self.stage {
            Stage::Resident(_) => LoadStep::Ready,
            Stage::Loading { by } | Stage::Leaving { by, .. } if here(*by) => {
                refuse("it is being loaded or unloaded by this very thread")
            }
            // INSIDE-3.
            Stage::Loading { .. } | Stage::Leaving { sealed: true, .. }
                if inside::is_in(module) =>
            {
                refuse("it is being loaded or unloaded, which may wait for this thread of it")
            }
            Stage::Loading { by } => LoadStep::Wait {
                by: *by,
                joins: true,
            },
            Stage::Leaving { by, sealed, .. } => LoadStep::Wait {
                by: *by,
                joins: *sealed,
            },
            Stage::Failed { error, retry_at } if now < *retry_at => {
                LoadStep::Refuse(Error::Backoff {
                    module: module.to_owned(),
                    retry_in: *retry_at - now,
                    source: Box::new(error.clone()),
                })
            }
            Stage::Absent | Stage::Failed { .. } => {
                self.stage = Stage::Loading { by: this_thread() };
                LoadStep::Load
            }
        }
    }

    /// The load succeeded.
    pub(crate) fn loaded(
        &mut self,
        library: Box<dyn Library>,
        policy: &Policy,
        now: Duration,
        took: Duration,
    ) {
        debug_assert!(matches!(self.stage, Stage::Loading { .. }));
        self.thread = library.thread();
        self.stage = Stage::Resident(library);
        self.failures = 0;
        let history = &mut self.history;
        history.loads += 1;
        history.load_time = took;
        history.load_time_total += took;
        history.wanted = None;
        match history.unloaded_at {
            Some(left) if policy.is_ping_pong(left, now) => {
                history.ping_pongs += 1;
                history.ping_pongs_total += 1;
            }
            _ => history.ping_pongs = 0,
        }
    }

    /// The load failed; it is tried again after a while that doubles each time.
    pub(crate) fn failed(&mut self, error: Error, policy: &Policy, now: Duration) {
        debug_assert!(matches!(self.stage, Stage::Loading { .. }));
        self.failures = self.failures.saturating_add(1);
        self.history.failed_loads += 1;
        self.stage = Stage::Failed {
            error,
            retry_at: now.saturating_add(policy.retry_after(self.failures)),
        };
    }

    /// The load was cut short by a panic: as if it had never begun.
    pub(crate) fn interrupted(&mut self) {
        debug_assert!(matches!(self.stage, Stage::Loading { .. }));
        self.stage = Stage::Absent;
    }

    /// Hands the library out, to be unloaded if nothing stands against it.
    pub(crate) fn begin_leave(&mut self) -> Option<Box<dyn Library>> {
        let leaving = Stage::Leaving {
            by: this_thread(),
            memory: self.memory(),
            sealed: false,
        };
        match std::mem::replace(&mut self.stage, leaving) {
            Stage::Resident(library) => Some(library),
            other => {
                self.stage = other;
                None
            }
        }
    }

    /// Something stood against it: the library is back in use.
    pub(crate) fn stayed(&mut self, library: Box<dyn Library>) {
        debug_assert!(matches!(self.stage, Stage::Leaving { sealed: false, .. }));
        self.stage = Stage::Resident(library);
    }

    /// The gate is sealed: there is no way back.
    pub(crate) fn sealed(&mut self) {
        if let Stage::Leaving { sealed, .. } = &mut self.stage {
            *sealed = true;
        }
    }

    /// The module has left, one way or another.
    pub(crate) fn left(&mut self, departure: Departure, now: Duration) -> UnloadOutcome {
        debug_assert!(matches!(self.stage, Stage::Leaving { sealed: true, .. }));
        self.stage = Stage::Absent;
        self.thread = None;
        self.history.unloaded_at = Some(now);
        let outcome = self.departed(departure);
        if outcome.retired().is_some() {
            self.history.retirements += 1;
        }
        outcome
    }

    fn departed(&mut self, departure: Departure) -> UnloadOutcome {
        let outcome = self.note(departure);
        self.history.is_retired = match outcome.retired() {
            Some(reason) => {
                self.history.last_refusal = Some(reason.to_owned());
                true
            }
            None => !self.waiting.is_empty() || !self.stuck.is_empty(),
        };
        outcome
    }

    fn note(&mut self, departure: Departure) -> UnloadOutcome {
        match departure {
            Departure::Unloaded { bytes } => {
                self.history.unloads += 1;
                self.history.bytes_reclaimed += bytes;
                UnloadOutcome::Unloaded { bytes }
            }
            Departure::Leaked { bytes, left } => {
                self.history.unloads += 1;
                self.history.bytes_reclaimed += bytes;
                self.history.left_descriptors += left.descriptors.len() as u64;
                self.history.left_bytes += left.mapped;
                self.history.left_over = Some(left.to_string());
                UnloadOutcome::Leaked { bytes, left }
            }
            Departure::Waits { library, holders } => {
                let reason = waits_for(&holders.names());
                self.waited += 1;
                self.waiting.push(WaitingCopy {
                    number: self.waited,
                    memory: library.memory(),
                    inner: Some(library),
                    holders,
                });
                UnloadOutcome::Waiting { reason }
            }
            Departure::Stuck { library, reason } => {
                self.stuck.push(StuckCopy {
                    memory: library.memory(),
                    held: library.is_held(),
                    inner: Some(library),
                    reason: reason.clone(),
                });
                UnloadOutcome::Stuck { reason }
            }
        }
    }

    /// The runtime ends: what is left stays mapped, since code of it may still run.
    pub(crate) fn forget_all(&mut self) {
        let resident = self.begin_leave();
        let waiting = self.waiting.drain(..).filter_map(|copy| copy.inner);
        let left = resident.into_iter().chain(waiting);
        let stuck = self.stuck.drain(..).filter_map(|copy| copy.inner);
        left.chain(stuck).for_each(std::mem::forget);
    }

    /// It could go if the threads that hold thread-locals of it let go, unless it is used again: the
    /// number of its last use is `order`.
    pub(crate) fn want_gone(&mut self, cause: Cause, order: u64) {
        self.history.wanted = Some((cause, order));
    }

    /// Why it should go when threads let go, if so, and the number of its last use before; the caller
    /// takes care of it now.
    pub(crate) fn take_wanted(&mut self) -> Option<(Cause, u64)> {
        self.history.wanted.take()
    }

    /// Whether a thread's checkpoint can help it away.
    pub(crate) fn needs_checkpoints(&self) -> bool {
        self.has_waiting_copy() || self.history.wanted.is_some()
    }

    /// An unload was refused; the module is as usable as before.
    pub(crate) fn refused(&mut self, reason: String) {
        self.history.refusals += 1;
        self.history.last_refusal = Some(reason);
    }

    /// Gives back what it doesn't need while it idles.
    pub(crate) fn trim(&self) {
        if let Stage::Resident(library) = &self.stage {
            library.trim();
        }
    }
}
