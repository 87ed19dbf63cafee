//! The work on heaps of mimalloc, as a library has them that wants to drop all its memory at once (`mi_heap_destroy`).
//!
//! Only the thread that made such a heap may allocate from it, so each thread has one.
//!
//! # Invariants
//! - **MIMALLOC-1** A thread's heap is made on its first allocation and used by that thread only. mimalloc takes it back
//!   when the thread ends; blocks that still live remain valid.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::ptr::{NonNull, null_mut};

use benchmark_work as work;
use libmimalloc_sys as mi;

thread_local! {
    static HEAP: Cell<*mut mi::mi_heap_t> = const { Cell::new(null_mut()) };
}

struct Heaps;

#[global_allocator]
static ALLOCATOR: Heaps = Heaps;

fn heap() -> *mut mi::mi_heap_t {
    HEAP.with(|heap| {
        if let Some(known) = NonNull::new(heap.get()) {
            return known.as_ptr();
        }
        // SAFETY: MIMALLOC-1: it is made by the thread that uses it.
        let made = unsafe { mi::mi_heap_new() };
        heap.set(made);
        made
    })
}

// SAFETY: mimalloc's blocks have the size and alignment that are asked for.
unsafe impl GlobalAlloc for Heaps {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: MIMALLOC-1: the heap is this thread's.
        unsafe { mi::mi_heap_malloc_aligned(heap(), layout.size(), layout.align()) }.cast()
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, _: Layout) {
        // SAFETY: the caller's promise: it is a block of this allocator, which any thread may free.
        unsafe { mi::mi_free(block.cast()) };
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: MIMALLOC-1: the heap is this thread's.
        unsafe { mi::mi_heap_zalloc_aligned(heap(), layout.size(), layout.align()) }.cast()
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: MIMALLOC-1, and the caller's promise: the block is this allocator's.
        unsafe { mi::mi_heap_realloc_aligned(heap(), block.cast(), size, layout.align()) }.cast()
    }
}

/// 64 bytes, allocated and freed.
#[unsafe(no_mangle)]
pub extern "C" fn mimalloc_small(count: u64) -> u64 {
    work::allocate_small(count)
}

/// 16 bytes to 4 KiB, of which 64 are alive.
#[unsafe(no_mangle)]
pub extern "C" fn mimalloc_mixed(count: u64) -> u64 {
    work::allocate_mixed(count)
}

/// 64 bytes, of which 10,000 are alive.
#[unsafe(no_mangle)]
pub extern "C" fn mimalloc_many(count: u64) -> u64 {
    work::allocate_many(count)
}

/// Blocks that another thread frees.
#[unsafe(no_mangle)]
pub extern "C" fn mimalloc_exchange(count: u64) -> u64 {
    work::exchange(count)
}

/// Buffers of 16 to 256 KiB.
#[unsafe(no_mangle)]
pub extern "C" fn mimalloc_buffers(count: u64) -> u64 {
    work::allocate_buffers(count)
}

/// Blocks of so many bytes of which every page is written.
#[unsafe(no_mangle)]
pub extern "C" fn mimalloc_written(bytes: u64, count: u64) -> u64 {
    work::allocate_written(bytes, count)
}

/// A list that grows.
#[unsafe(no_mangle)]
pub extern "C" fn mimalloc_grow(count: u64) -> u64 {
    work::grow(count)
}
