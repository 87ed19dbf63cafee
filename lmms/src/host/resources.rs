//! What a module has got from the kernel and not given back: descriptors, mappings, handles of itself.
//!
//! The wraps of a module's calls (`module/wraps/kernel.rs`) keep these books. A library may make system calls of its
//! own, which no wrap sees: so what the books say only counts where the kernel says the same.
//!
//! # Invariants
//! - **RESOURCES-1** A descriptor is never closed here. Its number may have been handed out as a number, and be
//!   somebody else's by now, which nobody can tell: a file that was opened twice is the same to the kernel's
//!   answers. A module that has some open is refused its unload, or, if its shutdown function should have
//!   closed them, they are counted as lost.
//! - **RESOURCES-2** A range is unmapped only after its module is proven gone and its threads have ended, if
//!   the module has mapped it through the wraps, nobody has mapped anything there through wraps since, and the
//!   kernel shows the mark on it that the wraps have put there: a new mapping in the place of an old one has
//!   none.
//! - **RESOURCES-3** A module's mappings are its memory as its heap is: results are copied, what keeps
//!   addresses in the C library is graded (`escapes`), and signal stacks are taken back before
//!   (`host/threads/census/stacks_and_locales.rs`). So nobody uses them any more.
//!
//! # Marks
//! Memory of a file is left out of core dumps, where it isn't by default (`MADV_DONTDUMP`); memory of no file is said
//! to be used at random (`MADV_RANDOM`), which matters only when it comes back from swap. Both show among the flags in
//! `/proc/self/smaps`, and are put on again when the module gives other advice.
//!
//! # Limits
//! - What is made by a bare system call, by a shared library, or before the module is started is not seen.
//! - A descriptor that a module has handed to the application by its number counts as the module's as long as it is
//!   open.
//! - What a forked child does before `exec`, and what a signal handler maps, is left out of the books.

mod file_descriptors;
mod handles;
mod mappings;

#[cfg(test)]
mod tests;

pub(crate) use file_descriptors::end as descriptors_end;
pub(crate) use mappings::unmapped;

use std::ffi::{c_int, c_void};
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use handles::Handles;

/// Where the kernel shows what is mapped, with marks.
const AREAS: &str = "/proc/self/smaps";

/// The books of one loaded module.
#[derive(Debug)]
pub(crate) struct Resources {
    /// Tells the copies of all modules apart. Never 0.
    owner: u64,
    handles: Handles,
}

/// What became of a gone module's mappings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct GivenBack {
    /// Bytes in memory that were given back.
    pub(crate) resident: u64,
    /// Bytes that stay mapped, because it can't be proven that they are the module's.
    pub(crate) left: u64,
}

impl Resources {
    pub(crate) fn new() -> Self {
        static OWNERS: AtomicU64 = AtomicU64::new(0);
        Self {
            owner: OWNERS.fetch_add(1, Relaxed) + 1,
            handles: Handles::default(),
        }
    }

    /// The module has made this descriptor.
    pub(crate) fn descriptor_made(&self, descriptor: c_int) {
        file_descriptors::made(self.owner, descriptor);
    }

    /// Whether this descriptor is open, and not the module's.
    pub(crate) fn is_foreign(&self, descriptor: c_int) -> bool {
        file_descriptors::is_foreign(self.owner, descriptor)
    }

    /// The module has mapped this.
    pub(crate) fn mapped(&self, start: usize, bytes: usize, flags: c_int, offset: u64) {
        mappings::mapped(self.owner, start, bytes, flags, offset);
    }

    /// The module has given advice on this range, which may have taken the marks away.
    pub(crate) fn mark_again(&self, start: usize, bytes: usize) {
        mappings::mark_again(self.owner, start, bytes);
    }

    /// The module has this moved, to where `remap` says.
    pub(crate) fn remapped(
        &self,
        start: usize,
        bytes: usize,
        new_bytes: usize,
        stays: bool,
        remap: impl Fn() -> *mut c_void,
    ) -> *mut c_void {
        mappings::remapped(self.owner, start, bytes, new_bytes, stays, remap)
    }

    /// The module has opened a library.
    pub(crate) fn library_opened(&self, handle: *mut c_void, flags: c_int) {
        self.handles.opened(handle, flags);
    }

    /// The module is about to close a library.
    pub(crate) fn library_closes(&self, handle: *mut c_void) {
        self.handles.closes(handle);
    }

    /// Descriptors that the module has made and that are open, by number and name.
    pub(crate) fn open_descriptors(&self) -> Vec<String> {
        file_descriptors::open(self.owner)
    }

    /// Mappings that could not be given back when the module leaves.
    pub(crate) fn unprovable_mappings(&self) -> Vec<String> {
        mappings::unprovable(self.owner, Path::new(AREAS))
    }

    /// How the module keeps the library in one of these ranges loaded, if it does: it has opened itself.
    pub(crate) fn own_handles(&self, image: &[Range<usize>]) -> Vec<String> {
        self.handles.of(image)
    }

    /// Whether an address lies in memory that the module has mapped.
    pub(crate) fn covers(&self, address: usize) -> bool {
        mappings::covers(self.owner, address)
    }

    /// Unmaps what the module has mapped, as far as RESOURCES-2 allows, and ends its books.
    ///
    /// # Safety
    /// The module is proven unmapped, and its threads have ended.
    pub(crate) unsafe fn give_back(&self) -> GivenBack {
        // Forgotten, not closed: RESOURCES-1.
        file_descriptors::forget(self.owner);
        // SAFETY: the caller's promise.
        unsafe { mappings::give_back(self.owner, Path::new(AREAS)) }
    }
}
