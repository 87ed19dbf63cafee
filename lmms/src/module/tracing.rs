//! Events and spans of `tracing` inside a module, handed to the host's subscriber.
//!
//! A span's id is the number that the host gave it.

#![forbid(unsafe_code)]

use std::fmt;

use tracing_core::field::{Field, Visit};
use tracing_core::span::{Attributes, Id, Record};
use tracing_core::subscriber::Interest;
use tracing_core::{Dispatch, Event, Level, Metadata, Subscriber, dispatcher};

use crate::boundary::abi::{LogField, LogKind, LogLevel, LogParent, LogValue, SpanAct, Text};
use crate::module::record::{self, Fields, Origin};

/// Makes the host the subscriber of this module's copy of `tracing`.
pub(super) fn install() {
    // Fails only if the module set a subscriber of its own from a static constructor: then that
    // one is what the module wants.
    let _ = dispatcher::set_global_default(Dispatch::new(Forward));
}

struct Forward;

impl Subscriber for Forward {
    /// The host's filter may change at any time: nothing is remembered here.
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        record::enabled(kind(metadata), level(*metadata.level()), metadata.target())
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut Collect(&mut fields));
        fields.send(origin(
            event.metadata(),
            parent(event.is_root(), event.parent()),
        ));
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::default();
        span.record(&mut Collect(&mut fields));
        // What is recorded later must be a field of the host's span, too.
        let mut recorded = Recorded::default();
        span.record(&mut recorded);
        for field in span.metadata().fields() {
            if !recorded.0.contains(&field) {
                Collect(&mut fields).push(&field, LogValue::Empty);
            }
        }
        let parent = parent(span.is_root(), span.parent());
        Id::from_u64(fields.open(origin(span.metadata(), parent)))
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut fields = Fields::default();
        values.record(&mut Collect(&mut fields));
        fields.add_to(span.into_u64());
    }

    fn record_follows_from(&self, span: &Id, from: &Id) {
        record::follows(span.into_u64(), from.into_u64());
    }

    fn enter(&self, span: &Id) {
        record::act(span.into_u64(), SpanAct::Enter);
    }

    fn exit(&self, span: &Id) {
        record::act(span.into_u64(), SpanAct::Exit);
    }

    fn clone_span(&self, span: &Id) -> Id {
        record::act(span.into_u64(), SpanAct::Clone);
        span.clone()
    }

    fn try_close(&self, span: Id) -> bool {
        record::act(span.into_u64(), SpanAct::Close);
        // Nobody asks for it: the host closes what is to be closed.
        false
    }
}

fn kind(metadata: &Metadata<'_>) -> LogKind {
    if metadata.is_span() {
        LogKind::Span
    } else {
        LogKind::Event
    }
}

fn parent(is_root: bool, parent: Option<&Id>) -> LogParent {
    match parent {
        Some(parent) => LogParent::Span(parent.into_u64()),
        None if is_root => LogParent::Root,
        None => LogParent::Current,
    }
}

fn origin(metadata: &'static Metadata<'static>, parent: LogParent) -> Origin<'static> {
    Origin {
        kind: kind(metadata),
        level: level(*metadata.level()),
        parent,
        target: metadata.target(),
        name: metadata.name(),
        file: metadata.file(),
        line: metadata.line(),
    }
}

fn level(level: Level) -> LogLevel {
    match level {
        Level::ERROR => LogLevel::Error,
        Level::WARN => LogLevel::Warn,
        Level::INFO => LogLevel::Info,
        Level::DEBUG => LogLevel::Debug,
        Level::TRACE => LogLevel::Trace,
    }
}

/// The fields that have values. A set of values can't be asked: it contains those that are `Empty`.
#[derive(Default)]
struct Recorded(Vec<Field>);

impl Visit for Recorded {
    fn record_debug(&mut self, field: &Field, _: &dyn fmt::Debug) {
        self.0.push(field.clone());
    }
}

struct Collect<'a>(&'a mut Fields);

impl Collect<'_> {
    fn push(&mut self, field: &Field, value: LogValue) {
        self.0.push(LogField {
            name: Text::new(field.name()),
            value,
        });
    }
}

impl Visit for Collect<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.push(field, LogValue::Float(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.push(field, LogValue::Signed(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.push(field, LogValue::Unsigned(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.push(field, LogValue::Bool(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        // `value` is only lent for this call.
        let text = self.0.keep(value.to_owned());
        self.push(field, LogValue::Text(text));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let text = self.0.keep(value.to_string());
        self.push(field, LogValue::Text(text));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = self.0.keep(format!("{value:?}"));
        self.push(field, LogValue::Debug(text));
    }
}
