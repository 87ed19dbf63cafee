//! Supplies of spans. Invariants: see `heap.rs`.
//!
//! A heap has one supply, which hands out the slot from its start. Threads that meet there open others, each with a
//! lock, lists and a *territory* of its own at the end of the slot. So threads that work with large blocks side by side
//! neither wait for each other nor find each other's blocks where theirs could grow, and a module that doesn't need
//! that doesn't pay for it.
//!
//! A freed run stays where it came from: joined with its neighbours, in a list of the supply in whose territory it
//! lies. Its pages go back to the kernel at once, except for a budget that saves frequent runs the system call and the
//! page faults behind it.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicU8, AtomicU32, AtomicUsize, Ordering::Relaxed};

use super::lists::LISTS;
use super::lock::Lock;
use super::pages::make_accessible;
use super::runs::Taken;
use super::{Heap, SPAN_BYTES};

/// Supplies of a heap.
const SUPPLIES: usize = 4;
/// Territories are parts of the slot of this many equal ones: the last part is that of supply 1, the one before that of
/// 2…
pub(super) const PARTS: u32 = 8;
/// Spans of the smallest slot that is divided: there a territory holds 32 MiB.
pub(super) const SMALLEST_DIVIDED: u32 = 4096;
/// Spans that may stay resident in free runs of a supply until the heap is trimmed: from 1 MiB to 32 MiB, as much as
/// was given back too soon. With less, a module that works with buffers pays for fresh pages at each call.
const FIRST_BUDGET: u32 = 16;
const LARGEST_BUDGET: u32 = 512;
/// How often a span is given back too soon before the budget grows by it: what is used once an hour isn't worth
/// keeping.
const REFAULTS: u32 = 8;
/// A territory becomes accessible in steps that double from the first to the last of these.
pub(super) const FIRST_COMMIT: usize = 1 << 20;
const LARGEST_COMMIT: usize = 64 << 20;

/// All supplies of a heap.
#[repr(C, align(64))]
pub(super) struct Supplies {
    /// From the last to the first, which so lies beside what every thread needs.
    all: [Supply; SUPPLIES],
}

/// A supply of spans. All zero: not opened.
#[repr(C, align(64))]
pub(super) struct Supply {
    pub(super) lock: Lock,
    /// The shard that took from it last.
    taker: AtomicU8,
    /// First span of its territory that can be handed out.
    pub(super) first: AtomicU32,
    /// First span that was never handed out. 0: not opened.
    pub(super) frontier: AtomicU32,
    /// The end of the spans that can be handed out.
    end: AtomicU32,
    /// Spans in free runs that may hold memory.
    pub(super) dirty: AtomicU32,
    /// Spans that were given back to the kernel and wanted again, since the heap was trimmed.
    refaulted: AtomicU32,
    /// The end of the accessible part of the territory, counted from the start of the slot.
    committed: AtomicUsize,
    pub(super) lists: [AtomicU32; LISTS],
}

impl Heap {
    /// The supplies that were opened.
    pub(super) fn supplies(&self) -> impl Iterator<Item = &Supply> {
        (0..SUPPLIES)
            .map(|number| self.supplies.get(number))
            .filter(|supply| supply.is_open())
    }

    /// The supply in whose territory a span lies that was handed out.
    pub(super) fn supply_of(&self, index: u32) -> &Supply {
        let number = (PARTS - index / (self.spans.load(Relaxed) / PARTS)) as usize;
        // Whoever has a span knows that its supply was open then.
        if number < SUPPLIES && self.supplies.get(number).is_open() {
            return self.supplies.get(number);
        }
        self.supplies.get(0)
    }

    /// Locks the supply from which the holder of a shard takes. It moves on to another one where it would have to wait
    /// for somebody else who takes, rather than for one who gives back or looks.
    pub(super) fn enter_supply(&self, shard: u8) -> &Supply {
        let choice = &self.shard(shard).supply;
        let number = usize::from(choice.load(Relaxed)) % SUPPLIES;
        let mut supply = self.supplies.get(number);
        if !supply.lock.try_acquire() {
            let met = supply.taker.load(Relaxed) != shard;
            match met.then(|| self.enter_another(number)).flatten() {
                Some(other) => {
                    choice.store(other as u8, Relaxed);
                    supply = self.supplies.get(other);
                }
                None => supply.lock.acquire(),
            }
        }
        if supply.taker.load(Relaxed) != shard {
            supply.taker.store(shard, Relaxed);
        }
        supply
    }

