//! One heap per module, in an address slot the host reserved.
//!
//! All of a module's allocations, those of its C dependencies included, live in its own [`Heap`]. The host places the
//! heap, reads its accounts and throws it away whole after the module's unmapping is proven. The allocation path is
//! inlined into the module, so this file is compiled into both sides and the layout is `repr(C)`.
//!
//! Small blocks (up to 16 KiB) come from 64 KiB *spans* of one size class; larger ones are *runs* of whole spans. A
//! *supply* hands spans out; there are more where threads meet at one, each in a part of the slot of its own. Every
//! span in use by small blocks belongs to a *shard*, and a thread works with the shard it claimed, without an atomic
//! operation that writes. A block freed by another thread goes back through its shard's return list, so memory never
//! wanders from producers to consumers.
//!
//! # Invariants
//! - **HEAP-1** A `Heap` sits at the start of its slot, which is `size` bytes long; header and span table stay
//!   readable and writable until the slot is destroyed, and nobody keeps a reference longer. Fresh pages are
//!   zero, and all-zero is a valid value of every field.
//! - **HEAP-2** A block handed out, and a span index between `first` and `frontier` of a supply, lie inside an
//!   accessible part of the slot; a span index below `spans` has its entry in the span table if it is no
//!   smaller than the first one that can be handed out; the one before that is "no span".
//! - **HEAP-3** The first word of a *free* small block is its list link. It may be touched by the holder of the
//!   shard that owns the span; on a return list, by the thread that pushed it until its compare-exchange
//!   succeeds, then by the holder of that shard who took the list.
//! - **HEAP-4** `free`, `used`, `fresh`, `place`, `next`, `previous` of a span of blocks, and a shard's bins,
//!   are written only by the shard's holder. `kind`, `class`, `shard`, `block` do not change while a block of
//!   the span is live.
//! - **HEAP-5** A supply's territory is that from `first` to before `end`; territories don't overlap. Its
//!   fields, and the run fields of spans without an owner in its territory, are written only under its lock.
//!   `first` doesn't change once it is open; only the first supply's `end` does, while the one that gets the
//!   rest is opened. Fields of a run in use belong to the holder of its block, those of a kept one to the
//!   holder of the shard that keeps it. Order: shard, then supply, and one being opened before the first.
//! - **HEAP-6** A shard has one holder at a time: see `heap/shard.rs`. A thread's claim to a shard, once made
//!   (`heap/claims.rs`), stays until the slot is destroyed. Threads that live at the same time have different
//!   thread pointers; one that inherits a pointer starts after the other has ended, and inherits its shard.
//!
//! # Orderings
//!
//! Locks: acquire by `swap(Acquire)`, release by `store(Release)`. Return lists: push by compare-exchange with
//! `Release`, take by `swap(Acquire)`, so what the freeing thread did to a block happens before its reuse. Holding
//! one's own shard: `heap/shard.rs`. Everything else is `Relaxed`: it is either written by one holder, or pinned by a
//! live block (HEAP-4), or a statistic that is exact when nobody allocates and otherwise a moment's approximation.
//!
//! # Limits
//!
//! No call is safe in a signal handler (as with libc's malloc). After `fork` in a process with several threads the
//! child may find a lock held by a thread it doesn't have: it must not run module code before `exec`.

mod claims;
#[cfg(feature = "gateway")]
mod host;
mod kept;
mod lists;
mod lock;
mod pages;
mod runs;
mod shard;
mod size;
mod small;
mod span;
mod supply;
#[cfg(all(test, feature = "gateway"))]
mod tests;

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};

use shard::Shards;
use span::{Kind, Span};
use supply::Supplies;

#[cfg(feature = "gateway")]
pub use host::HeapSlot;
#[cfg(feature = "gateway")]
pub(crate) use host::{OF_FILE, PRESENT, Resident, SWAPPED, each_page, page_bytes, resident};
#[cfg(feature = "gateway")]
pub(crate) use lock::keeping_errno;

/// Bytes of a span, the unit in which a slot is handed to size classes and large blocks.
pub const SPAN_BYTES: usize = 64 << 10;

