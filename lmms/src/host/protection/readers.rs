//! Readers of tables that are shared without a lock: the same counters, for what is no module.
//!
//! Each thread's block has a last pair for them. A thread that takes something out of reach waits until every thread
//! was outside once (PROTECTION-4), and may then drop it.

use std::marker::PhantomData;

use super::blocks::{Tally, ThreadBlock};
use super::{Pair, Protection, threads};
use crate::sync::{Ordering, yield_now};

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
        // SAFETY: the block belongs to this `Protection`: its last pair is for reading (PROTECTION-2).
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

    /// Whether the calling thread is reading: it must not wait for readers then, since it would wait for itself.
    pub(crate) fn is_reading(&self) -> bool {
        threads::known(self).is_some_and(|pairs| {
            // SAFETY: the block belongs to this `Protection`: its last pair is for reading (PROTECTION-2).
            let pair = unsafe { &*pairs.wrapping_add(self.gates.len()) };
            // Its own counters, which nobody else writes (PROTECTION-1).
            pair.exit.load(Ordering::Relaxed) != pair.enter.load(Ordering::Relaxed)
        })
    }

    /// Waits a while until every thread that is reading has stopped once. `false`: one hasn't, or nobody can tell.
    ///
    /// A reader may be in the middle of a copy that takes long, waits for something, or is what called this: so this
    /// never waits for long, and the caller keeps what it wanted to drop.
    #[must_use]
    pub(crate) fn wait_for_readers(&self) -> bool {
        #[cfg(test)]
        (self.waits).fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if self.barrier.heavy().is_err() {
            return false;
        }
        let is_outside =
            |block: &ThreadBlock| Tally::of(block.pair(self.gates.len())).inside() == 0;
        // Blocks that come later are of readers that come later; of those that are gone nobody reads.
        let books = self.blocks.lock();
        let reading = books.used().filter(|block| !is_outside(block));
        let reading: Vec<_> = reading.cloned().collect();
        drop(books);
        reading.iter().all(|block| {
            (0..PATIENCE).any(|_| {
                let outside = is_outside(block);
                if !outside {
                    yield_now();
                }
                outside
            })
        })
    }
}
