//! Where panics end: none crosses into a module or into C, and none leaves LMMS's books half written.
//!
//! Every function that a module or C calls has [`contain`] as its body, or the host's `callback`; a test checks the
//! sources for that.

#![forbid(unsafe_code)]

use std::any::Any;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `body`. A panic ends here: it is reported to standard error, beside what the panic hook does. `None`: it
/// panicked.
///
/// Unwind safety: what the application's code leaves half done is the application's; LMMS's own state is put back by
/// guards.
pub(crate) fn contain<R>(what: impl std::fmt::Display, body: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(result) => Some(result),
        Err(payload) => {
            report(&what, payload);
            None
        }
    }
}

#[cold]
#[inline(never)]
fn report(what: &dyn std::fmt::Display, payload: Box<dyn Any + Send>) {
    let message = text(payload.as_ref()).to_owned();
    // To drop a payload may panic once more, with a payload that may too: end that here.
    if let Err(second) = catch_unwind(AssertUnwindSafe(move || drop(payload))) {
        std::mem::forget(second);
    }
    // Not to the subscriber, which may be what panicked. Nothing is lost if standard error is closed.
    let _ = writeln!(
        std::io::stderr(),
        "lmms: a panic in code {what} ends here: {message}"
    );
}

/// What a panic's payload says.
pub(crate) fn text(payload: &(dyn Any + Send)) -> &str {
    if let Some(text) = payload.downcast_ref::<&'static str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text
    } else {
        "(a payload that is no text)"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_even_if_its_payload_panics_too() {
        struct Payload;
        impl Drop for Payload {
            fn drop(&mut self) {
                std::panic::panic_any(Self);
            }
        }
        assert_eq!(contain("of a test", || 7), Some(7));
        let result = contain("of a test", || -> u32 { std::panic::panic_any(Payload) });
        assert_eq!(result, None);
    }
}
