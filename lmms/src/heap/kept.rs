//! The span that a shard keeps when its thread frees a large block: threads that work with buffers of up to 64 KiB at
//! the same time then don't wait for each other. Invariants: see `heap.rs`.

#![forbid(unsafe_code)]

use std::sync::atomic::Ordering::Relaxed;

use super::Heap;
use super::runs::Taken;
#[cfg(feature = "gateway")]
use super::shard::Shard;
use super::span::{Kind, Span};

impl Heap {
    /// Takes the span that the calling thread's shard keeps, for a block of one span.
    pub(super) fn take_kept(&self) -> Option<Taken> {
        let held = self.hold();
        let index = held.shard.kept.load(Relaxed);
        if index == 0 {
            return None;
        }
        held.shard.kept.store(0, Relaxed);
        self.span_at(index).set_kind(Kind::Run);
        Some(Taken {
            index,
            clean: false,
        })
    }

    /// Keeps a run of one span that its user gave up. The one kept so far has to go back to the supply.
    pub(super) fn keep(&self, span: &Span) -> Option<&Span> {
        let held = self.hold();
        let before = held.shard.kept.load(Relaxed);
        span.set_kind(Kind::Kept);
        held.shard.kept.store(self.index_of(span), Relaxed);
        (before != 0).then(|| self.span_at(before))
    }

    /// Gives the span that a shard keeps back to the supply. The shard is held.
    #[cfg(feature = "gateway")]
    pub(super) fn release_kept(&self, shard: &Shard) {
        let index = shard.kept.load(Relaxed);
        if index != 0 {
            shard.kept.store(0, Relaxed);
            self.release_run(self.span_at(index));
        }
    }
}
