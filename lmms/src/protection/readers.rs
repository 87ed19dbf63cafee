//! Readers of tables that are shared without a lock: the same counters, for what is no module.
//!
//! Each thread's block has a last pair for them. Who takes something out of reach waits until every thread was outside once
//! (P4), and may then drop it.

#[cfg(all(test, lmms_loom))]
use super::ThreadBlock;
use super::{Pair, Protection, threads};
use crate::sync::{Ordering, yield_now};

use std::marker::PhantomData;

/// How often a reader is looked at before it is left to itself: a copy of what is plain takes less than one look.
const PATIENCE: usize = if cfg!(lmms_loom) { 2 } else { 64 };

/// The witness that what this thread reads is not thrown away: counted out on drop.
#[derive(Debug)]
pub(crate) struct Reading<'p> {
    pair: &'p Pair,
    number: usize,
    not_send: PhantomData<*const ()>,
}

impl Reading<'_> {
    /// A number that no other thread has at this time; small as long as there are few threads.
    #[inline(always)]
    pub(crate) fn thread(&self) -> usize {
        self.number
    }
}

impl Drop for Reading<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        self.pair.exit();
    }
}

impl Protection {
    /// Begins to read tables that are shared without a lock.
    #[inline]
    pub(crate) fn read(&self) -> Reading<'_> {
        let (pairs, number) = threads::numbered(self);
        // SAFETY: the block belongs to this `Protection`: its last pair is for reading (P2).
        let pair = unsafe { &*pairs.wrapping_add(self.gates.len()) };
        self.read_with(pair, number)
    }

    #[cfg(all(test, lmms_loom))]
    pub(crate) fn read_on<'p>(&self, block: &'p ThreadBlock) -> Reading<'p> {
        self.read_with(block.pair(self.gates.len()), block.number())
    }

    #[inline(always)]
    fn read_with<'p>(&self, pair: &'p Pair, number: usize) -> Reading<'p> {
        pair.enter();
        self.barrier.light();
        Reading {
            pair,
            number,
            not_send: PhantomData,
        }
    }

    /// Waits a while until every thread that is reading has stopped once. `false`: one hasn't, or nobody can tell.
    ///
    /// A reader may be in the middle of a copy that takes long, waits for something, or is what called this: so this never
    /// waits for long, and the caller keeps what it wanted to drop.
    #[must_use]
    pub(crate) fn wait_for_readers(&self) -> bool {
        if self.barrier.heavy().is_err() {
            return false;
        }
        let blocks = self.blocks().clone();
        blocks.iter().all(|block| {
            let pair = block.pair(self.gates.len());
            let is_outside = || {
                let exit = pair.exit.load(Ordering::Acquire);
                exit == pair.enter.load(Ordering::Acquire)
            };
            (0..PATIENCE).any(|_| {
                let outside = is_outside();
                if !outside {
                    yield_now();
                }
                outside
            })
        })
    }
}
