//! Runs of spans: large blocks, and the spans of small ones. Invariants: see `heap.rs`.

use std::ptr::null_mut;
use std::sync::atomic::Ordering::Relaxed;

use super::pages::{PAGE, give_pages_back};
use super::span::{Kind, Span};
use super::supply::Supply;
use super::{Heap, SPAN_BYTES, block_at};

/// Above this many bytes zeros are had from the kernel rather than written.
const ZERO_BY_KERNEL: usize = 128 << 10;

/// Spans taken from a supply.
pub(super) struct Taken {
    pub(super) index: u32,
    /// Whether all of it reads as zero.
    pub(super) clean: bool,
}

impl Heap {
    /// A block of whole spans. Null when the slot is full.
    #[inline(never)]
    pub(super) fn allocate_run(&self, size: usize, align: usize, zeroed: bool) -> *mut u8 {
        let limit = self.size();
        if size >= limit || align >= limit {
            return null_mut();
        }
        let size = size.max(1);
        let length = size.div_ceil(SPAN_BYTES) as u32;
        let align = (align / SPAN_BYTES).max(1) as u32;
        let kept = (length == 1 && align == 1).then(|| self.take_kept());
        let Some(taken) = kept
            .flatten()
            .or_else(|| self.take_spans(length, align, self.my_shard() as u8))
        else {
            return null_mut();
        };
        let bytes = size.next_multiple_of(PAGE);
        self.span_at(taken.index).bytes.store(bytes, Relaxed);
        let block = block_at(self.span_start(taken.index));
        if zeroed && !taken.clean && !(bytes >= ZERO_BY_KERNEL && give_pages_back(block, bytes)) {
            // SAFETY: HEAP-5: the run was just taken and is at least `bytes` long (HEAP-2).
            unsafe { block.write_bytes(0, bytes) };
        }
        block
    }

    #[inline(never)]
    pub(super) fn free_run(&self, span: &Span) {
        let given_up = match span.length.load(Relaxed) {
            1 => self.keep(span),
            _ => Some(span),
        };
        if let Some(span) = given_up {
            self.release_run(span);
        }
    }

    /// Gives a run without a user back to the supply.
    pub(super) fn release_run(&self, span: &Span) {
        let (length, bytes) = (span.length.load(Relaxed), span.bytes.load(Relaxed));
        self.give_spans(self.index_of(span), length, bytes);
    }

    /// Makes a large block `size` bytes long where it is, if its neighbours allow it.
    pub(super) fn resize_run(&self, span: &Span, size: usize) -> bool {
        if size >= self.size() {
            return false;
        }
        let index = self.index_of(span);
        let old = span.length.load(Relaxed);
        let new = size.div_ceil(SPAN_BYTES) as u32;
        if new > old && !self.extend(index, old, new) {
            return false;
        }
        let bytes = span.bytes.load(Relaxed);
        self.mark_run(index, new);
        span.bytes.store(size.next_multiple_of(PAGE), Relaxed);
        if new < old {
            let kept = new as usize * SPAN_BYTES;
            self.give_spans(index + new, old - new, bytes.saturating_sub(kept));
        }
        true
    }

    /// Takes `length` spans whose first index is a multiple of `align`, for the holder of a shard.
    pub(super) fn take_spans(&self, length: u32, align: u32, shard: u8) -> Option<Taken> {
        let wanted = length.checked_add(align - 1)?;
        let own = self.enter_supply(shard);
        let taken = self.take_from(own, length, align, wanted);
        own.lock.release();
        taken.or_else(|| {
            let mut others = self.supplies().filter(|other| !std::ptr::eq(*other, own));
            others.find_map(|other| {
                other.lock.acquire();
                let taken = self.take_from(other, length, align, wanted);
                other.lock.release();
                taken
            })
        })
    }

    /// Gives spans back, of which the first `touched` bytes may hold memory.
    pub(super) fn give_spans(&self, index: u32, length: u32, touched: usize) {
        let touched_spans = touched.div_ceil(SPAN_BYTES) as u32;
        let supply = self.supply_of(index);
        let clean = supply.is_over_budget(touched_spans)
            && give_pages_back(
                block_at(self.span_start(index)),
                length as usize * SPAN_BYTES,
            );
        let dirty = if clean { 0 } else { touched_spans };
        supply.lock.acquire();
        self.insert(supply, index, length, dirty, clean);
        supply.lock.release();
    }

    /// Gives the pages of all free runs back to the kernel.
    #[cfg(feature = "gateway")]
    pub(super) fn trim_runs(&self) {
        for supply in self.supplies() {
            supply.lock.acquire();
            self.trim_supply(supply);
            supply.lock.release();
        }
    }

    /// As [`take_spans`](Self::take_spans), from one supply, under its lock. Of the `wanted` spans some may lie before.
    fn take_from(&self, supply: &Supply, length: u32, align: u32, wanted: u32) -> Option<Taken> {
        let listed = self.take_listed(supply, wanted);
        let mut taken = listed.or_else(|| self.advance(supply, wanted))?;
        // The slot starts at a multiple of any alignment it can serve, so indexes align as addresses do.
        let (first, clean) = (taken.index, taken.clean);
        taken.index = first.next_multiple_of(align);
        self.mark_run(taken.index, length);
        let (before, behind) = (taken.index - first, taken.index + length);
        if before > 0 {
            self.insert(supply, first, before, 0, clean);
        }
        if first + wanted > behind {
            self.insert(supply, behind, first + wanted - behind, 0, clean);
        }
        Some(taken)
    }

    /// Lengthens a run in use by what lies behind it.
    fn extend(&self, index: u32, old: u32, new: u32) -> bool {
        let (behind, more) = (index + old, new - old);
        let supply = self.supply_of(index);
        supply.lock.acquire();
        let extended = if behind == supply.frontier.load(Relaxed) {
            self.advance(supply, more).is_some()
        } else {
            let next = self.span_at(behind);
            let enough = next.kind() == Kind::Free && next.length.load(Relaxed) >= more;
            if enough {
                self.split(supply, behind, more);
            }
            enough
        };
        if extended {
            self.mark_run(index, new);
        }
        supply.lock.release();
        extended
    }

    /// Marks both ends of a run as in use; inner entries may be stale, since nobody looks at them.
    pub(super) fn mark_run(&self, index: u32, length: u32) {
        self.span_at(index + length - 1).set_kind(Kind::RunEnd);
        let first = self.span_at(index);
        first.length.store(length, Relaxed);
        first.bytes.store(0, Relaxed);
        first.set_kind(Kind::Run);
    }
}
