//! The hooks this module was given. Module side.
//!
//! # Orderings
//!
//! `HEAP` and `HOOKS` are stored with `Release` and read with `Acquire`, so that a thread that sees them sees what they
//! point to.

use std::ptr::null_mut;
use std::sync::atomic::{
    AtomicPtr,
    Ordering::{Acquire, Release},
};

use crate::boundary::hooks::Hooks;
use crate::heap::Heap;

static HOOKS: AtomicPtr<Hooks> = AtomicPtr::new(null_mut());
static HEAP: AtomicPtr<Heap> = AtomicPtr::new(null_mut());

/// Takes the host's hooks into use. What was allocated before is freed where it came from.
///
/// # Safety
/// `hooks`, its census and its heap stay valid as long as this library is mapped. Called once, before any operation.
pub unsafe fn install(hooks: *const Hooks) {
    // SAFETY: the caller's promise.
    let Some(given) = (unsafe { hooks.as_ref() }) else {
        return;
    };
    HEAP.store(given.heap.cast_mut(), Release);
    HOOKS.store(hooks.cast_mut(), Release);
}

/// The hooks, once they are installed.
#[inline]
pub fn hooks() -> Option<&'static Hooks> {
    // SAFETY: null, or valid as long as this code is mapped (`install`).
    unsafe { HOOKS.load(Acquire).as_ref() }
}

/// The module's heap, once it is installed.
#[inline(always)]
pub fn heap() -> Option<&'static Heap> {
    // SAFETY: null, or valid as long as this code is mapped (`install`).
    unsafe { HEAP.load(Acquire).as_ref() }
}
