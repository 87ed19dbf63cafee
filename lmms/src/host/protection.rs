//! The protection protocol: how calls and unloads stay out of each other's way.
//!
//! Every thread counts, per module, how often it entered and how often it left. Only the thread
//! itself writes its counters, so a call costs two plain increments: no lock, no shared write, no
//! clock. Unloading pays instead.
//!
//! # Protocol
//! A call: `enter += 1`; barrier; load the gate's table; null → undo, take the slow path; call;
//! `exit += 1`.
//! An unload: swap the gate's table to null (**seal**); barrier; for each thread read `exit`, then
//! `enter`; any difference → put the table back, else nobody is inside and nobody can come in.
//!
//! # Orderings
//! - Between a caller's `enter` store and its table load, and between the unloader's table store
//!   and its `enter` loads, there must be a full barrier on both sides (store buffering). The
//!   unloader's is `membarrier(PRIVATE_EXPEDITED)`, which acts as one on every running thread of
//!   the process; so the caller needs only a compiler fence. Where the kernel refuses membarrier,
//!   both sides use a SeqCst fence; then the gate's fast table stays null and calls go through the
//!   slow path. Where it refuses membarrier later on, as a seccomp filter may demand, nothing can be
//!   sealed any more: the gate opens again, and what readers may see is kept.
//! - The table is stored with Release and loaded with Acquire: who sees it, sees the library.
//! - `exit` is stored with Release and loaded with Acquire: who sees a call's end, sees all it did.
//!   `exit` is read before `enter`: the other way round, a call that begins and ends between the
//!   two reads could hide another one that is still inside.
//! - `enter` is Relaxed: the barriers order it, and no data hangs on it.
//!
//! # Watched or not
//! Calls that go straight through are only counted; when they happened is only known to those that look at the
//! counters now and then. So the fast table is there only while somebody does: while the module is
//! *watched*. Otherwise its calls take the slow path, where `uses` notes each. The flag is read behind
//! `enter` and its barrier as the table is, and [`Protection::unwatch`] clears both before its own: a
//! call that took the module for watched is in the counters from then on, as ended or as inside.
//!
//! # Invariants
//! - **PROTECTION-1** The counters of a thread's block are written by that thread only.
//! - **PROTECTION-2** A block lives as long as its `Protection`, or until its thread can't write to it any more:
//!   nothing of it is inside and it has let go of the block, or the thread is dead.
//! - **PROTECTION-3** Whoever holds an [`Entered`] made from a non-null table may use that table's library:
//!   it is not unloaded before `exit` is counted.
//! - **PROTECTION-4** What was taken out of reach before [`Protection::wait_for_readers`] began, no [`Reading`]
//!   sees once that has returned: it waits, after a barrier, until each thread was outside once.

mod barrier;
mod blocks;
mod readers;
mod threads;

pub(crate) use barrier::Barrier;
#[cfg(all(test, lmms_loom))]
pub(crate) use blocks::ThreadBlock;
pub(crate) use readers::Reading;

use std::marker::PhantomData;
use std::sync::Arc;

use crate::sync::{AtomicBool, AtomicPtr, AtomicU64, Mutex, MutexGuard, Ordering, Unpoisoned as _};
use blocks::{Blocks, Tally};

/// An operation of a loaded library: what the hot path reads.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct OperationSlot {
    /// The function, of the type that the operation's fingerprint stands for.
    pub(crate) thunk: *const (),
    /// Drops a result inside the module.
    pub(crate) drop_result: unsafe fn(*mut ()),
}

impl OperationSlot {
    /// The operation behind `thunk`.
    ///
    /// # Safety
    /// `thunk` must be a function of the type that the operation's fingerprint stands for, and `drop_result` must drop
    /// a result of it in place. Both may be called as long as the library lives that hands out the slot.
    pub const unsafe fn new(thunk: *const (), drop_result: unsafe fn(*mut ())) -> Self {
        Self { thunk, drop_result }
    }
}

