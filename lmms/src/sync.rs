//! The one place that names synchronisation primitives for code that loom checks.

#![forbid(unsafe_code)]

#[cfg(not(lmms_loom))]
pub(crate) use crate::inside::{ThreadNumber as ThreadId, this_thread};
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

/// The calling thread.
#[cfg(lmms_loom)]
pub(crate) fn this_thread() -> ThreadId {
    loom::thread::current().id()
}
