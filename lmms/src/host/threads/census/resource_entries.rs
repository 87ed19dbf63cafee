//! The functions a module's hooks point to for what it asks the kernel for. Invariants: see `host/resources.rs` and
//! `host/threads/census.rs`.

use std::ffi::{c_int, c_uint, c_void};

use super::entries::census_of;
use crate::boundary::contain::contain;
use crate::host::resources;

/// Whose panics end in these functions.
const BOOKS: &str = "that keeps the books on what modules get from the kernel";

/// What of a module's hooks stands here.
#[derive(Debug)]
pub(super) struct Entries;

impl Entries {
    pub(super) unsafe extern "C" fn descriptor_made(context: *const c_void, descriptor: c_int) {
        contain(BOOKS, || {
            // SAFETY: CENSUS-1.
            let census = unsafe { census_of(context) };
            census.resources().descriptor_made(descriptor);
        });
    }

    pub(super) unsafe extern "C" fn descriptors_end(_: *const c_void, first: c_uint, last: c_uint) {
        contain(BOOKS, || {
            resources::descriptors_end(first, last);
        });
    }

    pub(super) unsafe extern "C" fn is_foreign(context: *const c_void, descriptor: c_int) -> bool {
        contain(BOOKS, || {
            // SAFETY: CENSUS-1.
            let census = unsafe { census_of(context) };
            census.resources().is_foreign(descriptor)
        })
        .unwrap_or(true)
    }

    pub(super) unsafe extern "C" fn mapped(
        context: *const c_void,
        start: *mut c_void,
        bytes: usize,
        flags: c_int,
        offset: u64,
    ) {
        contain(BOOKS, || {
            // SAFETY: CENSUS-1.
            let census = unsafe { census_of(context) };
            census
                .resources()
                .mapped(start.addr(), bytes, flags, offset);
        });
    }

    pub(super) unsafe extern "C" fn unmapped(_: *const c_void, start: *mut c_void, bytes: usize) {
        contain(BOOKS, || {
            resources::unmapped(start.addr(), bytes);
        });
    }

    pub(super) unsafe extern "C" fn advised(
        context: *const c_void,
        start: *mut c_void,
        bytes: usize,
    ) {
        contain(BOOKS, || {
            // SAFETY: CENSUS-1.
            let census = unsafe { census_of(context) };
            census.resources().mark_again(start.addr(), bytes);
        });
    }

    pub(super) unsafe extern "C" fn remap(
        context: *const c_void,
        start: *mut c_void,
        bytes: usize,
        new_bytes: usize,
        flags: c_int,
        place: *mut c_void,
    ) -> *mut c_void {
        contain(BOOKS, || {
            // SAFETY: CENSUS-1.
            let census = unsafe { census_of(context) };
            let stays = flags & libc::MREMAP_DONTUNMAP != 0;
            let remap = || {
                // SAFETY: the arguments are the caller's of `mremap`.
                unsafe { libc::mremap(start, bytes, new_bytes, flags, place) }
            };
            let (resources, start) = (census.resources(), start.addr());
            resources.remapped(start, bytes, new_bytes, stays, remap)
        })
        .unwrap_or(libc::MAP_FAILED)
    }

    pub(super) unsafe extern "C" fn library_opened(
        context: *const c_void,
        handle: *mut c_void,
        flags: c_int,
    ) {
        contain(BOOKS, || {
            // SAFETY: CENSUS-1.
            let census = unsafe { census_of(context) };
            census.resources().library_opened(handle, flags);
        });
    }

    pub(super) unsafe extern "C" fn library_closes(context: *const c_void, handle: *mut c_void) {
        contain(BOOKS, || {
            // SAFETY: CENSUS-1.
            let census = unsafe { census_of(context) };
            census.resources().library_closes(handle);
        });
    }
}
