//! Events and spans on their way to the host.

use crate::boundary::abi::{LogField, LogKind, LogLevel, LogParent, LogRecord, Text};
#[cfg(feature = "tracing")]
use crate::boundary::abi::{NO_SPAN, SpanAct};
use crate::module::panics::host;

/// Does the host want something like this?
pub(super) fn enabled(kind: LogKind, level: LogLevel, target: &str) -> bool {
    host().is_some_and(|host| {
        // SAFETY: the host outlives the module (MODULE-1); the text lives through the call.
        unsafe { (host.log_enabled)(host.module, kind, level, Text::new(target)) }
    })
}

/// Where an event or span comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin<'a> {
    pub(super) kind: LogKind,
    pub(super) level: LogLevel,
    pub(super) parent: LogParent,
    pub(super) target: &'a str,
    pub(super) name: &'a str,
    pub(super) file: Option<&'a str>,
    pub(super) line: Option<u32>,
}

/// The fields of an event or span, and the texts they point to.
#[derive(Debug, Default)]
pub(super) struct Fields {
    fields: Vec<LogField>,
    texts: Vec<String>,
}

impl Fields {
    /// Keeps `text` until the event is sent. A `String`'s bytes stay in place when it moves.
    pub(super) fn keep(&mut self, text: String) -> Text {
        let lent = Text::new(&text);
        self.texts.push(text);
        lent
    }

    pub(super) fn push(&mut self, field: LogField) {
        self.fields.push(field);
    }

    /// Sends an event.
    pub(super) fn send(&self, origin: Origin<'_>) {
        let Some(host) = host() else { return };
        let record = self.record(origin);
        // SAFETY: the host outlives the module (MODULE-1); the record and all it points to live through
        // the call.
        unsafe { (host.log)(host.module, &raw const record) };
    }

    /// Opens a span.
    #[cfg(feature = "tracing")]
    pub(super) fn open(&self, origin: Origin<'_>) -> u64 {
        let Some(host) = host() else { return NO_SPAN };
        let record = self.record(origin);
        // SAFETY: as in `send`.
        unsafe { (host.span_open)(host.module, &raw const record) }
    }

    /// Sends values for a span's fields.
    #[cfg(feature = "tracing")]
    pub(super) fn add_to(&self, span: u64) {
        let Some(host) = known(span) else { return };
        let record = self.record(Origin {
            kind: LogKind::Span,
            level: LogLevel::Trace,
            parent: LogParent::Current,
            target: "",
            name: "",
            file: None,
            line: None,
        });
        // SAFETY: as in `send`.
        unsafe { (host.span_record)(host.module, span, &raw const record) };
    }

    fn record(&self, origin: Origin<'_>) -> LogRecord {
        LogRecord {
            kind: origin.kind,
            level: origin.level,
            parent: origin.parent,
            target: Text::new(origin.target),
            name: Text::new(origin.name),
            file: Text::new(origin.file.unwrap_or_default()),
            line: origin.line.unwrap_or_default(),
            fields: self.fields.as_ptr(),
            field_count: self.fields.len(),
        }
    }
}

/// Tells the host what happens to a span.
#[cfg(feature = "tracing")]
pub(super) fn act(span: u64, act: SpanAct) {
    let Some(host) = known(span) else { return };
    // SAFETY: the host outlives the module (MODULE-1).
    unsafe { (host.span_act)(host.module, span, act) };
}

/// Tells the host that a span comes after another one.
#[cfg(feature = "tracing")]
pub(super) fn follows(span: u64, from: u64) {
    let Some(host) = known(span) else { return };
    // SAFETY: the host outlives the module (MODULE-1).
    unsafe { (host.span_follows)(host.module, span, from) };
}

/// The host, if it wanted the span.
#[cfg(feature = "tracing")]
fn known(span: u64) -> Option<&'static crate::boundary::abi::Host> {
    host().filter(|_| span != NO_SPAN)
}
