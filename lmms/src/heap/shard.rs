//! Shards: the parts of a heap that threads work with side by side.
//!
//! Most shards are claimed by one thread, the *owner*, which holds its shard by plain stores: it sets `busy`, looks at
//! `blocked`, and clears `busy` when done. A *visitor* (for the accounts, or to empty a long return list) sets
//! `blocked`, makes all threads of the process pass a barrier with the `membarrier` system call, and waits until `busy`
//! is clear. So the price of the barrier between store and load is paid by the rare visitor. Threads that found no
//! shard to claim, and all threads where the kernel refuses `membarrier`, use shared shards under a lock.
//!
//! # Orderings
//!
//! Owner: `busy.store(Relaxed)`, compiler fence, `blocked.load(Acquire)`; visitor: `blocked.store(SeqCst)`, membarrier,
//! `busy.load(Acquire)`. The membarrier acts as a full barrier between the owner's two accesses: either the owner sees
//! `blocked`, or the visitor sees `busy`. `busy` and `blocked` are cleared with `Release`, which hands the shard's
//! fields over. Only threads with the owner's thread pointer write `busy`, one after the other (HEAP-6).

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, compiler_fence};

use super::claims::{Claims, Places, place_of};
use super::lock::{Lock, Patience, keeping_errno, thread_pointer};
use super::span::Span;
use super::{Heap, size};

/// Shards that can be claimed.
pub(super) const OWNED: usize = 64;
/// Shards for all other threads.
const SHARED: usize = 8;

/// All shards of a heap.
#[repr(C, align(64))]
pub(super) struct Shards {
    places: Places,
    /// From the last to the first, which so lies beside what every thread needs.
    all: [Shard; OWNED + SHARED],
    claims: Claims,
    /// Whether a thread has ever used a shared shard.
    shared: AtomicBool,
}

#[repr(C, align(64))]
pub(super) struct Shard {
    busy: AtomicBool,
    blocked: AtomicBool,
    /// Of visitors, and of everybody for a shared shard.
    lock: Lock,
    /// The number of the supply it takes from.
    pub(super) supply: AtomicU8,
    /// The span kept for the next block of one span; 0: none.
    pub(super) kept: AtomicU32,
    pub(super) bins: [Bin; size::CLASSES],
    pub(super) returned: Returned,
}

/// The span a class allocates from now, and the list of its other spans with room.
#[repr(C)]
pub(super) struct Bin {
    /// Null: none.
    pub(super) current: AtomicPtr<Span>,
    /// 0: none.
    pub(super) partial: AtomicU32,
}

/// Blocks freed by threads of other shards: length in the upper half, offset of the newest in 16-byte units in the
/// lower.
#[repr(C, align(64))]
pub(super) struct Returned(pub(super) AtomicU64);

/// The right to use a shard's fields, until dropped.
pub(super) struct Held<'h> {
    pub(super) shard: &'h Shard,
    pub(super) index: u8,
    owned: bool,
}

/// The same for a visitor.
pub(super) struct Visit<'h> {
    pub(super) shard: &'h Shard,
}

impl Heap {
    /// Where the first shard begins, counted from the start of the heap.
    #[cfg(feature = "gateway")]
    pub(super) const FIRST_SHARD: usize = std::mem::offset_of!(Heap, shards)
        + std::mem::offset_of!(Shards, all)
        + (OWNED + SHARED - 1) * size_of::<Shard>();

    /// Holds the calling thread's shard.
    #[inline(always)]
    pub(super) fn hold(&self) -> Held<'_> {
        let index = self.my_shard();
        let shard = self.shards.get(index);
        let owned = index < OWNED;
        if owned {
            shard.enter()
        } else {
            shard.lock.acquire()
        }
        Held {
            shard,
            index: index as u8,
            owned,
        }
    }

    /// The number of the calling thread's shard.
    #[inline(always)]
    pub(super) fn my_shard(&self) -> usize {
        let me = thread_pointer();
        let shards = &self.shards;
        let claimed = shards.claims.look(&shards.places, me);
        claimed.unwrap_or_else(|| self.find_shard(me))
    }

    #[inline(never)]
    fn find_shard(&self, me: usize) -> usize {
        let claimed = self.shards.claims.find(&self.shards.places, me);
        claimed.unwrap_or_else(|| self.share(OWNED + place_of(me) % SHARED))
    }

    fn share(&self, shard: usize) -> usize {
        // Read first: after the first time the line stays with everybody.
        if !self.shards.shared.load(Relaxed) {
            self.shards.shared.store(true, Relaxed);
        }
        shard
    }

    /// The shard of that number.
    pub(super) fn shard(&self, index: u8) -> &Shard {
        self.shards.get(usize::from(index) % (OWNED + SHARED))
    }

    /// Numbers of the shards that may hold something.
    #[cfg(feature = "gateway")]
    pub(super) fn shards_in_use(&self) -> impl Iterator<Item = u8> {
        let owned = 0..self.shards.claims.count();
        let shared = self
            .shards
            .shared
            .load(Relaxed)
            .then_some(OWNED..OWNED + SHARED);
        owned
            .chain(shared.into_iter().flatten())
            .map(|index| index as u8)
    }

    /// Holds a shard that may be another thread's. `None`: the kernel refused the barrier. The caller must hold no
    /// shard.
    #[cfg(feature = "gateway")]
    pub(super) fn visit(&self, index: u8) -> Option<Visit<'_>> {
        let shard = self.shard(index);
        shard.lock.acquire();
        if usize::from(index) < OWNED && !shard.block() {
            shard.lock.release();
            return None;
        }
        Some(Visit { shard })
    }

    /// Holds a shard that may be another thread's, unless someone else is visiting it or the kernel refuses the
    /// barrier. The caller must hold no shard.
    pub(super) fn try_visit(&self, index: u8) -> Option<Visit<'_>> {
        let shard = self.shard(index);
        if !shard.lock.try_acquire() {
            return None;
        }
        if usize::from(index) < OWNED && !shard.block() {
            shard.lock.release();
            return None;
        }
        Some(Visit { shard })
    }

    /// Lets threads claim shards if the kernel offers `membarrier`, the calling thread the first one. Called by the
    /// host before the heap is used.
    #[cfg(feature = "gateway")]
    pub(super) fn allow_claims(&self) {
        if register_for_barriers() {
            self.shards.claims.allow();
        }
    }
}

