//! Unloading: the sweep that decides, and the steps that a module leaves by.
//!
//! # Order
//! Everything that can refuse is asked before anything irreversible: is it safe at all, does the
//! module veto, do its threads run, do other threads hold thread-locals of it. Then the gate is
//! sealed; if somebody is inside, it opens again, and nothing has happened. Once sealed, nobody
//! can start anything in the module any more, so one last look at threads and thread-locals is
//! final. Only then does the library leave.

use crate::cache::LiveEntries;
use crate::decision::{Cause, Decision, Layer, ModuleView, Pressure, Verdict, decide, next_sweep};
use crate::error::Error;
use crate::library::{Busy, Departure};
use crate::lifecycle::Lifecycle;
use crate::runtime::{Module, Runtime};

use std::fmt;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
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

/// Who wants a module unloaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A sweep.
    Sweep(Cause),
    /// The application.
    ByHand,
    /// The gateway is closing: the module's veto and pins no longer count.
    Closing,
}

impl Runtime {
    /// One LUGS pass: looks at every resident module, decides, and unloads what may go.
    ///
    /// Thread-locals of modules on *other* threads can't be destroyed from here; see
    /// [`checkpoint`](Self::checkpoint).
    pub fn sweep(&self) -> SweepReport {
        let _one = self.sweeping.lock().unwrap_or_else(PoisonError::into_inner);
        self.sweeps.fetch_add(1, Ordering::Relaxed);
        let now = self.now();
        let pressure = if self.policy.heed_pressure {
            self.pressure.pressure()
        } else {
            Pressure::None
        };
        let mut views = self.views(now);
        let mut verdicts = Vec::with_capacity(views.len());
        let mut report = SweepReport::default();
        loop {
            let facts = decide(now, &self.policy, pressure, &views, &mut verdicts);
            let mut chosen: Vec<(u32, Cause, usize)> = verdicts
                .iter()
                .filter_map(|verdict| match verdict.decision {
                    Decision::Unload { rank, cause } => {
                        Some((rank, cause, verdict.module as usize))
                    }
                    Decision::Keep { .. } => None,
                })
                .collect();
            chosen.sort_unstable_by_key(|(rank, ..)| *rank);
            let mut refused = false;
            for (_, cause, module) in chosen {
                let outcome = self.unload_module(module, Asked::Sweep(cause));
                let view = &mut views[module];
                match &outcome {
                    // What refused keeps its place, so another one may have to go.
                    UnloadOutcome::Refused { reason } => {
                        refused = true;
                        match reason {
                            Refusal::Veto(reason) => view.veto = Some(reason.as_str().into()),
                            Refusal::References(count) => view.references = (*count).max(1),
                            other => view.unload_unsafe = Some(other.to_string().into()),
                        }
                    }
                    _ => view.resident = false,
                }
                report.attempts.push(UnloadAttempt {
                    module: self.modules[module].info.name,
                    outcome,
                });
            }
            if !refused {
                report.next = next_sweep(&self.policy, &facts, &verdicts);
                break;
            }
        }
        self.keep_verdicts(verdicts);
        report
    }

    /// Unloads `module` now if that is possible: heat, cache, grace and threshold don't count, but
    /// everything that makes unloading unsafe does.
    ///
    /// # Errors
    /// There is no such module.
    pub fn unload(&self, module: &str) -> Result<UnloadOutcome, Error> {
        let module = self.module_index(module)?;
        Ok(self.unload_module(module, Asked::ByHand))
    }

    /// Unloads the modules that only wait for the calling thread: for its thread-locals.
    ///
    /// A module that has thread-locals on a thread can only be unloaded when that thread ends,
    /// sweeps, or calls this. Call it where a worker thread idles; for tokio:
    /// `builder.on_thread_park(move || home.checkpoint())`. It costs one load while no module waits.
    pub fn checkpoint(&self) {
        if self.waiting.load(Ordering::Relaxed) {
            self.checkpoint_slow();
        }
    }

