//! Threads that have called modules, or run code of modules for the host.
//!
//! Old return addresses of modules may be left on their stacks, which mean nothing.

#![forbid(unsafe_code)]

use crate::dedicated::current_tid;

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

static VISITORS: Mutex<Option<HashSet<i32>>> = Mutex::new(None);

/// Takes the calling thread off the list when it ends: its number may be given to another.
struct Listed(i32);

thread_local! {
    static LISTED: Listed = {
        let tid = current_tid();
        visitors().get_or_insert_default().insert(tid);
        Listed(tid)
    };
}

impl Drop for Listed {
    fn drop(&mut self) {
        if let Some(visitors) = &mut *visitors() {
            visitors.remove(&self.0);
        }
    }
}

/// Puts the calling thread on the list.
pub(crate) fn note() {
    // At its very end a thread can't be listed any more, nor does it stay.
    let _ = LISTED.try_with(|_| ());
}

/// The listed threads.
pub(super) fn all() -> HashSet<i32> {
    visitors().clone().unwrap_or_default()
}

fn visitors() -> MutexGuard<'static, Option<HashSet<i32>>> {
    VISITORS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visitor_is_listed_until_it_ends() {
        let tid = std::thread::spawn(|| {
            assert!(!all().contains(&current_tid()));
            note();
            note();
            assert!(all().contains(&current_tid()));
            current_tid()
        });
        let tid = tid.join().expect("no assertion failed");
        assert!(!all().contains(&tid));
    }
}
