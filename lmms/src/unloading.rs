//! Unloading one module: by hand, by a sweep, or when the last thread lets go of it.

#![forbid(unsafe_code)]

use crate::error::Error;
use crate::outcome::UnloadOutcome;
use crate::residence::Asked;
use crate::runtime::Runtime;

use std::sync::atomic::Ordering;

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

    /// Lets go of what unloaded modules still hold on the calling thread: their thread-locals.
    ///
    /// A module that has thread-locals with destructors on a thread is gone only after that thread
    /// has run them: when it ends, when it sweeps, or here. Call it where a worker thread idles. A
    /// thread that has called it once is trusted to call it again: modules that only such threads
    /// hold are sealed at once, the next call loads a fresh copy, and the last thread that comes by
    /// gives the memory of the old one back. Nor is it taken for a thread that a module hides. It costs
    /// two loads while no module waits.
    ///
    /// For tokio that is one line: `builder.on_thread_park(move || home.checkpoint())`.
    ///
    /// It must not be called from inside an operation.
    pub fn checkpoint(&self) {
        crate::census::comes_by();
        if self.waiting.load(Ordering::Relaxed) {
            self.checkpoint_slow();
        }
    }

    #[cold]
    fn checkpoint_slow(&self) {
        for index in 0..self.modules.len() {
            self.release_waiting_copies(index);
            let wanted = self.modules[index].life().take_wanted();
            if let Some(cause) = wanted {
                // If it must wait for yet another thread, it is noted again.
                self.unload_module(index, Asked::Sweep(cause));
            }
        }
        let any_waits = || {
            self.modules
                .iter()
                .any(|module| module.life().needs_checkpoints())
        };
        if !any_waits() {
            self.waiting.store(false, Ordering::SeqCst);
            // One that began to wait in between must not be forgotten.
            if any_waits() {
                self.waiting.store(true, Ordering::SeqCst);
            }
        }
    }

    /// Unloads one module, or says why not.
    pub(crate) fn unload_module(&self, index: usize, asked: Asked) -> UnloadOutcome {
        let module = &self.modules[index];
        let name = module.info.name;
        let _span = tracing::debug_span!("unload", module = name).entered();
        let outcome = module.unload(&self.protection, asked, || self.now());
        if module.life().needs_checkpoints() {
            self.waiting.store(true, Ordering::SeqCst);
            if !matches!(asked, Asked::Sweep(_)) {
                // The sweeper doesn't know yet that it has something to look after.
                self.alarm.ring();
            }
        }
        match &outcome {
            UnloadOutcome::NotResident => {}
            UnloadOutcome::Unloaded { bytes } => tracing::info!(module = name, bytes, "unloaded"),
            UnloadOutcome::Refused { reason } => {
                self.refusals_by_reason[reason.place()].fetch_add(1, Ordering::Relaxed);
                tracing::debug!(module = name, kind = reason.kind(), %reason, "not unloaded");
            }
            UnloadOutcome::Retired { reason } => tracing::warn!(module = name, reason, "retired"),
        }
        outcome
    }

    /// Lets go of what sealed copies of a module hold on this thread; what became of those that this
    /// was the last thread of.
    pub(crate) fn release_waiting_copies(&self, index: usize) -> Vec<UnloadOutcome> {
        let module = &self.modules[index];
        let outcomes = module.release_waiting_copies();
        let name = module.info.name;
        for outcome in &outcomes {
            match outcome {
                UnloadOutcome::Unloaded { bytes } => {
                    tracing::info!(module = name, bytes, "unloaded after its threads let go");
                }
                other => tracing::warn!(module = name, outcome = %other, "a sealed copy stays"),
            }
        }
        outcomes
    }
}
