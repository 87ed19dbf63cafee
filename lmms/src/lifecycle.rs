//! The life of one module: absent, loading, resident, leaving, and absent again.
//!
//! This is bookkeeping only. It knows neither the dynamic linker nor the protection protocol; its
//! methods are the transitions, so there is no way to make an illegal one.
//!
//! ```text
//!          begin_load            loaded                begin_leave
//! Absent ─────────────▶ Loading ────────▶ Resident ─────────────────▶ Leaving
//!   ▲  ▲                   │ failed          ▲                        │  │  │
//!   │  └────── Failed ◀────┘                 └────── stayed ──────────┘  │  │
//!   └──────────────────────────────────── left (unloaded or retired) ────┘──┘
//! ```

#![forbid(unsafe_code)]

use crate::decision::{Cause, Verdict};
use crate::error::Error;
use crate::heat::{Heat, HourWindow};
use crate::library::Library;
use crate::policy::Policy;

use std::time::Duration;

/// Where a module stands.
#[derive(Debug)]
enum Stage {
    Absent,
    /// The last load failed; nothing is tried before `retry_at`.
    Failed {
        error: Error,
        retry_at: Duration,
    },
    Loading,
    Resident(Box<dyn Library>),
    Leaving,
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
    Wait,
    /// Load it, then report [`Lifecycle::loaded`] or [`Lifecycle::failed`].
    Load,
    /// Give up: the last load failed a moment ago.
    Refuse(Error),
}

/// One module's state and history.
#[derive(Debug)]
pub(crate) struct Lifecycle {
    stage: Stage,
    /// Copies that could not be unloaded after their destructors had run: never called again, never
    /// freed.
    retired: Vec<Box<dyn Library>>,
    failures: u32,
    pub(crate) history: History,
}

/// What happened to a module so far, and how it is used. Times are on the gateway's clock.
#[derive(Debug)]
pub(crate) struct History {
    pub(crate) window: HourWindow,
    /// Calls counted when the module was last looked at.
    pub(crate) calls_seen: u64,
    pub(crate) last_used: Duration,
    pub(crate) critical_since_load: bool,
    pub(crate) unloaded_at: Option<Duration>,
    /// How often in a row it came back right after it had left.
    pub(crate) ping_pongs: u32,
    pub(crate) ping_pongs_total: u64,
    pub(crate) loads: u64,
    pub(crate) failed_loads: u64,
    pub(crate) unloads: u64,
    pub(crate) refusals: u64,
    pub(crate) retirements: u64,
    pub(crate) bytes_reclaimed: u64,
    /// How long the last load took, and all together.
    pub(crate) load_time: Duration,
    pub(crate) load_time_total: Duration,
    pub(crate) verdict: Option<Verdict>,
    pub(crate) last_refusal: Option<String>,
    /// A sweep wanted it to go, but other threads hold thread-locals of it.
    waiting: Option<Cause>,
}

impl Lifecycle {
    pub(crate) fn new(policy: &Policy) -> Self {
        Self {
            stage: Stage::Absent,
            retired: Vec::new(),
            failures: 0,
            history: History {
                window: policy.new_window(),
                calls_seen: 0,
                last_used: Duration::ZERO,
                critical_since_load: false,
                unloaded_at: None,
                ping_pongs: 0,
                ping_pongs_total: 0,
                loads: 0,
                failed_loads: 0,
                unloads: 0,
                refusals: 0,
                retirements: 0,
                bytes_reclaimed: 0,
                load_time: Duration::ZERO,
                load_time_total: Duration::ZERO,
                verdict: None,
                last_refusal: None,
                waiting: None,
            },
        }
    }

    pub(crate) fn state(&self) -> State {
        match self.stage {
            Stage::Absent => State::Absent,
            Stage::Failed { .. } => State::Failed,
            Stage::Loading => State::Loading,
            Stage::Resident(_) => State::Resident,
            Stage::Leaving => State::Leaving,
        }
    }

    /// The loaded library.
    pub(crate) fn library(&self) -> Option<&dyn Library> {
        match &self.stage {
            Stage::Resident(library) => Some(library.as_ref()),
            _ => None,
        }
    }

    /// Copies that stay mapped though they are never called again.
    pub(crate) fn retired(&self) -> &[Box<dyn Library>] {
        &self.retired
    }

