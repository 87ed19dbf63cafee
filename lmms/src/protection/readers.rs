//! Readers of tables that are shared without a lock: the same counters, for what is no module.
//!
//! Each thread's block has a last pair for them. Who takes something out of reach waits until every thread was outside once
//! (P4), and may then drop it.

use super::blocks::{Tally, ThreadBlock};
use super::{Pair, Protection, threads};
use crate::sync::{Ordering, yield_now};

use std::marker::PhantomData;

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

    /// Whether the calling thread is reading: it must not wait for readers then, since it would wait for itself.
    pub(crate) fn is_reading(&self) -> bool {
        threads::known(self).is_some_and(|pairs| {
            // SAFETY: the block belongs to this `Protection`: its last pair is for reading (P2).
            let pair = unsafe { &*pairs.wrapping_add(self.gates.len()) };
            // Its own counters, which nobody else writes (P1).
            pair.exit.load(Ordering::Relaxed) != pair.enter.load(Ordering::Relaxed)
        })
    }

    /// Waits until every thread that is reading has stopped once. Not to be called while
    /// [reading](Self::is_reading).
    pub(crate) fn wait_for_readers(&self) {
        #[cfg(test)]
        (self.waits).fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.barrier.heavy();
        let is_outside =
            |block: &ThreadBlock| Tally::of(block.pair(self.gates.len())).inside() == 0;
        // Blocks that come later are of readers that come later; of those that are gone nobody reads.
        let books = self.blocks.lock();
        let reading = books.used().filter(|block| !is_outside(block));
        let reading: Vec<_> = reading.cloned().collect();
        drop(books);
        for block in reading {
            while !is_outside(&block) {
                yield_now();
            }
        }
    }
}