// SAFETY: addresses of functions; who may call them when is PROTECTION-3's business.
unsafe impl Send for OperationSlot {}
// SAFETY: as above.
unsafe impl Sync for OperationSlot {}

/// How often one thread entered and left one module.
#[repr(C)]
#[derive(Debug, Default)]
pub(crate) struct Pair {
    enter: AtomicU64,
    exit: AtomicU64,
}

impl Pair {
    /// PROTECTION-1: a plain increment, no read-modify-write.
    #[inline(always)]
    fn enter(&self) {
        let count = self.enter.load(Ordering::Relaxed);
        self.enter.store(count.wrapping_add(1), Ordering::Relaxed);
    }

    #[inline(always)]
    fn undo(&self) {
        let count = self.enter.load(Ordering::Relaxed);
        self.enter.store(count.wrapping_sub(1), Ordering::Release);
    }

    #[inline(always)]
    fn exit(&self) {
        let count = self.exit.load(Ordering::Relaxed);
        self.exit.store(count.wrapping_add(1), Ordering::Release);
    }
}

/// Why a gate was not closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotSealed {
    /// So many calls and guards are inside.
    References(u64),
    /// The kernel refuses the barrier, so the counters of other threads say nothing.
    NoBarrier,
}

/// How many calls of a module have ended, and how many are inside.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// Never falls: only `exit` counts, since who finds the gate closed takes its `enter` back.
    pub(crate) ended: u64,
    /// With those who just find the gate closed: rather too many than too few.
    pub(crate) inside: u64,
}

impl From<Tally> for Counts {
    fn from(sum: Tally) -> Self {
        Self {
            ended: sum.exit,
            inside: sum.inside(),
        }
    }
}

/// One module's entrance.
#[derive(Debug)]
pub(crate) struct Gate {
    /// The operations, for calls that go straight through. Null: take the slow path.
    table: AtomicPtr<OperationSlot>,
    /// The operations, for calls on the slow path: of modules that aren't watched, of those with a
    /// thread of their own, and of every module where membarrier is refused.
    slow: AtomicPtr<OperationSlot>,
    /// Whether somebody looks at the counters.
    watched: AtomicBool,
    /// Held to write to the others. Inside: whether calls may go straight through while it is watched.
    direct: Mutex<bool>,
}

impl Gate {
    fn closed() -> Self {
        Self {
            table: AtomicPtr::new(std::ptr::null_mut()),
            slow: AtomicPtr::new(std::ptr::null_mut()),
            watched: AtomicBool::new(false),
            direct: Mutex::new(false),
        }
    }

    /// Lets calls in, straight through only if that is allowed.
    fn let_in(&self, slow: *mut OperationSlot, direct: bool) {
        self.slow.store(slow, Ordering::Release);
        if direct && self.watched.load(Ordering::Relaxed) {
            self.table.store(slow, Ordering::Release);
        }
    }

    fn direct(&self) -> MutexGuard<'_, bool> {
        self.direct.lock().unpoisoned()
    }
}

/// All gates and counters of one gateway.
#[derive(Debug)]
pub(crate) struct Protection {
    /// Never used twice in a process: a thread's cached block can't be taken for another's.
    id: u64,
    gates: Box<[Gate]>,
    blocks: Arc<Blocks>,
    barrier: Barrier,
    /// How often readers were waited for.
    #[cfg(test)]
    pub(crate) waits: std::sync::atomic::AtomicU64,
}

impl Protection {
    pub(crate) fn new(modules: usize) -> Self {
        Self::with_barrier(modules, Barrier::best())
    }

