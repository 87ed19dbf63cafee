//! Unloading one module: the steps that it leaves by.
//!
//! # Order
//! Everything that can refuse is asked before anything irreversible: is it safe at all, does the
//! module veto, do its threads run, do other threads hold thread-locals of it. Then the gate is
//! sealed; if somebody is inside, it opens again, and nothing has happened. Once sealed, nobody
//! can start anything in the module any more, so one last look at threads and thread-locals is
//! final. Only then does the library leave.

use crate::decision::Cause;
use crate::error::Error;
use crate::library::Departure;
use crate::lifecycle::{Lifecycle, State};
use crate::outcome::{Refusal, UnloadOutcome};
use crate::runtime::Runtime;

use std::sync::atomic::Ordering;

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
                State::Loading | State::Leaving => refuse(Refusal::InTransition),
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
