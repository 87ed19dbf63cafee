//! Functions that keep a pointer of their caller's. Invariants: see `wraps.rs`.
//!
//! Where the contract allows it the C library gets something of its own to keep instead, and nothing is left in it;
//! else the host is told, and keeps the module loaded as long as the pointer is kept.

use super::*;
use crate::boundary::hooks::Keeper;

hidden! {
    "__wrap_setvbuf" "__wrap_setbuf" "__wrap_setbuffer" "__wrap_putenv" "__wrap_openlog" "__wrap_closelog"
    "__wrap_timer_create" "__wrap___register_frame" "__wrap___deregister_frame"
}

/// The C library's own functions.
mod real {
    use super::{c_char, c_int, c_void};

    unsafe extern "C" {
        #[link_name = "__real_setvbuf"]
        pub(super) fn setvbuf(
            stream: *mut libc::FILE,
            buffer: *mut c_char,
            mode: c_int,
            size: usize,
        ) -> c_int;
        #[link_name = "__real_openlog"]
        pub(super) fn openlog(name: *const c_char, options: c_int, facility: c_int);
        #[link_name = "__real_closelog"]
        pub(super) fn closelog();
        #[link_name = "__real_timer_create"]
        pub(super) fn timer_create(
            clock: libc::clockid_t,
            event: *mut libc::sigevent,
            timer: *mut libc::timer_t,
        ) -> c_int;
        #[link_name = "__real___register_frame"]
        pub(super) fn register_frame(table: *const c_void);
        #[link_name = "__real___deregister_frame"]
        pub(super) fn deregister_frame(table: *const c_void);
    }
}

/// The C library may use a buffer of its own instead of the caller's: so it does here.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn __wrap_setvbuf(
    stream: *mut libc::FILE,
    _buffer: *mut c_char,
    mode: c_int,
    size: usize,
) -> c_int {
    // SAFETY: WRAPS-1; without a buffer, one is made when it is needed.
    unsafe { real::setvbuf(stream, null_mut(), mode, size) }
}

#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn __wrap_setbuf(stream: *mut libc::FILE, buffer: *mut c_char) {
    // SAFETY: WRAPS-1.
    unsafe { __wrap_setbuffer(stream, buffer, libc::BUFSIZ as usize) }
}

#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn __wrap_setbuffer(
    stream: *mut libc::FILE,
    buffer: *mut c_char,
    size: usize,
) {
    let mode = if buffer.is_null() {
        libc::_IONBF
    } else {
        libc::_IOFBF
    };
    // SAFETY: WRAPS-1. A failure leaves the stream as it was, which is what this function does as well.
    let _ = unsafe { __wrap_setvbuf(stream, buffer, mode, size) };
}

/// The environment gets a copy. What the caller writes to its text later doesn't change the variable.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn __wrap_putenv(text: *mut c_char) -> c_int {
    // SAFETY: WRAPS-1: a terminated text.
    let bytes = unsafe { CStr::from_ptr(text) }.to_bytes();
    let Some(length) = bytes.iter().position(|byte| *byte == b'=') else {
        // SAFETY: WRAPS-1: a terminated name, which glibc's function takes away, too.
        return unsafe { libc::unsetenv(text) };
    };
    // SAFETY: the text is longer than that.
    let name = unsafe { copy_text(text, length) };
    if name.is_null() {
        return -1;
    }
    let value = text.wrapping_add(length + 1);
    // SAFETY: both are terminated: the value is the rest of the text.
    let status = unsafe { libc::setenv(name, value, 1) };
    // SAFETY: the copy from above.
    unsafe { __wrap_free(name.cast()) };
    status
}

#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn __wrap_openlog(
    name: *const c_char,
    options: c_int,
    facility: c_int,
) {
    // Without a name the former one stays.
    if !name.is_null() {
        tell(Keeper::SystemLog, 0, true);
    }
    // SAFETY: WRAPS-1.
    unsafe { real::openlog(name, options, facility) }
}

#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn __wrap_closelog() {
    // SAFETY: WRAPS-1.
    unsafe { real::closelog() };
    tell(Keeper::SystemLog, 0, false);
}

#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn __wrap_timer_create(
    clock: libc::clockid_t,
    event: *mut libc::sigevent,
    timer: *mut libc::timer_t,
) -> c_int {
    // SAFETY: WRAPS-1: null or an event.
    let event_here = unsafe { event.as_ref() };
    if event_here.is_some_and(|event| event.sigev_notify == libc::SIGEV_THREAD) {
        tell(Keeper::Timer, timer.addr(), true);
    }
    // SAFETY: WRAPS-1.
    unsafe { real::timer_create(clock, event, timer) }
}

#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn __wrap___register_frame(table: *const c_void) {
    tell(Keeper::Unwinder, table.addr(), true);
    // SAFETY: WRAPS-1.
    unsafe { real::register_frame(table) }
}

#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn __wrap___deregister_frame(table: *const c_void) {
    // SAFETY: WRAPS-1.
    unsafe { real::deregister_frame(table) };
    tell(Keeper::Unwinder, table.addr(), false);
}

/// Tells the host of a pointer before it is kept, and after it is not any more.
fn tell(keeper: Keeper, key: usize, kept: bool) {
    match hooks() {
        // SAFETY: WRAPS-3.
        Some(hooks) => unsafe { (hooks.keeps)(hooks.census, keeper, key, kept) },
        None => {
            EARLY.fetch_add(1, Relaxed);
        }
    }
}