    pub(crate) fn with_barrier(modules: usize, barrier: Barrier) -> Self {
        // Not the shim's: a plain source of numbers.
        static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
        Self {
            id: NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed),
            gates: (0..modules).map(|_| Gate::closed()).collect(),
            // The last pair is for reading shared tables.
            blocks: Arc::new(Blocks::new(modules + 1)),
            barrier,
            #[cfg(test)]
            waits: Default::default(),
        }
    }

    /// Opens the gate of `module`. `direct`: calls may go straight through while it is watched.
    ///
    /// # Safety
    /// `table` must hold all operations of the module, and stay valid until [`seal`](Self::seal)
    /// has succeeded and the library is unloaded.
    pub(crate) unsafe fn open(&self, module: usize, table: *const OperationSlot, direct: bool) {
        let gate = &self.gates[module];
        let mut may = gate.direct();
        *may = direct && self.barrier.lets_straight_through();
        gate.let_in(table.cast_mut(), *may);
    }

    /// Closes the gate of `module` if nobody is inside.
    ///
    /// # Errors
    /// Somebody is, or nobody can tell; the gate is open as before.
    pub(crate) fn seal(&self, module: usize, also: impl FnOnce() -> u64) -> Result<(), NotSealed> {
        let gate = &self.gates[module];
        // From here on `watch` finds nothing to let anybody in with.
        let slow = {
            let _writing = gate.direct();
            gate.table.store(std::ptr::null_mut(), Ordering::SeqCst);
            gate.slow.swap(std::ptr::null_mut(), Ordering::SeqCst)
        };
        let sealed = match self.barrier.heavy() {
            Err(refused) => Err(refused),
            // Owned guards are taken inside a call: read them after the barrier too.
            Ok(()) => match self.references(module) + also() {
                0 => Ok(()),
                references => Err(NotSealed::References(references)),
            },
        };
        if sealed.is_err() {
            let may = gate.direct();
            gate.let_in(slow, *may);
        }
        sealed
    }

    /// From now on somebody looks at the counters of `module` now and then.
    pub(crate) fn watch(&self, module: usize) {
        let gate = &self.gates[module];
        let may = gate.direct();
        gate.watched.store(true, Ordering::Relaxed);
        gate.let_in(gate.slow.load(Ordering::Relaxed), *may);
    }

    /// From now on calls of `module` are noted on the slow path. Those that were let in before are in
    /// its [`count`](Self::count) as soon as this has returned.
    ///
    /// # Errors
    /// Nobody could tell; it is watched as before.
    pub(crate) fn unwatch(&self, module: usize) -> Result<(), NotSealed> {
        let gate = &self.gates[module];
        {
            let _writing = gate.direct();
            gate.watched.store(false, Ordering::SeqCst);
            gate.table.store(std::ptr::null_mut(), Ordering::SeqCst);
        }
        let unwatched = self.barrier.heavy();
        if unwatched.is_err() {
            self.watch(module);
        }
        unwatched
    }

    /// Whether `module` is watched. To be asked inside: then who counts after
    /// [`unwatch`](Self::unwatch) sees those who were told so.
    pub(crate) fn is_watched(&self, module: usize) -> bool {
        self.gates[module].watched.load(Ordering::Relaxed)
    }

    /// Whether `module` can be entered now. Only a hint: it may change at any time.
    pub(crate) fn is_open(&self, module: usize) -> bool {
        !self.gates[module].slow.load(Ordering::Relaxed).is_null()
    }

    /// How many calls and pins are inside `module`. Without a seal this is only a hint.
    pub(crate) fn references(&self, module: usize) -> u64 {
        self.count(module).inside
    }

    /// Takes stock of `module`. Without a seal, who is inside is only a hint.
    pub(crate) fn count(&self, module: usize) -> Counts {
        Counts::from(self.blocks.lock().sum(module))
    }

    /// Takes stock of all modules in one pass.
    pub(crate) fn counts(&self, counts: &mut Vec<Counts>) {
        let mut books = self.blocks.lock();
        books.fold_all_dead();
        counts.clear();
        counts.extend((0..self.gates.len()).map(|module| Counts::from(books.sum(module))));
    }

    /// Enters `module` on the calling thread by way of the slow path.
    ///
    /// `None` if the gate is closed.
    pub(crate) fn enter_slow(&self, module: usize) -> Option<Entered<'_>> {
        let gate = &self.gates[module];
        // SAFETY: the block belongs to this `Protection`, which has a pair for each gate, and this gate exists.
        let pair = unsafe { &*threads::pairs(self).wrapping_add(module) };
        self.enter_pair(pair, gate)
    }

    /// A block for a thread of the model checker's, which is no thread of the system.
    #[cfg(all(test, lmms_loom))]
    pub(crate) fn adopt_block(&self) -> crate::sync::Arc<ThreadBlock> {
        self.blocks.adopt()
    }

    /// Enters on a thread of the model checker's, which is no thread of the system.
    #[cfg(all(test, lmms_loom))]
    pub(crate) fn enter_on<'p>(
        &self,
        block: &'p ThreadBlock,
        module: usize,
    ) -> Option<Entered<'p>> {
        self.enter_pair(block.pair(module), &self.gates[module])
    }

    fn enter_pair<'p>(&self, pair: &'p Pair, gate: &Gate) -> Option<Entered<'p>> {
        pair.enter();
        self.barrier.light();
        Entered::through(pair, gate.slow.load(Ordering::Acquire))
    }
}