/// The allocator of one module. Lives at the start of the memory it manages.
///
/// What a module with one thread needs of it lies on one page: the first shard, the fields, and the entries of the
/// first spans, which stand in the table right after this.
#[repr(C, align(64))]
pub struct Heap {
    shards: Shards,
    supplies: Supplies,
    size: AtomicUsize,
    spans: AtomicU32,
    /// Where the table would begin if the header's own spans had entries.
    table: AtomicUsize,
    /// The entry before the first one.
    no_span: Span,
}

impl Heap {
    /// Allocates `size` bytes aligned to `align`, a power of two. Null when the slot is full; never aborts.
    #[inline(always)]
    pub fn allocate(&self, size: usize, align: usize) -> *mut u8 {
        if size <= size::LARGEST && align <= size::GRAIN {
            return self.allocate_small(size::class_of(size));
        }
        self.allocate_other(size, align)
    }

    /// Allocates `size` bytes of zeros aligned to `align`, a power of two. Null when the slot is full.
    #[inline]
    pub fn allocate_zeroed(&self, size: usize, align: usize) -> *mut u8 {
        let class = if align <= size::GRAIN {
            size::fitting(size)
        } else {
            size::aligned_class(size, align)
        };
        let Some(class) = class else {
            return self.allocate_run(size, align, true);
        };
        let block = self.allocate_small(class);
        if !block.is_null() {
            // SAFETY: the block is ours alone and at least `size` long (HEAP-2).
            unsafe { block.write_bytes(0, size) };
        }
        block
    }

    /// Gives a block back.
    ///
    /// # Safety
    /// `block` came from this heap and was not freed since.
    #[inline(always)]
    pub unsafe fn free(&self, block: *mut u8) {
        let address = block.addr();
        let span = self.span_of(address);
        if span.kind() == Kind::Blocks {
            // SAFETY: passed on from the caller.
            unsafe { self.free_small(span, address) };
        } else {
            self.free_run(span);
        }
    }

    /// Resizes a block, in place where possible. Null when there is no room: the old block is then untouched.
    ///
    /// # Safety
    /// `block` came from this heap with alignment `align` and was not freed since.
    pub unsafe fn reallocate(&self, block: *mut u8, size: usize, align: usize) -> *mut u8 {
        let span = self.span_of(block.addr());
        let usable = span.usable();
        let fits = match span.kind() {
            Kind::Blocks => size <= usable && (size > usable / 2 || usable <= 64),
            _ => {
                (size > size::LARGEST || align > SPAN_BYTES / 2)
                    && self.resize_run(span, size.max(1))
            }
        };
        if fits {
            return block;
        }
        let moved = self.allocate(size, align);
        if moved.is_null() {
            // A block that only should have become smaller may stay as it is.
            return if size <= usable { block } else { moved };
        }
        // SAFETY: both blocks are live, distinct and at least this long (HEAP-2).
        unsafe { moved.copy_from_nonoverlapping(block, usable.min(size)) };
        // SAFETY: passed on from the caller.
        unsafe { self.free(block) };
        moved
    }

    /// Bytes of `block` that may be used: what was asked for, rounded up.
    ///
    /// # Safety
    /// `block` came from this heap and was not freed since.
    pub unsafe fn usable(&self, block: *const u8) -> usize {
        self.span_of(block.addr()).usable()
    }

    /// Whether `address` lies in this heap's slot.
    #[inline(always)]
    pub fn contains(&self, address: *const u8) -> bool {
        address.addr().wrapping_sub(self.base()) < self.size.load(Relaxed)
    }

    #[inline(always)]
    fn base(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// Bytes of the slot.
    pub(crate) fn size(&self) -> usize {
        self.size.load(Relaxed)
    }

    #[cold]
    #[inline(never)]
    fn allocate_other(&self, size: usize, align: usize) -> *mut u8 {
        match size::aligned_class(size, align) {
            Some(class) => self.allocate_small(class),
            None => self.allocate_run(size, align, false),
        }
    }
}

impl std::fmt::Debug for Heap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Heap")
            .field("base", &self.base())
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

#[inline(always)]
fn block_at(address: usize) -> *mut u8 {
    std::ptr::with_exposed_provenance_mut(address)
}
