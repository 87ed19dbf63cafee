//! Small blocks: spans of one size class. Invariants: see `heap.rs`.

use std::ptr::{from_ref, null_mut};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::pages::PAGE;
use super::shard::{Bin, Shard};
use super::span::{Kind, Place, Span};
use super::{Heap, SPAN_BYTES, block_at, size};

/// A return list this long is emptied by the thread that made it so, in case its owner never allocates again.
const LONG_RETURN_LIST: u64 = 1024;

impl Heap {
    #[inline(always)]
    pub(super) fn allocate_small(&self, class: usize) -> *mut u8 {
        let held = self.hold();
        let span = held.shard.bins[class].span(self);
        let head = span.free.load(Relaxed);
        let block = if head != 0 {
            // SAFETY: HEAP-3: a free block of a span of the shard that is held.
            let next = unsafe { read_link(head) };
            span.free.store(next, Relaxed);
            span.used.store(span.used.load(Relaxed) + 1, Relaxed);
            head
        } else {
            self.refill(held.shard, held.index, class)
        };
        drop(held);
        block_at(block)
    }

    /// # Safety
    /// `block` is a live block of `span`, and given up by the caller.
    #[inline(always)]
    pub(super) unsafe fn free_small(&self, span: &Span, block: usize) {
        let held = self.hold();
        if held.index == span.shard.load(Relaxed) {
            // SAFETY: HEAP-3: the caller gives the block up, and its shard is held.
            unsafe { self.put(held.shard, span, block) };
        } else {
            drop(held);
            // SAFETY: passed on from the caller.
            unsafe { self.give_back(span, block) };
        }
    }

    /// Puts back what other threads returned. The shard is held.
    pub(super) fn take_returned(&self, shard: &Shard) {
        if shard.returned.0.load(Relaxed) == 0 {
            return;
        }
        let mut offset = shard.returned.0.swap(0, Acquire) as u32 as usize;
        while offset != 0 {
            let block = self.base() + offset * size::GRAIN;
            // SAFETY: HEAP-3: the list was taken by the shard's holder; its blocks belong to this shard.
            offset = unsafe { read_link(block) };
            // SAFETY: HEAP-3: freed by its owner, and no longer on the return list.
            unsafe { self.put(shard, self.span_of(block), block) };
        }
    }

    /// Gives spans of a shard without a live block back to the supply. The shard is held.
    #[cfg(feature = "gateway")]
    pub(super) fn release_empty_spans(&self, shard: &Shard) {
        for bin in &shard.bins {
            let mut index = bin.partial.load(Relaxed);
            while index != 0 {
                let span = self.span_at(index);
                let next = span.next.load(Relaxed);
                if span.used.load(Relaxed) == 0 {
                    self.unlink(bin, index);
                    self.release_span(index);
                }
                index = next;
            }
            let current = bin.span(self);
            let is_span = current.place.load(Relaxed) == Place::Current as u8;
            if is_span && current.used.load(Relaxed) == 0 {
                bin.current.store(null_mut(), Relaxed);
                self.release_span(self.index_of(current));
            }
        }
    }

    /// A block of `class` when the current span's list is empty: a fresh one, a returned one, or one of another span.
    /// 0: none.
    #[inline(never)]
    fn refill(&self, shard: &Shard, number: u8, class: usize) -> usize {
        let bin = &shard.bins[class];
        loop {
            let span = bin.span(self);
            if let Some(block) = self.take(span) {
                return block;
            }
            self.take_returned(shard);
            if let Some(block) = self.take(span) {
                return block;
            }
            span.place.store(Place::Full as u8, Relaxed);
            let listed = bin.partial.load(Relaxed);
            let next = if listed != 0 {
                self.unlink(bin, listed);
                Some(listed)
            } else {
                self.new_span(number, class)
            };
            let Some(next) = next else {
                bin.current.store(null_mut(), Relaxed);
                return 0;
            };
            let span = self.span_at(next);
            span.place.store(Place::Current as u8, Relaxed);
            bin.current.store(from_ref(span).cast_mut(), Relaxed);
        }
    }

    /// One block of `span` from its list or its untouched part.
    fn take(&self, span: &Span) -> Option<usize> {
        let head = span.free.load(Relaxed);
        let block = if head != 0 {
            // SAFETY: HEAP-3: the shard that owns `span` is held.
            let next = unsafe { read_link(head) };
            span.free.store(next, Relaxed);
            head
        } else {
            let fresh = span.fresh.load(Relaxed);
            let after = fresh + span.block.load(Relaxed);
            if after > span.limit.load(Relaxed) {
                return None;
            }
            span.fresh.store(after, Relaxed);
            let start = self.span_start(self.index_of(span));
            if after < span.limit.load(Relaxed) && (after as usize).is_multiple_of(PAGE) {
                // SAFETY: HEAP-2, HEAP-4: inside a span of the shard that is held, behind its last block that was
                // handed out.
                unsafe { touch(start + after as usize) };
            }
            start + fresh as usize
        };
        span.used.store(span.used.load(Relaxed) + 1, Relaxed);
        Some(block)
    }

    fn new_span(&self, shard: u8, class: usize) -> Option<u32> {
        let taken = self.take_spans(1, 1, shard)?;
        let span = self.span_at(taken.index);
        let block = size::SIZES[class];
        span.free.store(0, Relaxed);
        span.used.store(0, Relaxed);
        span.fresh.store(0, Relaxed);
        span.block.store(block, Relaxed);
        span.limit.store(SPAN_BYTES as u32 / block * block, Relaxed);
        span.class.store(class as u8, Relaxed);
        span.shard.store(shard, Relaxed);
        span.set_kind(Kind::Blocks);
        Some(taken.index)
    }

