//! Application code that LMMS calls, or that a module reaches: it is marked, and its panics end here.

#![forbid(unsafe_code)]

use crate::boundary::contain::contain;
use crate::host::reentrance::inside::{self, Inside};

/// Runs `body`, which a module called: the thread is marked, and a panic ends here. `None`: it panicked.
pub(crate) fn callback<R>(inside: Inside, body: impl FnOnce() -> R) -> Option<R> {
    let _inside = inside::mark(inside);
    contain("that a module called", body)
}

/// The target of LMMS's own events: what filters name shouldn't depend on files.
pub(crate) const TARGET: &str = "lmms";

/// Tells the `tracing` subscriber something, unless this thread is in the middle of telling it something: a subscriber
/// that uses the gateway would otherwise hear of what it causes, again and again. Its panic ends here.
pub(crate) fn tell<R>(event: impl FnOnce() -> R) -> Option<R> {
    let _inside = inside::mark_once(Inside::Subscriber)?;
    contain("of a `tracing` subscriber", event)
}

/// A span of LMMS's own, entered on this thread.
#[must_use]
pub(crate) struct Span(Option<tracing::span::EnteredSpan>);

impl Span {
    /// Enters what `span` makes.
    pub(crate) fn enter(span: impl FnOnce() -> tracing::Span) -> Self {
        Self(tell(|| span().entered()))
    }
}

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
    fn a_callback_is_inside_its_module_and_its_panic_ends() {
        let module = Inside::Module("one");
        assert_eq!(callback(module, inside::innermost), Some(Some(module)));
        let panics = || -> u32 { panic!("on purpose") };
        assert_eq!(callback(Inside::Context, panics), None);
        assert_eq!(inside::innermost(), None);
    }

    #[test]
    fn whoever_is_being_told_something_is_told_nothing_else() {
        let heard = tell(|| (inside::innermost(), tell(|| ())));
        assert_eq!(heard, Some((Some(Inside::Subscriber), None)));
        assert_eq!(tell(|| -> u32 { panic!("on purpose") }), None);
        assert_eq!(inside::innermost(), None);
    }
}
