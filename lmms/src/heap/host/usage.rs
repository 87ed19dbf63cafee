//! What a heap holds. Invariants: see `heap.rs`.

#![forbid(unsafe_code)]

use std::ops::Range;
use std::sync::atomic::Ordering::Relaxed;

use crate::heap::span::Kind;
use crate::heap::supply::Supply;
use crate::heap::{Heap, SPAN_BYTES};

/// What a module holds in its heap. Exact while no thread allocates or frees there, else a moment's approximation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeapUsage {
    /// Blocks handed out and not freed.
    pub live_blocks: usize,
    /// Their bytes, each block rounded up to its size class or to whole pages.
    pub live_bytes: usize,
    /// Bytes of the slot that are accessible; most of them may never have been touched.
    pub committed_bytes: usize,
}

impl Heap {
    /// Counts what is in use. Blocks that other threads gave back are taken home first.
    pub fn usage(&self) -> HeapUsage {
        for index in self.shards_in_use() {
            if let Some(visit) = self.visit(index) {
                self.take_returned(visit.shard);
            }
        }
        let mut usage = HeapUsage {
            committed_bytes: self.accessible().map(|range| range.len()).sum(),
            ..HeapUsage::default()
        };
        for supply in self.supplies() {
            supply.lock.acquire();
            self.count(supply, &mut usage);
            supply.lock.release();
        }
        usage
    }

    /// Adds what lies in a supply's territory, under its lock.
    fn count(&self, supply: &Supply, usage: &mut HeapUsage) {
        let frontier = supply.frontier.load(Relaxed);
        let mut index = supply.first.load(Relaxed);
        while index < frontier {
            let span = self.span_at(index);
            index += match span.kind() {
                Kind::Blocks => {
                    let used = span.used.load(Relaxed) as usize;
                    usage.live_blocks += used;
                    usage.live_bytes += used * span.block.load(Relaxed) as usize;
                    1
                }
                Kind::Run => {
                    usage.live_blocks += 1;
                    usage.live_bytes += span.bytes.load(Relaxed);
                    span.length.load(Relaxed).max(1)
                }
                Kind::Free => span.length.load(Relaxed).max(1),
                Kind::Reserved | Kind::RunEnd | Kind::Kept => 1,
            };
        }
    }

    /// The parts of the slot that are accessible, counted from its start: one for each supply, with the
    /// heap's own tables before the first one's.
    pub(super) fn accessible(&self) -> impl Iterator<Item = Range<usize>> {
        let parts = self.supplies().enumerate().map(|(order, supply)| {
            let first = supply.first.load(Relaxed) as usize * SPAN_BYTES;
            let start = if order == 0 { 0 } else { first };
            start..supply.committed()
        });
        // One that was opened in vain has none.
        parts.filter(|part| !part.is_empty())
    }

    /// Gives the pages of free blocks back to the kernel, where whole spans are free.
    pub fn trim(&self) {
        for index in self.shards_in_use() {
            if let Some(visit) = self.visit(index) {
                self.take_returned(visit.shard);
                self.release_empty_spans(visit.shard);
                self.release_kept(visit.shard);
            }
        }
        self.trim_runs();
    }
}