impl Shards {
    #[inline(always)]
    fn get(&self, index: usize) -> &Shard {
        &self.all[OWNED + SHARED - 1 - index]
    }
}

impl Shard {
    #[inline(always)]
    fn enter(&self) {
        self.busy.store(true, Relaxed);
        compiler_fence(SeqCst);
        if self.blocked.load(Acquire) {
            self.enter_after_visit();
        }
    }

    #[cold]
    #[inline(never)]
    fn enter_after_visit(&self) {
        let mut patience = Patience::new();
        loop {
            self.busy.store(false, Release);
            while self.blocked.load(Relaxed) {
                patience.wait();
            }
            self.busy.store(true, Relaxed);
            compiler_fence(SeqCst);
            if !self.blocked.load(Acquire) {
                return;
            }
        }
    }

    /// Keeps the owner out. Called under the lock.
    fn block(&self) -> bool {
        self.blocked.store(true, SeqCst);
        if !barrier_on_all_threads() {
            self.blocked.store(false, Release);
            return false;
        }
        let mut patience = Patience::new();
        while self.busy.load(Acquire) {
            patience.wait();
        }
        true
    }
}

impl Drop for Held<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        if self.owned {
            self.shard.busy.store(false, Release)
        } else {
            self.shard.lock.release()
        }
    }
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        self.shard.blocked.store(false, Release);
        self.shard.lock.release();
    }
}

#[cfg(feature = "gateway")]
fn register_for_barriers() -> bool {
    membarrier(libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED)
}

fn barrier_on_all_threads() -> bool {
    membarrier(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED)
}

fn membarrier(command: libc::c_int) -> bool {
    keeping_errno(|| {
        // SAFETY: takes numbers and touches no memory.
        unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
    })
}

#[cfg(all(test, feature = "gateway"))]
mod tests {
    use super::*;

    /// Without the barrier the owner's `busy` can still wait behind other stores when the visitor looks at it. So the
    /// owner keeps its store buffer full, and the visitor looks for a while whether the owner really is out.
    #[test]
    fn an_owner_and_a_visitor_are_never_inside_together() {
        assert!(register_for_barriers(), "this test needs membarrier");
        let slot = super::super::HeapSlot::create().expect("the test machine has address space");
        let shard = slot.heap().shard(0);
        let (inside, enough) = (AtomicBool::new(false), AtomicBool::new(false));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut scratch = vec![0_u64; 1 << 20];
                let mut random = 1_usize;
                while !enough.load(Relaxed) {
                    for _ in 0..24 {
                        random = random.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(1);
                        scratch[random >> 44] = random as u64;
                    }
                    shard.enter();
                    inside.store(true, Relaxed);
                    if random >> 52 == 0 {
                        // An owner that doesn't run passes no barrier: only its `busy` tells.
                        std::thread::yield_now();
                    }
                    std::hint::black_box(&scratch);
                    inside.store(false, Relaxed);
                    shard.busy.store(false, Release);
                }
            });
            let mut together = 0;
            for visit in 0..100_000 {
                assert!(shard.block());
                together += usize::from((0..100).any(|_| inside.load(Relaxed)));
                shard.blocked.store(false, Release);
                for _ in 0..visit % 50 {
                    std::hint::spin_loop();
                }
            }
            enough.store(true, Relaxed);
            assert_eq!(together, 0);
        });
        // SAFETY: nobody uses the slot any more.
        unsafe { slot.destroy() }.expect("pages can be unmapped");
    }
}
