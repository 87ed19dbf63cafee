//! Which block of counters belongs to the calling thread.

#![forbid(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::sync::{Arc, Weak};

use super::blocks::{Blocks, ThreadBlock};
use super::{Pair, Protection};

/// A block of this thread's, and whose it is. No destructor: usable to the very end.
#[derive(Clone, Copy)]
struct Cached {
    protection: u64,
    pairs: *const Pair,
    number: usize,
}

impl Cached {
    fn new(protection: &Protection, block: &ThreadBlock) -> Self {
        Self {
            protection: protection.id,
            pairs: block.pairs(),
            number: block.number(),
        }
    }
}

/// No protection has this id.
const NOTHING: Cached = Cached {
    protection: 0,
    pairs: std::ptr::null(),
    number: usize::MAX,
};

thread_local! {
    /// The block that was used last.
    static CACHED: Cell<Cached> = const { Cell::new(NOTHING) };
    static OWN: RefCell<Own> = const { RefCell::new(Own(Vec::new())) };
}

/// The blocks that this thread hands in as it ends.
struct Own(Vec<(Cached, Weak<Blocks>)>);

impl Own {
    fn of(&self, protection: &Protection) -> Option<Cached> {
        let mut own = self.0.iter();
        own.find(|(block, _)| block.protection == protection.id)
            .map(|(block, _)| *block)
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        // Calls from here on are late.
        CACHED.set(NOTHING);
        for (block, blocks) in &self.0 {
            if let Some(blocks) = blocks.upgrade() {
                blocks.hand_in(block.number);
            }
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
        let own = OWN.try_with(|own| own.borrow().of(protection));
        match own {
            Ok(own) => Some(own?.pairs),
            Err(_) => Some(protection.blocks.late()?.pairs()),
        }
    })
}

/// This thread's pairs for `protection`.
#[cold]
#[inline(never)]
pub(super) fn pairs(protection: &Protection) -> *const Pair {
    if let Some(pairs) = cached(protection.id) {
        return pairs;
    }
    crate::host::threads::visitors::note();
    let own = OWN.try_with(|own| {
        let mut own = own.borrow_mut();
        own.of(protection).unwrap_or_else(|| {
            own.0.retain(|(_, blocks)| blocks.strong_count() > 0);
            let block = Cached::new(protection, &protection.blocks.adopt());
            own.0.push((block, Arc::downgrade(&protection.blocks)));
            block
        })
    });
    // A call from a destructor at the thread's very end.
    let block = own.unwrap_or_else(|_| Cached::new(protection, &protection.blocks.adopt_late()));
    CACHED.set(block);
    block.pairs
}
