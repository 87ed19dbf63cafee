//! Events of `tracing` inside a module, handed to the host's subscriber.
//!
//! Only events cross; spans that a module opens stay inside it without effect.

#![forbid(unsafe_code)]

use crate::abi::{LogField, LogLevel, LogValue, Text};
use crate::module::record::{self, Fields};

use tracing_core::field::{Field, Visit};
use tracing_core::span::{Attributes, Id, Record};
use tracing_core::subscriber::Interest;
use tracing_core::{Dispatch, Event, Level, Metadata, Subscriber, dispatcher};

use std::fmt;

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
        metadata.is_event() && record::enabled(level(*metadata.level()), metadata.target())
    }

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let mut fields = Fields::default();
        event.record(&mut Collect(&mut fields));
        fields.send(
            level(*metadata.level()),
            metadata.target(),
            metadata.name(),
            metadata.file(),
            metadata.line(),
        );
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
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