    #[cold]
    fn checkpoint_slow(&self) {
        self.waiting.store(false, Ordering::Relaxed);
        for index in 0..self.modules.len() {
            let cause = self.modules[index].life().take_waiting();
            if let Some(cause) = cause {
                // If it must wait for yet another thread, it is noted again.
                self.unload_module(index, Asked::Sweep(cause));
            }
        }
    }

    /// What is known about all modules now, in their order.
    fn views(&self, now: Duration) -> Vec<ModuleView> {
        let mut live = vec![LiveEntries::default(); self.modules.len()];
        self.cache.live_by_module(now, &mut live);
        self.modules
            .iter()
            .zip(live)
            .enumerate()
            .map(|(index, (module, cached))| self.view(index, module, cached, now))
            .collect()
    }

    fn view(
        &self,
        index: usize,
        module: &Module,
        cached: LiveEntries,
        now: Duration,
    ) -> ModuleView {
        let mut life = module.life();
        life.observe(self.protection.calls(index), &self.policy, now);
        let history = &life.history;
        let mut view = ModuleView {
            index: index as u32,
            cached,
            pinned: module.pinned,
            last_used: history.last_used,
            ping_pongs: history.ping_pongs,
            critical_since_load: history.critical_since_load,
            recent_calls: history.window.total(now),
            cools_at: history.window.cools_at(now, &self.policy.heat),
            ..ModuleView::default()
        };
        if let Some(library) = life.library() {
            view.resident = true;
            view.references =
                self.protection.references(index) + module.owned.load(Ordering::Acquire);
            view.bytes = library.memory().total();
            view.unload_unsafe = library.unload_unsafe();
        }
        view
    }

    /// The verdicts on all modules as they stand now, without unloading anything.
    pub(crate) fn judge(&self) -> Vec<Verdict> {
        let now = self.now();
        let mut verdicts = Vec::new();
        let pressure = self.pressure.pressure();
        decide(now, &self.policy, pressure, &self.views(now), &mut verdicts);
        verdicts
    }

    fn keep_verdicts(&self, verdicts: Vec<Verdict>) {
        for verdict in verdicts {
            if let Decision::Keep { layer, .. } = verdict.decision
                && let Some(place) = Layer::ALL.iter().position(|known| *known == layer)
            {
                self.protections_by_layer[place].fetch_add(1, Ordering::Relaxed);
            }
            let module = &self.modules[verdict.module as usize];
            let mut life = module.life();
            if life.library().is_some() {
                life.history.verdict = Some(verdict);
            }
        }
    }

    /// Unloads one module, or says why not.
    pub(crate) fn unload_module(&self, index: usize, asked: Asked) -> UnloadOutcome {
        let module = &self.modules[index];
        let name = module.info.name;
        let span = tracing::debug_span!("unload", module = name).entered();
        let mut life = module.life();
        let outcome = self.unload_locked(index, asked, &mut life);
        if let UnloadOutcome::Refused { reason } = &outcome {
            life.refused(reason.to_string());
            if let (Refusal::Threads(_), Asked::Sweep(cause)) = (reason, asked) {
                life.wait_for_threads(cause);
                self.waiting.store(true, Ordering::Relaxed);
            }
        }
        drop(life);
        module.notify();
        match &outcome {
            UnloadOutcome::NotResident => {}
            UnloadOutcome::Unloaded { bytes } => tracing::info!(module = name, bytes, "unloaded"),
            UnloadOutcome::Refused { reason } => {
                tracing::debug!(module = name, %reason, "not unloaded");
            }
            UnloadOutcome::Retired { reason } => tracing::warn!(module = name, reason, "retired"),
        }
        drop(span);
        outcome
    }

