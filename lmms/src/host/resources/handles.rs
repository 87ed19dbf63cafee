//! Libraries that a module has opened and not closed: only its own matter, because it can't be unmapped then.

use std::ffi::{c_int, c_void};
use std::ops::Range;
use std::ptr::{from_mut, null_mut};
use std::sync::{Mutex, MutexGuard};

use crate::sync::Unpoisoned as _;

#[derive(Debug, Default)]
pub(super) struct Handles(Mutex<Vec<Handle>>);

#[derive(Debug)]
struct Handle {
    number: usize,
    /// An address in the library it stands for.
    place: usize,
    /// How often it was opened and not closed.
    count: usize,
    /// It was opened in a way that keeps the library for good.
    forever: bool,
}

/// The head of the linker's `struct link_map`.
#[repr(C)]
struct LinkMap {
    base: usize,
    name: *const u8,
    dynamic: usize,
}

/// Where the library of `handle` is.
fn place(handle: *mut c_void) -> Option<usize> {
    let mut map: *mut LinkMap = null_mut();
    // SAFETY: a handle that was opened just now, and a place for the answer.
    let status = unsafe { libc::dlinfo(handle, libc::RTLD_DI_LINKMAP, from_mut(&mut map).cast()) };
    if status != 0 {
        return None;
    }
    // SAFETY: null, or the linker's entry of a library that is open.
    unsafe { map.as_ref() }.map(|map| map.dynamic)
}

impl Handles {
    fn list(&self) -> MutexGuard<'_, Vec<Handle>> {
        self.0.lock().unpoisoned()
    }

    pub(super) fn opened(&self, handle: *mut c_void, flags: c_int) {
        let Some(place) = place(handle) else { return };
        let number = handle.addr();
        let forever = flags & libc::RTLD_NODELETE != 0;
        let mut list = self.list();
        if let Some(known) = list.iter_mut().find(|known| known.number == number) {
            known.count += 1;
            known.forever |= forever;
        } else {
            list.push(Handle {
                number,
                place,
                count: 1,
                forever,
            });
        }
    }

    pub(super) fn closes(&self, handle: *mut c_void) {
        let mut list = self.list();
        let known = |known: &Handle| known.number == handle.addr();
        let Some(index) = list.iter().position(known) else {
            return;
        };
        list[index].count = list[index].count.saturating_sub(1);
        if list[index].count == 0 && !list[index].forever {
            list.swap_remove(index);
        }
    }

    /// How the library in one of these ranges is kept.
    pub(super) fn of(&self, image: &[Range<usize>]) -> Vec<String> {
        let list = self.list();
        let own = list
            .iter()
            .filter(|handle| image.iter().any(|range| range.contains(&handle.place)));
        let words = own.map(|handle| match (handle.forever, handle.count) {
            (true, _) => "with RTLD_NODELETE, which nothing takes back".to_owned(),
            (false, 1) => "once more than it has closed itself".to_owned(),
            (false, count) => format!("{count} times more than it has closed itself"),
        });
        words.collect()
    }
}