    /// Locks another supply without waiting, and opens it if need be.
    #[cold]
    #[inline(never)]
    pub(super) fn enter_another(&self, number: usize) -> Option<usize> {
        if self.spans.load(Relaxed) < SMALLEST_DIVIDED {
            return None;
        }
        (1..SUPPLIES)
            .map(|step| (number + step) % SUPPLIES)
            .find(|&other| {
                let supply = self.supplies.get(other);
                let locked = supply.lock.try_acquire();
                let usable = locked && (supply.is_open() || self.open(other));
                if locked && !usable {
                    supply.lock.release();
                }
                usable
            })
    }

    /// Opens a supply, whose lock is held, unless the first one's blocks lie in its territory already.
    fn open(&self, number: usize) -> bool {
        let spans = self.spans.load(Relaxed);
        let start = spans - number as u32 * (spans / PARTS);
        let whole = self.supplies.get(0);
        whole.lock.acquire();
        let free = whole.committed.load(Relaxed) <= start as usize * SPAN_BYTES;
        if free {
            let end = whole.end.load(Relaxed).min(start);
            whole.end.store(end, Relaxed);
        }
        whole.lock.release();
        if free {
            let end = (start + spans / PARTS).min(spans - 1);
            let supply = self.supplies.get(number);
            supply.start(start, end, start as usize * SPAN_BYTES);
        }
        free
    }

    /// Takes spans that were never used, under the supply's lock.
    pub(super) fn advance(&self, supply: &Supply, length: u32) -> Option<Taken> {
        let index = supply.frontier.load(Relaxed);
        let end = index.checked_add(length)?;
        if end > supply.end.load(Relaxed) || !self.commit(supply, end as usize * SPAN_BYTES) {
            return None;
        }
        supply.frontier.store(end, Relaxed);
        Some(Taken { index, clean: true })
    }

    /// Makes a territory accessible up to `end`.
    fn commit(&self, supply: &Supply, end: usize) -> bool {
        let committed = supply.committed.load(Relaxed);
        if end <= committed {
            return true;
        }
        let first = supply.first.load(Relaxed) as usize * SPAN_BYTES;
        let last = supply.end.load(Relaxed) as usize * SPAN_BYTES;
        let step = (committed - first).clamp(FIRST_COMMIT, LARGEST_COMMIT);
        let generous = end.max(committed + step).min(last);
        for end in [generous, end] {
            if make_accessible(self.base() + committed, end - committed) {
                supply.committed.store(end, Relaxed);
                return true;
            }
        }
        false
    }
}

impl Supplies {
    pub(super) fn get(&self, number: usize) -> &Supply {
        &self.all[SUPPLIES - 1 - number]
    }
}

impl Supply {
    /// Opens it for the spans from `first` to before `end`, of which those are accessible that lie below `committed`
    /// bytes.
    pub(super) fn start(&self, first: u32, end: u32, committed: usize) {
        self.first.store(first, Relaxed);
        self.frontier.store(first, Relaxed);
        self.end.store(end, Relaxed);
        self.committed.store(committed, Relaxed);
    }

    fn is_open(&self) -> bool {
        self.frontier.load(Relaxed) != 0
    }

    /// The end of the accessible part of the territory, counted from the start of the slot.
    #[cfg(feature = "gateway")]
    pub(super) fn committed(&self) -> usize {
        self.committed.load(Relaxed)
    }

    /// Whether it would keep too much if `spans` more stayed resident.
    pub(super) fn is_over_budget(&self, spans: u32) -> bool {
        let refaults = self.refaulted.load(Relaxed) / REFAULTS;
        let budget = (FIRST_BUDGET + refaults).min(LARGEST_BUDGET);
        self.dirty.load(Relaxed) + spans > budget
    }

    /// Spans are wanted again that were given back to the kernel.
    pub(super) fn note_refaulted(&self, spans: u32) {
        let refaulted = self.refaulted.load(Relaxed) + spans;
        let most = REFAULTS * LARGEST_BUDGET;
        self.refaulted.store(refaulted.min(most), Relaxed);
    }

    #[cfg(feature = "gateway")]
    pub(super) fn forget_refaulted(&self) {
        self.refaulted.store(0, Relaxed);
    }
}
