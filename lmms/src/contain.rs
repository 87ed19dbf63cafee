//! Where the panics of the application's code end: no panic crosses into a module or into C, and none leaves LMMS's books
//! half written.
//!
//! Every function that a module or C calls has a body of [`callback`] or [`contain`]; a test looks at the sources for that.

#![forbid(unsafe_code)]

use std::any::Any;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

#[cfg(feature = "gateway")]
use crate::inside::{self, Inside};

/// Runs `body`, which a module called: the thread is marked, and a panic ends here. `None`: it panicked.
#[cfg(feature = "gateway")]
pub(crate) fn callback<R>(inside: Inside, body: impl FnOnce() -> R) -> Option<R> {
    let _inside = inside::mark(inside);
    contain("that a module called", body)
}

/// Runs `body`. A panic ends here: it is reported to standard error, beside what the panic hook does. `None`: it panicked.
///
/// Unwind safety: what the application's code leaves half done is the application's; LMMS's own state is put back by guards.
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

/// Tells the `tracing` subscriber something, unless this thread is in the middle of telling it something: a subscriber that
/// uses the gateway would otherwise hear of what it causes, again and again. Its panic ends here.
#[cfg(feature = "gateway")]
pub(crate) fn tell<R>(event: impl FnOnce() -> R) -> Option<R> {
    let _inside = inside::mark_once(Inside::Subscriber)?;
    contain("of a `tracing` subscriber", event)
}

/// A span of LMMS's own, entered on this thread.
#[cfg(feature = "gateway")]
#[must_use]
pub(crate) struct Span(Option<tracing::span::EnteredSpan>);

#[cfg(feature = "gateway")]
impl Span {
    /// Enters what `span` makes.
    pub(crate) fn enter(span: impl FnOnce() -> tracing::Span) -> Self {
        Self(tell(|| span().entered()))
    }
}

#[cfg(feature = "gateway")]
impl Drop for Span {
    fn drop(&mut self) {
        if let Some(span) = self.0.take() {
            tell(|| drop(span));
        }
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

    #[cfg(feature = "gateway")]
    #[test]
    fn a_callback_is_inside_its_module_and_its_panic_ends() {
        let module = Inside::Module("one");
        assert_eq!(callback(module, inside::innermost), Some(Some(module)));
        let panics = || -> u32 { panic!("on purpose") };
        assert_eq!(callback(Inside::Context, panics), None);
        assert_eq!(inside::innermost(), None);
    }

    #[cfg(feature = "gateway")]
    #[test]
    fn whoever_is_being_told_something_is_told_nothing_else() {
        let heard = tell(|| (inside::innermost(), tell(|| ())));
        assert_eq!(heard, Some((Some(Inside::Subscriber), None)));
        assert_eq!(tell(|| -> u32 { panic!("on purpose") }), None);
        assert_eq!(inside::innermost(), None);
    }
}