    /// Puts a block back on its span's list and looks after spans that stop being full or become empty.
    ///
    /// # Safety
    /// HEAP-3: the block is given up by its owner, belongs to `span`, and `shard`, which owns the span, is held.
    #[inline(always)]
    unsafe fn put(&self, shard: &Shard, span: &Span, block: usize) {
        let head = span.free.load(Relaxed);
        // SAFETY: passed on from the caller (HEAP-3).
        unsafe { write_link(block, head) };
        span.free.store(block, Relaxed);
        let used = span.used.load(Relaxed) - 1;
        span.used.store(used, Relaxed);
        let place = span.place.load(Relaxed);
        if place == Place::Full as u8 || (used == 0 && place == Place::Partial as u8) {
            self.place_anew(shard, span, used);
        }
    }

    #[cold]
    #[inline(never)]
    fn place_anew(&self, shard: &Shard, span: &Span, used: u32) {
        let bin = &shard.bins[usize::from(span.class.load(Relaxed)) % size::CLASSES];
        let index = self.index_of(span);
        if span.place.load(Relaxed) == Place::Full as u8 {
            self.link(bin, index);
        }
        // One empty span stays, so that a class at the edge of a span doesn't take and release it at each call.
        let alone = span.next.load(Relaxed) == 0 && span.previous.load(Relaxed) == 0;
        if used == 0 && !alone {
            self.unlink(bin, index);
            self.release_span(index);
        }
    }

    /// Returns a block to a shard that isn't the caller's. The caller holds no shard.
    ///
    /// # Safety
    /// `block` is a live block of `span`, and given up by the caller.
    #[inline(never)]
    unsafe fn give_back(&self, span: &Span, block: usize) {
        let index = span.shard.load(Relaxed);
        let list = &self.shard(index).returned.0;
        let offset = ((block - self.base()) / size::GRAIN) as u64;
        let mut old = list.load(Relaxed);
        let count = loop {
            let count = (old >> 32) + 1;
            // SAFETY: HEAP-3: not yet on the list, so still the caller's.
            unsafe { write_link(block, old as u32 as usize) };
            match list.compare_exchange_weak(old, count << 32 | offset, Release, Relaxed) {
                Ok(_) => break count,
                Err(now) => old = now,
            }
        };
        if count.is_multiple_of(LONG_RETURN_LIST)
            && let Some(visit) = self.try_visit(index)
        {
            self.take_returned(visit.shard);
        }
    }

    fn release_span(&self, index: u32) {
        let span = self.span_at(index);
        let touched = span.fresh.load(Relaxed) as usize;
        span.place.store(Place::Nowhere as u8, Relaxed);
        self.give_spans(index, 1, touched);
    }

    fn link(&self, bin: &Bin, index: u32) {
        let span = self.span_at(index);
        let head = bin.partial.load(Relaxed);
        span.place.store(Place::Partial as u8, Relaxed);
        span.previous.store(0, Relaxed);
        span.next.store(head, Relaxed);
        if head != 0 {
            self.span_at(head).previous.store(index, Relaxed);
        }
        bin.partial.store(index, Relaxed);
    }

    fn unlink(&self, bin: &Bin, index: u32) {
        let span = self.span_at(index);
        let (next, previous) = (span.next.load(Relaxed), span.previous.load(Relaxed));
        if previous == 0 {
            bin.partial.store(next, Relaxed);
        } else {
            self.span_at(previous).next.store(next, Relaxed);
        }
        if next != 0 {
            self.span_at(next).previous.store(previous, Relaxed);
        }
        span.next.store(0, Relaxed);
        span.previous.store(0, Relaxed);
    }
}

impl Bin {
    /// The current span, or the one that never has room.
    #[inline(always)]
    fn span<'h>(&self, heap: &'h Heap) -> &'h Span {
        let current = self.current.load(Relaxed);
        if current.is_null() {
            return heap.no_span();
        }
        // SAFETY: HEAP-1: points into the span table of `heap`.
        unsafe { &*current }
    }
}

/// Has the kernel provide a page. Processors fetch ahead beyond the end of a page that is written to its end; where
/// there is nothing yet they ask for it in vain each time: `cargo xtask bench arguments` shows it with buffers of 4
/// KiB.
///
/// # Safety
/// `page` is accessible, and nobody's yet.
#[cold]
unsafe fn touch(page: usize) {
    // SAFETY: passed on from the caller; fresh pages are zero (HEAP-1).
    unsafe { block_at(page).write_volatile(0) };
}

/// # Safety
/// HEAP-3: `block` is a free small block of this heap, and the caller may touch its link.
#[inline(always)]
unsafe fn read_link(block: usize) -> usize {
    let link: *const usize = std::ptr::with_exposed_provenance(block);
    // SAFETY: passed on from the caller; blocks are 16-aligned and at least 16 bytes (HEAP-2).
    unsafe { link.read() }
}

/// # Safety
/// As for [`read_link`].
#[inline(always)]
unsafe fn write_link(block: usize, value: usize) {
    let link: *mut usize = std::ptr::with_exposed_provenance_mut(block);
    // SAFETY: passed on from the caller; blocks are 16-aligned and at least 16 bytes (HEAP-2).
    unsafe { link.write(value) };
}
