//! What the host is told of that a module asks the kernel for, and that outlives a call: descriptors, mappings, signal
//! stacks.
//!
//! The functions themselves stand in `descriptors.rs` and `mappings.rs`. Each calls the C library's function and tells
//! the host what has become of it: what is made when it is there, what ends before it is gone, since the next thread
//! may get the same number or address. Arguments that are only passed on are words: that is how the C library's
//! variable arguments arrive, too.
//!
//! They are `C-unwind` because cancellation may pass through.
//!
//! # Limits
//!
//! A system call that is no call of the C library (`rustix` makes such) is not seen, nor what shared libraries do.

use std::ffi::{c_int, c_uint, c_void};

use crate::module::installed::hooks;

/// Tells the host that there is a new descriptor; `-1` is none.
pub(super) fn made(descriptor: c_int) {
    if let Some(hooks) = hooks()
        && descriptor >= 0
    {
        // SAFETY: WRAPS-3.
        unsafe { (hooks.descriptor_made)(hooks.census, descriptor) };
    }
}

/// Tells the host that these descriptors are about to be closed.
pub(super) fn end(first: c_uint, last: c_uint) {
    if let Some(hooks) = hooks() {
        // SAFETY: WRAPS-3.
        unsafe { (hooks.descriptors_end)(hooks.census, first, last) };
    }
}

pub(super) fn end_one(descriptor: c_int) {
    if let Ok(number) = c_uint::try_from(descriptor) {
        end(number, number);
    }
}

/// Whether the number stands for a descriptor of somebody else's. What takes its place is then theirs, too.
pub(super) fn is_foreign(descriptor: c_int) -> bool {
    // SAFETY: WRAPS-3.
    hooks().is_some_and(|hooks| unsafe { (hooks.is_foreign)(hooks.census, descriptor) })
}

/// Tells the host of a mapping.
pub(super) fn mapped(start: *mut c_void, bytes: usize, flags: c_int, offset: u64) {
    if let Some(hooks) = hooks()
        && start != libc::MAP_FAILED
    {
        // SAFETY: WRAPS-3.
        unsafe { (hooks.mapped)(hooks.census, start, bytes, flags, offset) };
    }
}

/// Tells the host that memory is about to be unmapped.
pub(super) fn unmapped(start: *mut c_void, bytes: usize) {
    if let Some(hooks) = hooks() {
        // SAFETY: WRAPS-3.
        unsafe { (hooks.unmapped)(hooks.census, start, bytes) };
    }
}

/// Tells the host of advice on memory.
pub(super) fn advised(start: *mut c_void, bytes: usize) {
    if let Some(hooks) = hooks() {
        // SAFETY: WRAPS-3.
        unsafe { (hooks.advised)(hooks.census, start, bytes) };
    }
}
