//! The books on what a module has running outside of its calls: threads, thread-local destructors, thread-specific
//! keys.
//!
//! Module builds are linked so that their calls of `pthread_create`, `__cxa_thread_atexit_impl` and the `pthread_key`
//! functions come here. The trampolines of threads and the lists of destructors live in the host: so a thread may end
//! at any time, before or after its module is gone, without touching unmapped code.
//!
//! # Invariants
//! - **CENSUS-1** A module passes only the census pointer of its own hooks. The owner of the loaded module
//!   keeps that `Arc<Census>` until the unmapping is proven, and forever if it isn't. Every list entry and
//!   every start block holds an `Arc` of its own.
//! - **CENSUS-2** A destructor runs only on the thread that registered it, at most once, and is counted as
//!   pending until it has returned. Its code is mapped as long as it is pending, because a census with
//!   something pending does not close.
//! - **CENSUS-3** A thread of a module is counted from before its creation until its last destructor has run,
//!   as late as glibc allows (the destructor of the host's own key). No module code runs on it afterwards.
//! - **CENSUS-4** A thread's list is written by that thread; others read it, and remove entries only if they
//!   belong to a deleted key or a dead thread.
//! - **CENSUS-5** A flush counts as pending, so a census does not close while a thread looks for values to
//!   destroy.
//!
//! # Orderings
//!
//! `live`, `pending` and `closed` are `SeqCst`: a registration counts first and looks at `closed` then; closing sets
//! `closed` first and looks at the counts then. So one of the two sees the other. The totals are `Relaxed`: statistics.
//!
//! # Order at a thread's end
//!
//! Destructors of thread-locals run in the reverse order of their registration, in turn with the host's own
//! thread-locals, because each also takes a place in glibc's list. Keys' destructors run after them, in glibc's key
//! phase, where whatever was registered late is run as well; both are repeated while new ones appear, for 64
//! generations at most. What is left then is leaked, and counted.
//!
//! # Limits
//!
//! - A destructor that unwinds, by a panic, a C++ exception or `pthread_exit`, aborts the process, as it does without
//!   LMMS.
//! - After `fork` in a process with several threads the child must not run module code before `exec`: a lock may be
//!   held.
//! - Keys and threads made by shared libraries a module depends on are not seen.

mod entries;
mod entry;
mod resource_entries;
mod stacks_and_locales;
mod task;
mod thread;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{
    AtomicBool, AtomicUsize,
    Ordering::{Relaxed, SeqCst},
};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

use crate::boundary::hooks::{Destructor, Hooks, Keeper};
use crate::heap::HeapSlot;
use crate::host::resources::Resources;
use crate::sync::Unpoisoned as _;
use entries::census_of;

pub(crate) use stacks_and_locales::leave_signal_stack;
pub(crate) use task::Task;

/// What one loaded module has running.
pub struct Census {
    this: Weak<Census>,
    /// The module's name.
    module: &'static str,
    live: AtomicUsize,
    pending: AtomicUsize,
    closed: AtomicBool,
    keys: Mutex<Vec<Key>>,
    kept: Mutex<BTreeSet<(Keeper, usize)>>,
    threads_started: AtomicUsize,
    destructors_registered: AtomicUsize,
    leaked: AtomicUsize,
    resources: Resources,
}

/// A thread, for reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadInfo {
    /// Its number in the kernel; `None`: it is just being started.
    pub tid: Option<i32>,
    /// Its name in the kernel; empty if it has ended meanwhile. Without a number: what is known instead.
    pub name: String,
}

/// Destructors that wait for one thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingDestructors {
    /// The thread that has to run them: at its end, or when it flushes.
    pub thread: ThreadInfo,
    /// How many.
    pub count: usize,
    /// Whether the thread has ever been at a checkpoint: it [comes by](comes_by).
    pub comes_by: bool,
    /// Whether it is one of the module's own: they end with it.
    pub of_module: bool,
}

/// What a flush did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Flushed {
    /// Destructors that ran.
    pub ran: usize,
    /// Destructors of this thread that are still pending: they are running right now, or register themselves again and
    /// again.
    pub left: usize,
}

/// Why a census could not be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StillOpen {
    /// Threads that live.
    pub threads: usize,
    /// Destructors that are pending.
    pub destructors: usize,
}

