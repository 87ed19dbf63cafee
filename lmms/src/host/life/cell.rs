//! One module's place in a runtime: which thread loads it, which unloads it, and which wait for that.
//!
//! # Protocol
//! - A caller that finds the gate closed asks the books, under the lock, what to do: load, wait, or give
//!   up. One thread loads, the others wait for `changed`.
//! - A thread that wants it gone takes the library out of the books. Then nobody else can, so that thread
//!   asks, seals the gate, asks again, and lets the library leave; or puts it back.
//! - The lock is never held while code of the module, its loader or the linker runs: that code may
//!   log, and the log's subscriber may call this module.
//! - Everything that can refuse is asked before anything irreversible. Once the gate is sealed
//!   nothing can be started in the module from here on, so the second look is final; only that one
//!   searches the process, and what it finds opens the gate again.
//!
//! `host/life/cell/model.rs` runs this file under the model checker.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::boundary::error::Error;
use crate::host::decision::facts::Cause;
use crate::host::decision::policy::Policy;
use crate::host::life::library::{Busy, Library};
use crate::host::life::lifecycle::{Lifecycle, LoadStep, State};
use crate::host::life::outcome::{Refusal, UnloadOutcome};
use crate::host::protection::Protection;
use crate::host::reentrance::waits::{self, Awaited};
use crate::host::registry::ModuleInfo;
use crate::host::threads::dedicated::DedicatedThread;
use crate::sync::{AtomicBool, AtomicU64, Condvar, Mutex, MutexGuard, Ordering, Unpoisoned as _};

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

/// One module of a runtime.
#[derive(Debug)]
pub(crate) struct ModuleCell {
    pub(crate) info: &'static ModuleInfo,
    /// Its number, in the registry and in the protection.
    index: usize,
    /// Owned guards.
    pub(crate) owned: AtomicU64,
    /// Calls that found the module absent and were answered from the cache.
    pub(crate) loads_avoided: AtomicU64,
    /// Whether the loaded library wants its own thread: spares others the lock.
    dedicated: AtomicBool,
    life: Mutex<Lifecycle>,
    changed: Condvar,
}

impl ModuleCell {
    pub(crate) fn new(info: &'static ModuleInfo, index: usize) -> Self {
        Self {
            info,
            index,
            owned: AtomicU64::new(0),
            loads_avoided: AtomicU64::new(0),
            dedicated: AtomicBool::new(false),
            life: Mutex::new(Lifecycle::new()),
            changed: Condvar::new(),
        }
    }

