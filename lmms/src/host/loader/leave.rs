//! A library's way out: closed, proven gone, and what it was given taken back.

use std::fmt;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use libloading::os::unix::Library as Linked;

use super::activity::Activity;
use super::file::CheckedFile;
use crate::boundary::hooks::Hooks;
use crate::heap::HeapSlot;
use crate::host::events::callbacks::HostSide;
use crate::host::image::Image;
use crate::host::life::library::{Departure, LeftOver, Library, Memory};
use crate::host::protection::OperationSlot;
use crate::host::reentrance::contained::{TARGET, tell};

const STILL_MAPPED: &str = "it is still mapped after dlclose: something else holds it";

/// What there is of a library that was closed (LOADER-3).
pub(super) struct Rest {
    pub(super) image: Image,
    /// Bytes of it that were in memory.
    pub(super) mapped: u64,
    pub(super) file: CheckedFile,
    pub(super) side: Box<HostSide>,
    pub(super) hooks: Box<Hooks>,
    pub(super) heap: Option<HeapSlot>,
    pub(super) activity: Arc<Activity>,
}

impl Rest {
    /// Closes the library. What it was given is given back if it is proven gone.
    pub(super) fn close(self, linked: Linked) -> Departure {
        let closed = linked.close();
        if closed.is_ok() && self.image.is_gone() {
            return self.give_back();
        }
        let reason = match closed {
            Err(error) => format!("the dynamic linker refused to close it: {error}"),
            Ok(()) => STILL_MAPPED.to_owned(),
        };
        Departure::Stuck {
            library: Box::new(Remains(ManuallyDrop::new(self))),
            reason,
        }
    }

    /// Gives all of it back: the image is proven gone.
    fn give_back(self) -> Departure {
        let census = &self.activity.census;
        census.delete_keys();
        let descriptors = census.resources().open_descriptors();
        // SAFETY: proven unmapped; the census is closed, so no thread of it is left.
        let mappings = unsafe { census.resources().give_back() };
        let heap = self.heap.map_or(0, throw_away);
        drop((self.side, self.hooks, self.file));
        let bytes = self.mapped + heap + mappings.resident;
        let left = LeftOver {
            descriptors,
            mapped: mappings.left,
        };
        if left.is_nothing() {
            return Departure::Unloaded { bytes };
        }
        self.activity.has_forgotten();
        Departure::Leaked { bytes, left }
    }
}

/// Throws a gone module's heap away; returns the bytes that were in memory.
fn throw_away(heap: HeapSlot) -> u64 {
    let resident = heap.resident_bytes().unwrap_or(0);
    // SAFETY: the module is proven unmapped, its threads have ended, and what it returned was
    // copied: nothing refers to its heap.
    match unsafe { heap.destroy() } {
        Ok(()) => resident as u64,
        Err(error) => {
            tell(
                || tracing::warn!(target: TARGET, %error, "a module's heap could not be given back"),
            );
            0
        }
    }
}

/// A library that was closed but is still mapped. It leaves when whoever holds it has let go; dropped, it leaks
/// (LOADER-3).
struct Remains(ManuallyDrop<Rest>);

impl fmt::Debug for Remains {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Remains").field(&self.0.activity).finish()
    }
}

// SAFETY: it is never called again and never goes.
unsafe impl Library for Remains {
    fn operations(&self) -> &[OperationSlot] {
        &[]
    }

    fn memory(&self) -> Memory {
        let heap = self.0.heap.as_ref();
        Memory {
            mapped: self.0.image.mapped_bytes() as u64,
            heap: heap.map_or(0, |heap| heap.usage().live_bytes as u64),
        }
    }

    fn is_held(&self) -> bool {
        true
    }

    fn leave(self: Box<Self>) -> Departure {
        if self.0.image.is_gone() {
            return ManuallyDrop::into_inner(self.0).give_back();
        }
        Departure::Stuck {
            library: self,
            reason: STILL_MAPPED.to_owned(),
        }
    }
}
