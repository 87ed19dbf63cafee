//! Threads that have called modules, or run code of modules for the host.
//!
//! Old return addresses of modules may be left on their stacks, which mean nothing; and the C library
//! gives the stack of a thread that ended to the next one.
//!
//! # Invariants
//! - **VISITORS-1** `pthread_getattr_np` fills the attributes of a running thread, which are destroyed once.

use std::cell::Cell;
use std::collections::{HashSet, VecDeque};
use std::mem::MaybeUninit;
use std::ops::Range;
use std::ptr::null_mut;
use std::sync::{Mutex, MutexGuard};

use crate::host::threads::current_tid;
use crate::sync::Unpoisoned as _;

static VISITORS: Mutex<Option<Visitors>> = Mutex::new(None);

/// Stacks to remember: a program with so many threads at once has other worries.
const MOST_STACKS: usize = 4096;

/// Threads that have run code of modules.
#[derive(Clone, Debug, Default)]
pub(super) struct Visitors {
    /// Threads that live.
    pub(super) threads: HashSet<i32>,
    /// Stacks of those that ended, the oldest first.
    stacks: VecDeque<Range<usize>>,
}

impl Visitors {
    /// Whether what lies on the stack at `address` may be left over from an ended visitor.
    pub(super) fn left_behind_at(&self, address: usize) -> bool {
        self.stacks.iter().any(|stack| stack.contains(&address))
    }

    fn forget(&mut self, tid: i32, stack: &Range<usize>) {
        self.threads.remove(&tid);
        self.stacks.retain(|other| other != stack);
        if self.stacks.len() == MOST_STACKS {
            self.stacks.pop_front();
        }
        self.stacks.push_back(stack.clone());
    }
}

/// Takes the calling thread off the list when it ends: its number may be given to another.
struct Listed {
    tid: i32,
}

thread_local! {
    static LISTED: Listed = {
        let tid = current_tid();
        visitors().get_or_insert_default().threads.insert(tid);
        Listed { tid }
    };
}

thread_local! {
    /// The calling thread is on the list, or was until its thread-locals were destroyed.
    static NOTED: Cell<bool> = const { Cell::new(false) };
}

impl Drop for Listed {
    fn drop(&mut self) {
        // To ask for the first thread's stack means to read through `/proc`, and no other thread gets it.
        let stack = if is_first(self.tid) {
            0..0
        } else {
            own_stack()
        };
        if let Some(visitors) = &mut *visitors() {
            visitors.forget(self.tid, &stack);
        }
    }
}

/// Puts the calling thread on the list.
pub(crate) fn note() {
    // At its very end a thread can't be listed, nor does it stay.
    if LISTED.try_with(|_| ()).is_ok() {
        NOTED.set(true);
    }
}

/// Whether the calling thread has been put on the list.
pub(crate) fn is_noted() -> bool {
    NOTED.get()
}

/// The list as it is now.
pub(super) fn all() -> Visitors {
    visitors().clone().unwrap_or_default()
}

fn visitors() -> MutexGuard<'static, Option<Visitors>> {
    VISITORS.lock().unpoisoned()
}

/// Whether it is the process's first thread.
fn is_first(tid: i32) -> bool {
    u32::try_from(tid) == Ok(std::process::id())
}

/// The calling thread's stack; empty if the C library doesn't tell.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn own_stack() -> Range<usize> {
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::zeroed();
    // SAFETY: has no preconditions.
    let thread = unsafe { libc::pthread_self() };
    // SAFETY: VISITORS-1.
    let status = unsafe { libc::pthread_getattr_np(thread, attributes.as_mut_ptr()) };
    if status != 0 {
        return 0..0;
    }
    let (mut start, mut bytes) = (null_mut(), 0);
    // SAFETY: VISITORS-1; places for the answer.
    unsafe { libc::pthread_attr_getstack(attributes.as_ptr(), &mut start, &mut bytes) };
    // SAFETY: VISITORS-1.
    unsafe { libc::pthread_attr_destroy(attributes.as_mut_ptr()) };
    start.addr()..start.addr().saturating_add(bytes)
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn own_stack() -> Range<usize> {
    0..0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visitor_is_listed_until_it_ends_and_its_stack_longer() {
        let visitor = std::thread::spawn(|| {
            assert!(!all().threads.contains(&current_tid()) && !is_noted());
            note();
            note();
            assert!(all().threads.contains(&current_tid()) && is_noted());
            let local = 0_u8;
            let here = std::ptr::from_ref(&local).addr();
            assert!(own_stack().contains(&here));
            (current_tid(), here)
        });
        let (tid, there) = visitor.join().expect("no assertion failed");
        assert!(!all().threads.contains(&tid));
        assert!(all().left_behind_at(there));
        assert!(!all().left_behind_at(1));
    }

    #[test]
    fn stacks_are_not_remembered_without_end() {
        let mut visitors = Visitors::default();
        for thread in 0..2 * MOST_STACKS {
            visitors.forget(1, &(thread * 100..thread * 100 + 50));
        }
        assert_eq!(visitors.stacks.len(), MOST_STACKS);
        assert!(!visitors.left_behind_at(10));
        assert!(visitors.left_behind_at((2 * MOST_STACKS - 1) * 100));
        visitors.forget(1, &(819_000..819_050));
        assert_eq!(visitors.stacks.len(), MOST_STACKS, "known already");
    }
}