    /// Its books.
    pub(crate) fn life(&self) -> MutexGuard<'_, Lifecycle> {
        self.life.lock().unpoisoned()
    }

    /// Calls running and guards held.
    pub(crate) fn references(&self, protection: &Protection) -> u64 {
        protection.references(self.index) + self.owned.load(Ordering::Acquire)
    }

    /// The thread that its calls run on. The caller keeps the module loaded.
    pub(crate) fn thread(&self) -> Option<Arc<DedicatedThread>> {
        // Relaxed: set before the gate was opened, which the caller came through.
        if !self.dedicated.load(Ordering::Relaxed) {
            return None;
        }
        self.life().thread().cloned()
    }

    /// Makes sure that it is resident: with `load`, or by waiting for the thread that does.
    /// `Some`: it was loaded here and now, and took so long.
    pub(crate) fn ensure_loaded(
        &self,
        protection: &Protection,
        policy: &Policy,
        now: impl Fn() -> Duration,
        load: impl FnOnce() -> Result<Box<dyn Library>, Error>,
    ) -> Result<Option<Duration>, Error> {
        loop {
            // The clock may be the application's: it is asked while no lock is held.
            let at = now();
            let mut life = self.life();
            match life.begin_load(self.info.name, at) {
                LoadStep::Ready => return Ok(None),
                LoadStep::Wait { by, joins } => {
                    let waiting = waits::begin(Awaited {
                        what: self.address(),
                        thread: by,
                        module: joins.then_some(self.info.name),
                    });
                    let _waiting = waiting.map_err(|circle| Error::Reentered {
                        module: self.info.name.to_owned(),
                        reason: circle.to_string(),
                    })?;
                    life.callers_waiting += 1;
                    let changed = self.changed.wait(life);
                    changed.unpoisoned().callers_waiting -= 1;
                }
                LoadStep::Refuse(error) => return Err(error),
                LoadStep::Load => break,
            }
        }
        let begun = Instant::now();
        let interrupted = OnUnwind(|| {
            let mut life = self.life();
            life.interrupted();
            self.tell(life);
        });
        let result = load();
        let took = begun.elapsed();
        let at = now();
        interrupted.disarm();
        let mut life = self.life();
        let result = match result {
            Ok(library) => {
                let direct = library.thread().is_none();
                self.dedicated.store(!direct, Ordering::Relaxed);
                let table = library.operations().as_ptr();
                life.loaded(library, policy, at, took);
                // SAFETY: the library holds all the registry's operations (the loader checked) and
                // is dropped only after a seal.
                unsafe { protection.open(self.index, table, direct) };
                Ok(Some(took))
            }
            Err(error) => {
                life.failed(error.clone(), policy, at);
                Err(error)
            }
        };
        self.tell(life);
        result
    }

    /// Wakes those who wait for a change of the books.
    fn tell(&self, life: MutexGuard<'_, Lifecycle>) {
        let anybody = life.callers_waiting > 0;
        // A system call, even if nobody waits.
        if anybody {
            waits::done(self.address());
            drop(life);
            self.changed.notify_all();
        }
    }

    /// Tells it apart from all other modules of all gateways.
    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// Unloads it, or says why not.
    pub(crate) fn unload(
        &self,
        protection: &Protection,
        asked: Asked,
        now: impl Fn() -> Duration,
    ) -> UnloadOutcome {
        self.release_stuck_copies();
        let mut life = self.life();
        let may_wait = !life.has_waiting_copy();
        let held = life.why_held();
        let Some(library) = life.begin_leave() else {
            return match life.state() {
                State::Absent | State::Failed => UnloadOutcome::NotResident,
                _ => self.refuse(life, Refusal::InTransition),
            };
        };
        drop(life);
        let stays = Stays {
            module: self,
            protection,
            taken: Some(library),
        };
        // Only one copy at a time may be held by somebody else.
        let closed = match held {
            Some(reason) if asked != Asked::Closing => Err(Refusal::OlderCopy(reason)),
            _ => self.close(protection, asked, stays.taken(), may_wait),
        };
        let library = stays.disarm();
        match closed {
            Err(reason) => {
                let mut life = self.life();
                life.stayed(library);
                self.refuse(life, reason)
            }
            Ok(()) => {
                let departure = library.leave();
                let at = now();
                let mut life = self.life();
                let outcome = life.left(departure, at);
                self.tell(life);
                outcome
            }
        }
    }

    /// Asks everything that can refuse, and seals the gate.
    fn close(
        &self,
        protection: &Protection,
        asked: Asked,
        library: &dyn Library,
        may_wait: bool,
    ) -> Result<(), Refusal> {
        if let Some(reason) = library.unload_unsafe() {
            return Err(Refusal::Unsafe(reason.to_string()));
        }
        if self.info.pinned && asked != Asked::Closing {
            return Err(Refusal::Pinned);
        }
        match self.references(protection) {
            0 => {}
            references => return Err(Refusal::References(references)),
        }
        if asked != Asked::Closing
            && let Some(reason) = library.veto()
        {
            return Err(Refusal::Veto(reason));
        }
        let quiet = |busy: Option<Busy>| match busy {
            // It can be sealed, and wait for the end of that.
            Some(busy) if busy.ends && may_wait => Ok(()),
            // It would be lost with the module as well.
            Some(busy) if asked == Asked::Closing && busy.kind.is_left_at_last() => Ok(()),
            Some(busy) => Err(Refusal::from(busy)),
            None => Ok(()),
        };
        quiet(library.busy_at_a_glance())?;
        protection
            .seal(self.index, || self.owned.load(Ordering::Acquire))
            .map_err(Refusal::from)?;
        if let Err(reason) = quiet(library.busy()) {
            // Something that had to be looked for, or started between the first look and the seal.
            let table = library.operations().as_ptr();
            let direct = library.thread().is_none();
            // SAFETY: the same table as before, of a library that stays.
            unsafe { protection.open(self.index, table, direct) };
            return Err(reason);
        }
        let mut life = self.life();
        life.sealed();
        // Who waits for it now may have to wait for what the module has running, which it may be itself.
        self.tell(life);
        Ok(())
    }

    fn refuse(&self, mut life: MutexGuard<'_, Lifecycle>, reason: Refusal) -> UnloadOutcome {
        life.refused(reason.to_string());
        // Callers that found the gate closed for a moment may go on.
        self.tell(life);
        UnloadOutcome::Refused { reason }
    }

    /// Unloads copies that were stuck, if whoever held them has let go. What became of these.
    fn release_stuck_copies(&self) -> Vec<UnloadOutcome> {
        let stuck = self.life().take_stuck();
        let leave = |library: Box<dyn Library>| {
            let departure = library.leave();
            self.life().unstuck(departure)
        };
        stuck.into_iter().filter_map(leave).collect()
    }

    /// Destroys what sealed copies that wait for threads hold on this one, and unloads those that no
    /// other holds. What became of these.
    pub(crate) fn release_waiting_copies(&self) -> Vec<UnloadOutcome> {
        let holders = self.life().waiting_for();
        for holders in &holders {
            holders.release_here();
        }
        let mut outcomes = self.release_stuck_copies();
        // It may have to wait again, for a thread that let go while this one had the copy.
        loop {
            let released = self.life().take_released();
            let Some((number, library)) = released else {
                return outcomes;
            };
            let departure = library.leave();
            outcomes.extend(self.life().released(number, departure));
        }
    }
}

/// Does something if it is dropped by unwinding.
struct OnUnwind<F: FnMut()>(F);

impl<F: FnMut()> OnUnwind<F> {
    fn disarm(self) {
        std::mem::forget(self);
    }
}

impl<F: FnMut()> Drop for OnUnwind<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// A library that was handed out. Dropped by unwinding, it stays, and its gate is as open as before.
struct Stays<'m> {
    module: &'m ModuleCell,
    protection: &'m Protection,
    taken: Option<Box<dyn Library>>,
}

impl Stays<'_> {
    fn taken(&self) -> &dyn Library {
        self.taken.as_deref().expect("it is there until `disarm`")
    }

    fn disarm(mut self) -> Box<dyn Library> {
        self.taken.take().expect("`disarm` takes the whole")
    }
}

impl Drop for Stays<'_> {
    fn drop(&mut self) {
        let Some(library) = self.taken.take() else {
            return;
        };
        let (table, direct) = (library.operations().as_ptr(), library.thread().is_none());
        // SAFETY: the same table as before, of a library that stays.
        unsafe { self.protection.open(self.module.index, table, direct) };
        let mut life = self.module.life();
        life.stayed(library);
        self.module.tell(life);
    }
}

#[cfg(all(test, lmms_loom))]
mod model;
#[cfg(all(test, not(lmms_loom)))]
mod tests;