    /// The error of the last load, if it failed.
    pub(crate) fn load_error(&self) -> Option<&Error> {
        match &self.stage {
            Stage::Failed { error, .. } => Some(error),
            _ => None,
        }
    }

    /// A caller needs the module.
    pub(crate) fn begin_load(&mut self, module: &str, now: Duration) -> LoadStep {
        match &self.stage {
            Stage::Resident(_) => LoadStep::Ready,
            Stage::Loading | Stage::Leaving => LoadStep::Wait,
            Stage::Failed { error, retry_at } if now < *retry_at => {
                LoadStep::Refuse(Error::Backoff {
                    module: module.to_owned(),
                    retry_in: *retry_at - now,
                    source: Box::new(error.clone()),
                })
            }
            Stage::Absent | Stage::Failed { .. } => {
                self.stage = Stage::Loading;
                LoadStep::Load
            }
        }
    }

    /// The load succeeded. `calls` is the module's call count so far.
    pub(crate) fn loaded(
        &mut self,
        library: Box<dyn Library>,
        policy: &Policy,
        now: Duration,
        calls: u64,
        took: Duration,
    ) {
        debug_assert!(matches!(self.stage, Stage::Loading));
        self.stage = Stage::Resident(library);
        self.failures = 0;
        let history = &mut self.history;
        history.calls_seen = calls;
        history.last_used = now;
        history.critical_since_load = false;
        history.loads += 1;
        history.load_time = took;
        history.load_time_total += took;
        history.verdict = None;
        history.waiting = None;
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
        debug_assert!(matches!(self.stage, Stage::Loading));
        self.failures = self.failures.saturating_add(1);
        self.history.failed_loads += 1;
        self.stage = Stage::Failed {
            error,
            retry_at: now + policy.retry_after(self.failures),
        };
    }

    /// The module is sealed, and its library handed out to be unloaded.
    pub(crate) fn begin_leave(&mut self) -> Option<Box<dyn Library>> {
        match std::mem::replace(&mut self.stage, Stage::Leaving) {
            Stage::Resident(library) => Some(library),
            other => {
                self.stage = other;
                None
            }
        }
    }

    /// The module was unloaded.
    pub(crate) fn left(&mut self, now: Duration, bytes: u64) {
        self.absent(now);
        self.history.unloads += 1;
        self.history.bytes_reclaimed += bytes;
    }

    /// The module could not be unloaded after its destructors had run.
    pub(crate) fn retire(&mut self, library: Box<dyn Library>, now: Duration, reason: String) {
        self.absent(now);
        self.history.retirements += 1;
        self.history.last_refusal = Some(reason);
        self.retired.push(library);
    }

    /// The runtime ends: what is retired stays mapped.
    pub(crate) fn forget_retired(&mut self) {
        self.retired.drain(..).for_each(std::mem::forget);
    }

    fn absent(&mut self, now: Duration) {
        debug_assert!(matches!(self.stage, Stage::Leaving));
        self.stage = Stage::Absent;
        self.history.unloaded_at = Some(now);
        self.history.verdict = None;
    }

    /// It could go if the threads that hold thread-locals of it let go.
    pub(crate) fn wait_for_threads(&mut self, cause: Cause) {
        self.history.waiting = Some(cause);
    }

    /// Whether it waits for threads; the caller takes care of it now. Calls since then end the wait.
    pub(crate) fn take_waiting(&mut self) -> Option<Cause> {
        self.history.waiting.take()
    }

    /// An unload was refused; the module is as usable as before.
    pub(crate) fn refused(&mut self, reason: String) {
        self.history.refusals += 1;
        self.history.last_refusal = Some(reason);
    }

    /// Takes note of the calls since the last look, and returns them.
    pub(crate) fn observe(&mut self, calls: u64, policy: &Policy, now: Duration) -> u64 {
        let history = &mut self.history;
        let fresh = calls.wrapping_sub(history.calls_seen);
        history.calls_seen = calls;
        history.window.feed(now, fresh);
        if fresh > 0 {
            // When exactly is unknown: later is on the safe side.
            history.last_used = now;
            history.waiting = None;
        }
        if history.window.heat(now, &policy.heat) == Heat::Critical {
            history.critical_since_load = true;
        }
        fresh
    }
}
