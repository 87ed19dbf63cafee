//! Panics inside a module: told to the host as text, never handed over.
//!
//! The module has a standard library of its own, so its panics would print through its own hook,
//! to its own buffers, and with `RUST_BACKTRACE` set leak megabytes of debug information. The hook
//! set here forwards message and place, and the payload dies inside the module.
//!
//! # Invariants
//! - **MODULE-1** The host's side outlives the module, so the pointer to it stays valid as long as the module's code is
//!   mapped.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::boundary::abi::{Host, PanicReport, Text};
use crate::boundary::contain::text;

/// The host, once the module is started.
///
/// # Orderings
/// Stored with Release at start, before any operation can run; loaded with Acquire. Never reset
/// (MODULE-1).
static HOST: AtomicPtr<Host> = AtomicPtr::new(std::ptr::null_mut());

/// The host's side, or `None` in a process that loaded no module (unit tests).
pub(crate) fn host() -> Option<&'static Host> {
    // SAFETY: MODULE-1.
    unsafe { HOST.load(Ordering::Acquire).as_ref() }
}

/// Makes `host` the one that everything is reported to, and forwards panics to it.
pub(super) fn install(host: &'static Host) {
    HOST.store(std::ptr::from_ref(host).cast_mut(), Ordering::Release);
    panic::set_hook(Box::new(forward));
}

fn forward(info: &PanicHookInfo<'_>) {
    let Some(host) = host() else { return };
    let message = info
        .payload_as_str()
        .unwrap_or("(a payload that is no text)");
    let (file, line, column) = info.location().map_or(("", 0, 0), |place| {
        (place.file(), place.line(), place.column())
    });
    let thread = std::thread::current();
    let report = PanicReport {
        message: Text::new(message),
        file: Text::new(file),
        line,
        column,
        thread: Text::new(thread.name().unwrap_or_default()),
    };
    // SAFETY: MODULE-1; the report lives through the call.
    unsafe { (host.panicked)(host.module, &raw const report) };
}

/// Drops the payload that a thunk caught, and tells the host what it said.
#[cold]
#[inline(never)]
pub(super) fn caught(payload: Box<dyn Any + Send>) {
    let message = text(payload.as_ref()).to_owned();
    // Dropping a payload may panic once more, with a payload that may too: end that here.
    if let Err(second) = catch_unwind(AssertUnwindSafe(move || drop(payload))) {
        std::mem::forget(second);
    }
    if let Some(host) = host() {
        // SAFETY: MODULE-1; the text lives through the call.
        unsafe { (host.caught)(host.module, Text::new(&message)) };
    }
}
