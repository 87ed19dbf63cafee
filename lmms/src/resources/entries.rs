//! The functions a module's hooks point to for what it asks the kernel for. Invariants: see `resources.rs` and `census.rs`.

use std::ffi::{c_int, c_uint, c_void};

use super::{descriptors, mappings};
use crate::census::census_of;
use crate::contain::contain;

/// Whose panics end in these functions.
const BOOKS: &str = "that keeps the books on what modules get from the kernel";

/// What of a module's hooks stands here.
#[derive(Debug)]
pub(crate) struct Entries;

impl Entries {
    pub(crate) unsafe extern "C" fn descriptor_made(context: *const c_void, descriptor: c_int) {
        contain(BOOKS, || {
            // SAFETY: C1.
            let census = unsafe { census_of(context) };
            descriptors::made(census.resources().owner, descriptor);
        });
    }

    pub(crate) unsafe extern "C" fn descriptors_end(_: *const c_void, first: c_uint, last: c_uint) {
        contain(BOOKS, || {
            descriptors::end(first, last);
        });
    }

    pub(crate) unsafe extern "C" fn is_foreign(context: *const c_void, descriptor: c_int) -> bool {
        contain(BOOKS, || {
            // SAFETY: C1.
            let census = unsafe { census_of(context) };
            descriptors::is_foreign(census.resources().owner, descriptor)
        })
        .unwrap_or(true)
    }

    pub(crate) unsafe extern "C" fn mapped(
        context: *const c_void,
        start: *mut c_void,
        bytes: usize,
        flags: c_int,
        offset: u64,
    ) {
        contain(BOOKS, || {
            // SAFETY: C1.
            let census = unsafe { census_of(context) };
            mappings::mapped(census.resources().owner, start.addr(), bytes, flags, offset);
        });
    }

    pub(crate) unsafe extern "C" fn unmapped(_: *const c_void, start: *mut c_void, bytes: usize) {
        contain(BOOKS, || {
            mappings::unmapped(start.addr(), bytes);
        });
    }

    pub(crate) unsafe extern "C" fn advised(
        context: *const c_void,
        start: *mut c_void,
        bytes: usize,
    ) {
        contain(BOOKS, || {
            // SAFETY: C1.
            let census = unsafe { census_of(context) };
            mappings::mark_again(census.resources().owner, start.addr(), bytes);
        });
    }

    pub(crate) unsafe extern "C" fn remap(
        context: *const c_void,
        start: *mut c_void,
        bytes: usize,
        new_bytes: usize,
        flags: c_int,
        place: *mut c_void,
    ) -> *mut c_void {
        contain(BOOKS, || {
            // SAFETY: C1.
            let census = unsafe { census_of(context) };
            let owner = census.resources().owner;
            let stays = flags & libc::MREMAP_DONTUNMAP != 0;
            mappings::remapped(owner, start.addr(), bytes, new_bytes, stays, || {
                // SAFETY: the arguments are the caller's of `mremap`.
                unsafe { libc::mremap(start, bytes, new_bytes, flags, place) }
            })
        })
        .unwrap_or(libc::MAP_FAILED)
    }

    pub(crate) unsafe extern "C" fn library_opened(
        context: *const c_void,
        handle: *mut c_void,
        flags: c_int,
    ) {
        contain(BOOKS, || {
            // SAFETY: C1.
            let census = unsafe { census_of(context) };
            census.resources().handles.opened(handle, flags);
        });
    }

    pub(crate) unsafe extern "C" fn library_closes(context: *const c_void, handle: *mut c_void) {
        contain(BOOKS, || {
            // SAFETY: C1.
            let census = unsafe { census_of(context) };
            census.resources().handles.closes(handle);
        });
    }
}
