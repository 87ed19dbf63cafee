//! The one place that names synchronisation primitives for code that loom checks.

#![forbid(unsafe_code)]

#[cfg(lmms_loom)]
pub(crate) use loom::{
    sync::{
        Arc, Condvar, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering, fence},
    },
    thread::{ThreadId, current, yield_now},
};
#[cfg(not(lmms_loom))]
pub(crate) use std::{
    sync::{
        Arc, Condvar, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering, fence},
    },
    thread::{ThreadId, current, yield_now},
};
