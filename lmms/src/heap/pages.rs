//! The pages of a slot, as the kernel sees them. Invariants: see `heap.rs`.

use std::ffi::c_void;

use super::lock::keeping_errno;

/// Bytes of a page. Where the kernel has larger ones, some of what is done for pages is done more often than need be.
pub(super) const PAGE: usize = 4096;

/// Drops the pages of a free range; they read as zero afterwards. False if the kernel refused, as it does for locked
/// memory.
pub(super) fn give_pages_back(start: *mut u8, bytes: usize) -> bool {
    keeping_errno(|| {
        // SAFETY: HEAP-5: whole pages of the slot that only the caller may touch.
        unsafe { libc::madvise(start.cast::<c_void>(), bytes, libc::MADV_DONTNEED) == 0 }
    })
}

/// Makes pages of the slot readable and writable. They read as zero.
pub(super) fn make_accessible(start: usize, bytes: usize) -> bool {
    without_huge_pages(start, bytes);
    let start: *mut c_void = std::ptr::with_exposed_provenance_mut(start);
    keeping_errno(|| {
        // SAFETY: HEAP-2: pages of this heap's own slot that nobody uses yet.
        unsafe { libc::mprotect(start, bytes, libc::PROT_READ | libc::PROT_WRITE) == 0 }
    })
}

/// A module that holds 100 KiB must not occupy a page of 2 MiB. Where the kernel knows no huge pages it refuses; that's
/// fine.
pub(super) fn without_huge_pages(start: usize, bytes: usize) {
    let start: *mut c_void = std::ptr::with_exposed_provenance_mut(start);
    keeping_errno(|| {
        // SAFETY: advice on pages of a slot.
        unsafe { libc::madvise(start, bytes, libc::MADV_NOHUGEPAGE) }
    });
}
