//! The span table: one entry for each 64 KiB of a slot. Invariants: see `heap.rs`.

use std::sync::atomic::{AtomicU8, AtomicU32, AtomicUsize, Ordering::Relaxed};

use super::{Heap, SPAN_BYTES};

/// What a span is used for. Of a run only the first and the last entry are kept up to date.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Kind {
    /// Never used, or the heap's own header and table.
    Reserved = 0,
    /// Small blocks of one class.
    Blocks = 1,
    /// First entry of a large block.
    Run = 2,
    /// Last entry of a large block of several spans.
    RunEnd = 3,
    /// First or last entry of a free run.
    Free = 4,
    /// Kept by a shard for its thread's next block of one span.
    Kept = 5,
}

/// Where a span of blocks is found.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(super) enum Place {
    /// Nowhere: it isn't in use, or was just made.
    Nowhere = 0,
    /// It is its bin's current span.
    Current = 1,
    /// In its bin's list of spans with room.
    Partial = 2,
    /// In no list, since it has no room.
    Full = 3,
}

/// One entry of the span table.
#[repr(C, align(64))]
pub(super) struct Span {
    /// Address of the first free block, or 0.
    pub(super) free: AtomicUsize,
    /// Blocks handed out.
    pub(super) used: AtomicU32,
    /// Offset of the first block that was never handed out.
    pub(super) fresh: AtomicU32,
    /// Offset of the end of the last block.
    pub(super) limit: AtomicU32,
    /// Size of a block.
    pub(super) block: AtomicU32,
    /// Neighbours in a bin's or a free run's list; 0: none.
    pub(super) next: AtomicU32,
    pub(super) previous: AtomicU32,
    /// Length of a run in spans.
    pub(super) length: AtomicU32,
    /// Of a free run: how many of its spans may hold memory.
    pub(super) dirty: AtomicU32,
    /// Of a large block: bytes handed out, whole pages.
    pub(super) bytes: AtomicUsize,
    kind: AtomicU8,
    pub(super) class: AtomicU8,
    pub(super) shard: AtomicU8,
    pub(super) place: AtomicU8,
    /// Of a free run: 1 if all of it reads as zero.
    pub(super) clean: AtomicU8,
}

impl Span {
    #[inline(always)]
    pub(super) fn kind(&self) -> Kind {
        match self.kind.load(Relaxed) {
            1 => Kind::Blocks,
            2 => Kind::Run,
            3 => Kind::RunEnd,
            4 => Kind::Free,
            5 => Kind::Kept,
            _ => Kind::Reserved,
        }
    }

    pub(super) fn set_kind(&self, kind: Kind) {
        self.kind.store(kind as u8, Relaxed);
    }

    /// Bytes that may be used in a block that starts in this span.
    pub(super) fn usable(&self) -> usize {
        match self.kind() {
            Kind::Blocks => self.block.load(Relaxed) as usize,
            _ => self.bytes.load(Relaxed),
        }
    }
}

impl Heap {
    /// Bytes before the first span that can be handed out, for a slot of `spans` spans.
    #[cfg(feature = "gateway")]
    pub(super) const fn header_bytes(spans: usize) -> usize {
        (size_of::<Heap>() + spans * size_of::<Span>()).next_multiple_of(SPAN_BYTES)
    }

    /// The entry that stands for "no span": it is taken, and never has room.
    #[inline(always)]
    pub(super) fn no_span(&self) -> &Span {
        &self.no_span
    }

    /// The entry of a span from the first one that can be handed out on, or of the one before it: "no span".
    #[inline(always)]
    pub(super) fn span_at(&self, index: u32) -> &Span {
        let address = self.table.load(Relaxed) + index as usize * size_of::<Span>();
        let span: *const Span = std::ptr::with_exposed_provenance(address);
        // SAFETY: HEAP-1, HEAP-2: `index` comes from the table's own links or an address in the slot.
        unsafe { &*span }
    }

    /// The span that holds `address`, which lies in the slot.
    #[inline(always)]
    pub(super) fn span_of(&self, address: usize) -> &Span {
        self.span_at(((address - self.base()) / SPAN_BYTES) as u32)
    }

    pub(super) fn index_of(&self, span: &Span) -> u32 {
        let offset = std::ptr::from_ref(span).addr() - self.table.load(Relaxed);
        (offset / size_of::<Span>()) as u32
    }

    #[inline(always)]
    pub(super) fn span_start(&self, index: u32) -> usize {
        self.base() + index as usize * SPAN_BYTES
    }
}
