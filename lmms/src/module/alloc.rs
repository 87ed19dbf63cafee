//! The global allocator of a module. Module side.
//!
//! Before the hooks are installed, and in a module without a heap, it is the system's allocator. A block goes back to
//! where it came from, which its address tells.

use std::alloc::{GlobalAlloc, Layout, System};

use super::installed::heap;

/// Allocates in the module's own heap.
#[derive(Debug)]
pub struct ModuleAllocator;

// SAFETY: forwards to `Heap` or `System`, each of which keeps the contract; `contains` tells whose a block is.
unsafe impl GlobalAlloc for ModuleAllocator {
    #[inline(always)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match heap() {
            Some(heap) => heap.allocate(layout.size(), layout.align()),
            // SAFETY: passed on from the caller.
            None => unsafe { System.alloc(layout) },
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match heap() {
            Some(heap) => heap.allocate_zeroed(layout.size(), layout.align()),
            // SAFETY: passed on from the caller.
            None => unsafe { System.alloc_zeroed(layout) },
        }
    }

    #[inline(always)]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        match heap() {
            // SAFETY: passed on from the caller; its address says it is the heap's.
            Some(heap) if heap.contains(block) => unsafe { heap.free(block) },
            // SAFETY: passed on from the caller.
            _ => unsafe { System.dealloc(block, layout) },
        }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        match heap() {
            // SAFETY: passed on from the caller; its address says it is the heap's.
            Some(heap) if heap.contains(block) => unsafe {
                heap.reallocate(block, size, layout.align())
            },
            // SAFETY: passed on from the caller.
            _ => unsafe { System.realloc(block, layout, size) },
        }
    }
}
