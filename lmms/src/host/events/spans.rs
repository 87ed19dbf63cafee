//! Spans that a loaded module has open, in the host's subscriber.
//!
//! A module knows a span by a number of LMMS's, never by the subscriber's, so that it can't name one of another
//! module's or the host's. What is open when the module is unloaded is closed.

#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Dispatch, Metadata, dispatcher};

use super::{Lent, wanted, with_values};
use crate::boundary::abi::{LogParent, NO_SPAN, SpanAct};
use crate::boundary::contain::contain;
use crate::host::reentrance::contained::tell;
use crate::host::reentrance::inside::{self, Inside};
use crate::sync::Unpoisoned as _;

/// The most spans that one loaded module has open in the subscriber: it may forget to close them.
const MOST: usize = 4096;

/// The spans of one loaded module.
#[derive(Debug, Default)]
pub(crate) struct Spans(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    last: u64,
    spans: HashMap<u64, OpenSpan>,
}

#[derive(Debug)]
struct OpenSpan {
    span: Arc<HostSpan>,
    /// Handles that the module has.
    handles: usize,
}

/// A span of the subscriber that made it. Closed on drop.
#[derive(Debug)]
struct HostSpan {
    subscriber: Dispatch,
    id: Id,
    metadata: &'static Metadata<'static>,
    shared: bool,
}

impl Drop for HostSpan {
    fn drop(&mut self) {
        // Even while the subscriber is told something else: it would keep the span for ever.
        let _inside = inside::mark(Inside::Subscriber);
        contain("of a `tracing` subscriber", || {
            self.subscriber.try_close(self.id.clone())
        });
    }
}

impl Spans {
    /// Opens a span, if the subscriber wants it; [`NO_SPAN`] if not.
    pub(crate) fn open(&self, module: &'static str, lent: &Lent<'_>) -> u64 {
        if self.open_now().spans.len() >= MOST {
            return NO_SPAN;
        }
        let open = || {
            dispatcher::get_default(|subscriber| {
                let place = wanted(module, lent, subscriber)?;
                let metadata = place.metadata();
                let id = with_values(metadata, &lent.values_for(place), |values| {
                    let attributes = match lent.record.parent {
                        LogParent::Current => Attributes::new(metadata, values),
                        LogParent::Root => Attributes::new_root(metadata, values),
                        LogParent::Span(id) => match self.id(id) {
                            Some(parent) => Attributes::child_of(parent, metadata, values),
                            None => Attributes::new(metadata, values),
                        },
                    };
                    subscriber.new_span(&attributes)
                });
                Some(HostSpan {
                    subscriber: subscriber.clone(),
                    id,
                    metadata,
                    shared: place.is_shared(),
                })
            })
        };
        let Some(span) = tell(open).flatten() else {
            return NO_SPAN;
        };
        let mut open = self.open_now();
        open.last += 1;
        let number = open.last;
        let span = OpenSpan {
            span: Arc::new(span),
            handles: 1,
        };
        open.spans.insert(number, span);
        number
    }

    /// Notes values of a span's fields.
    pub(crate) fn record(&self, number: u64, lent: &Lent<'_>) {
        let Some(span) = self.find(number).filter(|span| !span.shared) else {
            return;
        };
        tell(|| {
            with_values(span.metadata, &lent.values(), |values| {
                span.subscriber.record(&span.id, &Record::new(values));
            });
        });
    }

    /// A span comes after another one.
    pub(crate) fn follows(&self, number: u64, from: u64) {
        if let (Some(span), Some(from)) = (self.find(number), self.find(from)) {
            tell(|| span.subscriber.record_follows_from(&span.id, &from.id));
        }
    }

    pub(crate) fn act(&self, number: u64, act: SpanAct) {
        match act {
            SpanAct::Enter => {
                if let Some(span) = self.find(number) {
                    tell(|| span.subscriber.enter(&span.id));
                }
            }
            SpanAct::Exit => {
                if let Some(span) = self.find(number) {
                    tell(|| span.subscriber.exit(&span.id));
                }
            }
            SpanAct::Clone => {
                if let Some(open) = self.open_now().spans.get_mut(&number) {
                    open.handles += 1;
                }
            }
            SpanAct::Close => {
                let closed = self.let_go(number);
                // The subscriber hears of it when no lock is held.
                drop(closed);
            }
        }
    }

    /// What the subscriber that made the span knows it by.
    pub(super) fn id(&self, number: u64) -> Option<Id> {
        self.find(number).map(|span| span.id.clone())
    }

    fn let_go(&self, number: u64) -> Option<OpenSpan> {
        let mut open = self.open_now();
        let span = open.spans.get_mut(&number)?;
        span.handles -= 1;
        if span.handles > 0 {
            return None;
        }
        open.spans.remove(&number)
    }

    fn find(&self, number: u64) -> Option<Arc<HostSpan>> {
        let open = self.open_now();
        open.spans.get(&number).map(|open| open.span.clone())
    }

    fn open_now(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unpoisoned()
    }
}

#[cfg(test)]
mod tests {
    use tracing::{Event, Subscriber};

    use super::*;

    type Heard = Arc<Mutex<Vec<Option<Inside>>>>;

    /// Panics whenever a span is closed, and notes what the thread is inside of.
    struct Panics(Heard);

    impl Subscriber for Panics {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }
        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(7)
        }
        fn record(&self, _: &Id, _: &Record<'_>) {}
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn event(&self, _: &Event<'_>) {}
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}
        fn try_close(&self, _: Id) -> bool {
            let mut heard = self.0.lock().unpoisoned();
            heard.push(inside::innermost());
            panic!("a bug in a layer");
        }
    }

    #[test]
    fn what_panics_when_a_span_is_closed_ends_there() {
        let place = tracing::subscriber::with_default(Panics(Heard::default()), || {
            let span = std::mem::ManuallyDrop::new(tracing::error_span!("closed"));
            span.metadata().expect("it is enabled")
        });
        let heard = Heard::default();
        drop(HostSpan {
            subscriber: Dispatch::new(Panics(heard.clone())),
            id: Id::from_u64(7),
            metadata: place,
            shared: false,
        });
        let heard = heard.lock().unpoisoned();
        assert_eq!(*heard, [Some(Inside::Subscriber)]);
    }
}
