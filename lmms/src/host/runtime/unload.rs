//! Unloading one module: by hand, by a sweep, or when the last thread lets go of it.

#![forbid(unsafe_code)]

use std::sync::atomic::Ordering;

use crate::boundary::error::Error;
use crate::host::life::cell::Asked;
use crate::host::life::outcome::{Refusal, UnloadOutcome};
use crate::host::reentrance::contained::{self, TARGET, tell};
use crate::host::reentrance::inside::{self, Inside};
use crate::host::runtime::Runtime;

impl Runtime {
    /// Unloads `module` now if that is possible: heat, cache, grace and threshold don't count, but
    /// everything that makes unloading unsafe does.
    ///
    /// Only a thread that is inside nothing unloads: from inside a module, a sweep, a load or unload, or
    /// a `tracing` subscriber it is refused with [`Refusal::Reentered`].
    ///
    /// # Errors
    /// There is no such module.
    pub fn unload(&self, module: &str) -> Result<UnloadOutcome, Error> {
        let module = self.module_index(module)?;
        if let Some(inside) = inside::innermost() {
            let reason = Refusal::Reentered(inside.to_string());
            self.refusals_by_reason[reason.place()].fetch_add(1, Ordering::Relaxed);
            return Ok(UnloadOutcome::Refused { reason });
        }
        Ok(self.unload_module(module, Asked::ByHand))
    }

    /// Lets go of what unloaded modules still hold on the calling thread: their thread-locals.
    ///
    /// A module that has thread-locals with destructors on a thread is gone only after that thread
    /// has run them: when it ends, when it sweeps, or here. Call it where a worker thread idles. A
    /// thread that has called it once is trusted to call it again: modules that only such threads
    /// hold are sealed at once, the next call loads a fresh copy, and the last thread to reach a checkpoint
    /// frees the old copy. Nor is it taken for a thread that a module hides. It costs a few loads
    /// while no module waits.
    ///
    /// For tokio that is one line: `builder.on_thread_park(move || home.checkpoint())`.
    ///
    /// From inside a module, a sweep, a load or unload, or a `tracing` subscriber it does nothing: what it
    /// would destroy may be in use below. Such a thread isn't trusted to call it again, either.
    pub fn checkpoint(&self) {
        // INSIDE-2.
        if inside::innermost().is_some() {
            return;
        }
        crate::host::threads::census::comes_by();
        if self.waiting.load(Ordering::Relaxed) {
            self.checkpoint_slow();
        }
    }

    #[cold]
    fn checkpoint_slow(&self) {
        for index in 0..self.modules.len() {
            self.release_waiting_copies(index);
            let wanted = self.modules[index].life().take_wanted();
            if let Some((cause, order)) = wanted
                && self.look(index, self.now()).order == order
            {
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
        let span = contained::Span::enter(|| tracing::debug_span!("unload", module = name));
        // A module that is used from here on is not to go.
        let order = self.uses.last_order(index);
        let outcome = {
            let _inside = inside::mark(Inside::Unload(name));
            module.unload(&self.protection, asked, || self.now())
        };
        let refused_for = match &outcome {
            UnloadOutcome::Refused { reason } => Some(reason),
            _ => None,
        };
        if let (Some(Refusal::ThreadLocals(_)), Asked::Sweep(cause)) = (refused_for, asked) {
            module.life().want_gone(cause, order);
        }
        if module.life().needs_checkpoints() {
            self.waiting.store(true, Ordering::SeqCst);
            if !matches!(asked, Asked::Sweep(_)) {
                // The sweeper doesn't know yet that it has something to look after.
                self.alarm.ring();
            }
        }
        if let UnloadOutcome::Refused { reason } = &outcome {
            self.refusals_by_reason[reason.place()].fetch_add(1, Ordering::Relaxed);
        }
        tell(|| match &outcome {
            UnloadOutcome::NotResident => {}
            UnloadOutcome::Unloaded { bytes } => {
                tracing::info!(target: TARGET, module = name, bytes, "unloaded")
            }
            UnloadOutcome::Leaked { bytes, left } => {
                tracing::warn!(target: TARGET, module = name, bytes, %left, "unloaded, but it has left something");
            }
            UnloadOutcome::Refused { reason } => {
                tracing::debug!(target: TARGET, module = name, kind = reason.kind(), %reason, "not unloaded");
            }
            UnloadOutcome::Waiting { reason } => {
                tracing::warn!(target: TARGET, module = name, reason, "waiting")
            }
            UnloadOutcome::Stuck { reason } => {
                tracing::warn!(target: TARGET, module = name, reason, "stuck")
            }
        });
        drop(span);
        outcome
    }

    /// Lets go of what sealed copies of a module hold on this thread; what became of those that this
    /// was the last thread of.
    pub(crate) fn release_waiting_copies(&self, index: usize) -> Vec<UnloadOutcome> {
        let module = &self.modules[index];
        let name = module.info.name;
        let outcomes = {
            let _inside = inside::mark(Inside::Unload(name));
            module.release_waiting_copies()
        };
        for outcome in &outcomes {
            tell(|| match outcome {
                UnloadOutcome::Unloaded { bytes } => {
                    tracing::info!(target: TARGET, module = name, bytes, "unloaded after its threads let go");
                }
                other => {
                    tracing::warn!(target: TARGET, module = name, outcome = %other, "a sealed copy stays")
                }
            });
        }
        outcomes
    }
}