/// What a census has counted since the module was loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CensusTotals {
    /// Threads started.
    pub threads_started: usize,
    /// Destructors registered, for thread-locals and for values of keys.
    pub destructors_registered: usize,
    /// Destructors that could not be run any more. Their values are lost, which is safe.
    pub leaked: usize,
    /// Keys that exist now.
    pub keys: usize,
}

/// A thread-specific key of a module. To the C library it has no destructor.
struct Key {
    key: libc::pthread_key_t,
    destructor: Option<Destructor>,
}

impl Census {
    /// An empty census, for the module of that name, about to be loaded.
    pub fn new(module: &'static str) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            this: this.clone(),
            module,
            live: AtomicUsize::new(0),
            pending: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
            keys: Mutex::default(),
            kept: Mutex::default(),
            threads_started: AtomicUsize::new(0),
            destructors_registered: AtomicUsize::new(0),
            leaked: AtomicUsize::new(0),
            resources: Resources::new(),
        })
    }

    /// What the module has got from the kernel.
    pub(crate) fn resources(&self) -> &Resources {
        &self.resources
    }

    /// The hooks for the module this census counts, and its heap. The caller keeps hooks, census and heap until the
    /// module's unmapping is proven (CENSUS-1).
    pub fn hooks(self: &Arc<Self>, heap: Option<&HeapSlot>) -> Hooks {
        entries::hooks(self, heap)
    }

    /// How many threads of the module live, those included that are just starting or ending.
    pub fn live_thread_count(&self) -> usize {
        self.live.load(SeqCst)
    }

    /// The threads of the module that live.
    pub fn live_threads(&self) -> Vec<ThreadInfo> {
        if self.live_thread_count() == 0 {
            return Vec::new();
        }
        thread::forget_dead();
        let mut threads = thread::threads_of(self);
        for _ in threads.len()..self.live_thread_count() {
            threads.push(ThreadInfo {
                tid: None,
                name: String::new(),
            });
        }
        threads
    }

    /// How many destructors are pending, on all threads together.
    pub fn pending_count(&self) -> usize {
        self.pending.load(SeqCst)
    }

    /// The destructors that are pending, by thread.
    pub fn pending_destructors(&self) -> Vec<PendingDestructors> {
        if self.pending_count() == 0 {
            return Vec::new();
        }
        thread::forget_dead();
        thread::pending_of(self)
    }

    /// Threads that live, and threads that have destructors pending.
    pub fn holders(&self) -> Vec<ThreadInfo> {
        let mut holders = self.live_threads();
        for pending in self.pending_destructors() {
            if !holders.contains(&pending.thread) {
                holders.push(pending.thread);
            }
        }
        holders
    }

    /// Runs all destructors the module registered on the calling thread.
    ///
    /// The module's thread-locals are gone for this thread afterwards; a call that uses them panics. So the caller must
    /// be sure that the module isn't called again, and must not itself be called by the module.
    ///
    /// The census does not close meanwhile; once it is closed there is nothing to run.
    pub fn flush_current_thread(&self) -> Flushed {
        // CENSUS-5.
        self.pending.fetch_add(1, SeqCst);
        let flushed = if self.closed.load(SeqCst) {
            Flushed::default()
        } else {
            thread::flush(self)
        };
        self.pending.fetch_sub(1, SeqCst);
        flushed
    }

    /// Closes the books: from now on threads are refused to the module, and destructors it registers are leaked.
    ///
    /// # Errors
    /// When something lives or is pending. The census then stays open, and the module has noticed nothing.
    pub fn close(&self) -> Result<(), StillOpen> {
        if self.live_thread_count() > 0 {
            thread::forget_dead();
        }
        self.still_open()?;
        self.closed.store(true, SeqCst);
        self.still_open()
            .inspect_err(|_| self.closed.store(false, SeqCst))
    }

    /// Deletes the module's keys and says how many. Values that are still set are lost. The best time is after the
    /// proven unmapping: to the C library the keys have no destructor, so they do no harm until then.
    pub fn delete_keys(&self) -> usize {
        let keys = std::mem::take(&mut *self.keys());
        for key in &keys {
            self.forget_key(key.key);
            entries::delete_key(key.key);
        }
        keys.len()
    }

    /// What was counted since the module was loaded.
    pub fn totals(&self) -> CensusTotals {
        CensusTotals {
            threads_started: self.threads_started.load(Relaxed),
            destructors_registered: self.destructors_registered.load(Relaxed),
            leaked: self.leaked.load(Relaxed),
            keys: self.keys().len(),
        }
    }

    fn still_open(&self) -> Result<(), StillOpen> {
        let still_open = StillOpen {
            threads: self.live_thread_count(),
            destructors: self.pending_count(),
        };
        if still_open.threads == 0 && still_open.destructors == 0 {
            Ok(())
        } else {
            Err(still_open)
        }
    }

    /// What keeps pointers into the module, once for each pointer.
    pub fn keepers(&self) -> Vec<Keeper> {
        self.kept().iter().map(|(keeper, _)| *keeper).collect()
    }

    fn note_kept(&self, keeper: Keeper, key: usize, kept: bool) {
        let mut known = self.kept();
        if kept {
            known.insert((keeper, key));
        } else {
            known.remove(&(keeper, key));
        }
    }

    fn kept(&self) -> MutexGuard<'_, BTreeSet<(Keeper, usize)>> {
        self.kept.lock().unpoisoned()
    }

    fn keys(&self) -> MutexGuard<'_, Vec<Key>> {
        self.keys.lock().unpoisoned()
    }

    /// The destructor of `key`, if it is one of the module's and has one.
    fn destructor_of(&self, key: libc::pthread_key_t) -> Option<Destructor> {
        self.keys()
            .iter()
            .find(|known| known.key == key)?
            .destructor
    }

    /// Takes `key`'s values on all threads off the books.
    fn forget_key(&self, key: libc::pthread_key_t) {
        let forgotten = thread::forget_key(self, key);
        self.pending.fetch_sub(forgotten, SeqCst);
    }

    /// Counts a destructor, unless the census is closed.
    fn count_destructor(&self) -> bool {
        self.pending.fetch_add(1, SeqCst);
        if self.closed.load(SeqCst) {
            self.pending.fetch_sub(1, SeqCst);
            self.leaked.fetch_add(1, Relaxed);
            return false;
        }
        self.destructors_registered.fetch_add(1, Relaxed);
        true
    }

    /// Takes `count` destructors off the books that will not be run.
    fn leak(&self, count: usize) {
        self.leaked.fetch_add(count, Relaxed);
        self.pending.fetch_sub(count, SeqCst);
    }

    /// Counts a thread, unless the census is closed.
    fn count_thread(&self) -> bool {
        self.live.fetch_add(1, SeqCst);
        if self.closed.load(SeqCst) {
            self.live.fetch_sub(1, SeqCst);
            return false;
        }
        true
    }

    fn thread_ended(&self) {
        self.live.fetch_sub(1, SeqCst);
    }
}