/// The witness that a module stays loaded: made on entering, counted out on drop.
///
/// It belongs to the thread that made it.
#[derive(Debug)]
pub(crate) struct Entered<'p> {
    pair: &'p Pair,
    table: *const OperationSlot,
    not_send: PhantomData<*const ()>,
}

impl<'p> Entered<'p> {
    #[inline(always)]
    fn through(pair: &'p Pair, table: *mut OperationSlot) -> Option<Self> {
        if table.is_null() {
            pair.undo();
            return None;
        }
        Some(Self {
            pair,
            table,
            not_send: PhantomData,
        })
    }

    /// The operation at `slot`.
    ///
    /// # Safety
    /// The module must have more than `slot` operations.
    #[inline(always)]
    pub(crate) unsafe fn operation(&self, slot: usize) -> &OperationSlot {
        // SAFETY: PROTECTION-3, and the caller's promise.
        unsafe { &*self.table.wrapping_add(slot) }
    }
}

impl Drop for Entered<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        self.pair.exit();
    }
}

/// The part of a [`Protection`] that the hot path reads, without a pointer in between.
#[derive(Debug)]
pub(crate) struct Entrance {
    id: u64,
    gates: *const Gate,
}

// SAFETY: `gates` points to `Sync` gates, alive as `new`'s caller promised.
unsafe impl Send for Entrance {}
// SAFETY: as above.
unsafe impl Sync for Entrance {}

impl Entrance {
    /// # Safety
    /// `protection` must outlive the result and not move its gates (they are boxed).
    pub(crate) unsafe fn new(protection: &Protection) -> Self {
        Self {
            id: protection.id,
            gates: protection.gates.as_ptr(),
        }
    }

    /// Enters `module` straight through; `None`: take the slow path.
    ///
    /// # Safety
    /// `module` must be a module of the protection, and `protection` the one of [`new`](Self::new).
    #[inline(always)]
    pub(crate) unsafe fn enter<'p>(
        &self,
        module: usize,
        protection: impl FnOnce() -> &'p Protection,
    ) -> Option<Entered<'p>> {
        let pairs = threads::cached(self.id).unwrap_or_else(|| threads::pairs(protection()));
        // SAFETY: a block has a pair for each module; PROTECTION-2 keeps it as long as the protection, `'p`.
        let pair: &'p Pair = unsafe { &*pairs.wrapping_add(module) };
        // SAFETY: the caller's promise.
        let gate = unsafe { &*self.gates.wrapping_add(module) };
        pair.enter();
        barrier::compiler_only();
        Entered::through(pair, gate.table.load(Ordering::Acquire))
    }
}

#[cfg(test)]
mod fake;
#[cfg(all(test, lmms_loom))]
mod model;
#[cfg(all(test, not(lmms_loom)))]
mod tests;
