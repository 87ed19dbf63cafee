//! Which block of counters belongs to the calling thread.
//!
//! A block is parked when its thread ends and adopted by the next new thread: its counts stay,
//! since the sums over all blocks are what heat is made of.

#![forbid(unsafe_code)]

use super::{Pair, Protection};
use crate::sync::{Arc, AtomicBool, Ordering};

use std::cell::{Cell, RefCell};

/// One thread's counters: a pair for each module, and one for reading shared tables.
#[derive(Debug)]
pub(crate) struct ThreadBlock {
    /// No other block of the protection has it.
    number: usize,
    lines: Box<[Line]>,
    in_use: AtomicBool,
}

/// Two cache lines: neighbouring threads' counters never share one (nor its prefetched pair).
#[repr(C, align(128))]
#[derive(Debug, Default)]
struct Line([Pair; PAIRS_A_LINE]);

const PAIRS_A_LINE: usize = 8;

impl ThreadBlock {
    /// A block in use.
    pub(super) fn new(number: usize, modules: usize) -> Self {
        Self {
            number,
            lines: (0..(modules + 1).div_ceil(PAIRS_A_LINE))
                .map(|_| Line::default())
                .collect(),
            in_use: AtomicBool::new(true),
        }
    }

    /// Takes a parked block into use.
    pub(super) fn claim(&self) -> bool {
        // Acquire: the last user's counts are seen before they are counted on.
        self.in_use
            .compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    fn park(&self) {
        self.in_use.store(false, Ordering::Release);
    }

    pub(super) fn pair(&self, module: usize) -> &Pair {
        &self.lines[module / PAIRS_A_LINE].0[module % PAIRS_A_LINE]
    }

    pub(super) fn number(&self) -> usize {
        self.number
    }

    /// The first pair; the others follow.
    fn pairs(&self) -> *const Pair {
        // `Line` is `repr(C)` around an array, without padding: lines are one array of pairs.
        const { assert!(size_of::<Line>() == PAIRS_A_LINE * size_of::<Pair>()) };
        self.lines.as_ptr().cast()
    }
}

/// The block last used on this thread, and whose it is. No destructor: usable to the very end.
#[derive(Clone, Copy)]
struct Cached {
    protection: u64,
    pairs: *const Pair,
    number: usize,
}

/// No protection has this id.
const NOTHING: Cached = Cached {
    protection: 0,
    pairs: std::ptr::null(),
    number: usize::MAX,
};

thread_local! {
    static CACHED: Cell<Cached> = const { Cell::new(NOTHING) };
    static BLOCKS: RefCell<Blocks> = const { RefCell::new(Blocks(Vec::new())) };
}

/// The blocks this thread uses, by the id of their protection; parked when the thread ends.
struct Blocks(Vec<(u64, Arc<ThreadBlock>)>);

impl Drop for Blocks {
    fn drop(&mut self) {
        CACHED.set(NOTHING);
        for (_, block) in &self.0 {
            block.park();
        }
    }
}

/// This thread's pairs, if protection `id` is the one it used last.
#[inline(always)]
pub(super) fn cached(id: u64) -> Option<*const Pair> {
    let cached = CACHED.get();
    (cached.protection == id).then_some(cached.pairs)
}

/// This thread's pairs for `protection`, and the number of its block.
#[inline(always)]
pub(super) fn numbered(protection: &Protection) -> (*const Pair, usize) {
    let cached = CACHED.get();
    if cached.protection == protection.id {
        return (cached.pairs, cached.number);
    }
    let pairs = pairs(protection);
    (pairs, CACHED.get().number)
}

/// This thread's pairs for `protection`, if it has a block already.
pub(super) fn known(protection: &Protection) -> Option<*const Pair> {
    cached(protection.id).or_else(|| {
        let known = BLOCKS.try_with(|blocks| {
            let blocks = blocks.borrow();
            let (_, block) = blocks.0.iter().find(|(id, _)| *id == protection.id)?;
            Some(block.pairs())
        });
        known.ok().flatten()
    })
}

/// This thread's pairs for `protection`.
#[cold]
#[inline(never)]
pub(super) fn pairs(protection: &Protection) -> *const Pair {
    if let Some(pairs) = cached(protection.id) {
        return pairs;
    }
    crate::traces::visitors::note();
    let found = BLOCKS.try_with(|blocks| {
        let mut blocks = blocks.borrow_mut();
        if let Some((_, block)) = blocks.0.iter().find(|(id, _)| *id == protection.id) {
            return (block.pairs(), block.number());
        }
        // Gateways that are gone hold no other reference to their blocks.
        blocks.0.retain(|(_, block)| Arc::strong_count(block) > 1);
        let block = protection.adopt_block();
        let found = (block.pairs(), block.number());
        blocks.0.push((protection.id, block));
        found
    });
    // A call from a destructor at the thread's very end: its block is never parked again.
    let (pairs, number) = found.unwrap_or_else(|_| {
        let block = protection.adopt_block();
        (block.pairs(), block.number())
    });
    CACHED.set(Cached {
        protection: protection.id,
        pairs,
        number,
    });
    pairs
}