    fn unload_locked(&self, index: usize, asked: Asked, life: &mut Lifecycle) -> UnloadOutcome {
        let module = &self.modules[index];
        let refuse = |reason| UnloadOutcome::Refused { reason };
        let Some(library) = life.library() else {
            return match life.state() {
                crate::State::Loading | crate::State::Leaving => refuse(Refusal::InTransition),
                _ => UnloadOutcome::NotResident,
            };
        };
        if let Some(reason) = library.unload_unsafe() {
            return refuse(Refusal::Unsafe(reason.to_string()));
        }
        if module.pinned && asked != Asked::Closing {
            return refuse(Refusal::Pinned);
        }
        let references = self.protection.references(index) + module.owned.load(Ordering::Acquire);
        if references > 0 {
            return refuse(Refusal::References(references));
        }
        if asked != Asked::Closing
            && let Some(reason) = library.veto()
        {
            return refuse(Refusal::Veto(reason));
        }
        if let Some(busy) = library.busy() {
            return refuse(busy.into());
        }
        let owned = || module.owned.load(Ordering::Acquire);
        if let Err(references) = self.protection.seal(index, owned) {
            return refuse(Refusal::References(references));
        }
        if let Some(busy) = library.busy() {
            // Something started between the first look and the seal.
            let table = library.operations().as_ptr();
            let direct = library.thread().is_none();
            // SAFETY: the same table as before; the library is still in `life`.
            unsafe { self.protection.open(index, table, direct) };
            return refuse(busy.into());
        }
        let Some(library) = life.begin_leave() else {
            return UnloadOutcome::NotResident;
        };
        // The lock is held on: whoever wants the module waits for it, and no module code that runs
        // now has a context to call back with.
        match library.leave() {
            Departure::Unloaded { bytes } => {
                life.left(self.now(), bytes);
                UnloadOutcome::Unloaded { bytes }
            }
            Departure::Retired { library, reason } => {
                life.retire(library, self.now(), reason.clone());
                UnloadOutcome::Retired { reason }
            }
        }
    }
}

/// What a module's state and the layers' views are, in words. Its `Display` is for people.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Explanation {
    /// The module.
    pub module: &'static str,
    /// Where it stands.
    pub state: crate::State,
    /// The layers' views, if it is loaded.
    pub verdict: Option<Verdict>,
    /// Why the last attempt to unload it was refused, if one was.
    pub last_refusal: Option<String>,
    /// Why it can't be loaded, if the last try failed.
    pub load_error: Option<String>,
    /// When it was unloaded last, on the gateway's clock.
    pub unloaded_at: Option<Duration>,
    /// The time of the explanation.
    pub now: Duration,
}

impl Runtime {
    /// Why `module` is loaded, or not: each protection layer's view, which one decides, and when
    /// that could change.
    ///
    /// # Errors
    /// There is no such module.
    pub fn explain(&self, module: &str) -> Result<Explanation, Error> {
        let index = self.module_index(module)?;
        let verdict = self
            .judge()
            .into_iter()
            .find(|verdict| verdict.module as usize == index);
        let cell: &Module = &self.modules[index];
        let life = cell.life();
        Ok(Explanation {
            module: cell.info.name,
            state: life.state(),
            verdict,
            last_refusal: life.history.last_refusal.clone(),
            load_error: life.load_error().map(Error::to_string),
            unloaded_at: life.history.unloaded_at,
            now: self.now(),
        })
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}", self.module, self.state)?;
        match (&self.verdict, &self.load_error, self.unloaded_at) {
            (Some(verdict), ..) => write!(f, "\n{verdict}")?,
            (None, Some(error), _) => write!(f, ": {error}")?,
            (None, None, Some(at)) => {
                let ago = self.now.saturating_sub(at).as_secs_f64();
                write!(
                    f,
                    ": it was unloaded {ago:.0} s ago, and is loaded at the next call"
                )?;
            }
            (None, None, None) => f.write_str(": nothing has needed it yet")?,
        }
        if let Some(refusal) = &self.last_refusal {
            write!(f, "\nlast attempt to unload it: {refusal}")?;
        }
        Ok(())
    }
}