/// Numbers of the threads that the books of any module account for.
pub(crate) fn thread_ids() -> Vec<i32> {
    thread::ids()
}

/// A thread by its number in the kernel.
pub(crate) fn thread_info(tid: i32) -> ThreadInfo {
    ThreadInfo {
        tid: Some(tid),
        name: task::name(tid),
    }
}

/// Whether a thread may have been started after that time since boot: the kernel tells such times in
/// hundredths of a second.
pub(crate) fn started_after(tid: i32, time: Duration) -> bool {
    task::started(tid).is_some_and(|started| started + task::TICK > time)
}

/// Whether a thread has ended, or is ending and executes nothing.
pub(crate) fn is_ending(tid: i32) -> bool {
    task::is_ending(tid)
}

/// Time since boot.
pub(crate) fn since_boot() -> Duration {
    task::since_boot()
}

/// Notes that the calling thread is at a checkpoint, where it runs destructors now and then.
pub fn comes_by() {
    thread::comes_by();
}

impl fmt::Debug for Census {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Census")
            .field("live", &self.live)
            .field("pending", &self.pending)
            .field("closed", &self.closed)
            .field("totals", &self.totals())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for ThreadInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tid {
            Some(tid) if self.name.is_empty() => write!(f, "thread {tid}"),
            Some(tid) => write!(f, "thread {tid} ({})", self.name),
            None if self.name.is_empty() => f.write_str("a thread that is just starting"),
            None => f.write_str(&self.name),
        }
    }
}

impl fmt::Display for StillOpen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} threads live and {} destructors are pending",
            self.threads, self.destructors
        )
    }
}

impl fmt::Display for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SystemLog => "the system log, until `closelog`",
            Self::Timer => "a timer with `SIGEV_THREAD`, for good",
            Self::Unwinder => "the unwinder, until `__deregister_frame`",
        })
    }
}

impl std::error::Error for StillOpen {}
