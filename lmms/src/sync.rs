//! The one place that names synchronisation primitives for code that loom checks.

#![forbid(unsafe_code)]

use std::sync::{LockResult, PoisonError};

#[cfg(not(lmms_loom))]
mod thread;

#[cfg(lmms_loom)]
pub(crate) use loom::{
    sync::{
        Arc, Condvar, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering, fence},
    },
    thread::{ThreadId, yield_now},
};
#[cfg(not(lmms_loom))]
pub(crate) use std::{
    sync::{
        Arc, Condvar, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering, fence},
    },
    thread::yield_now,
};
#[cfg(not(lmms_loom))]
pub(crate) use thread::{ThreadId, this_thread};

/// The calling thread.
#[cfg(lmms_loom)]
pub(crate) fn this_thread() -> ThreadId {
    loom::thread::current().id()
}

/// Locks that a panic has poisoned are used all the same: what they guard changes in steps that leave it whole.
pub(crate) trait Unpoisoned<G> {
    /// What was locked, or waited for, whether a thread has panicked with it or not.
    fn unpoisoned(self) -> G;
}

impl<G> Unpoisoned<G> for LockResult<G> {
    #[inline]
    fn unpoisoned(self) -> G {
        self.unwrap_or_else(PoisonError::into_inner)
    }
}
