//! An event on its way to the host.

use crate::abi::{LogField, LogLevel, LogRecord, Text};
use crate::module::panics::host;

/// Does the host want an event like this?
pub(super) fn enabled(level: LogLevel, target: &str) -> bool {
    // SAFETY: the host outlives the module (M1); the text lives through the call.
    host().is_some_and(|host| unsafe { (host.log_enabled)(host.module, level, Text::new(target)) })
}

/// The fields of an event, and the texts they point to.
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

    pub(super) fn send(
        &self,
        level: LogLevel,
        target: &str,
        name: &str,
        file: Option<&str>,
        line: Option<u32>,
    ) {
        let Some(host) = host() else { return };
        let record = LogRecord {
            level,
            target: Text::new(target),
            name: Text::new(name),
            file: Text::new(file.unwrap_or_default()),
            line: line.unwrap_or_default(),
            fields: self.fields.as_ptr(),
            field_count: self.fields.len(),
        };
        // SAFETY: the host outlives the module (M1); the record and all it points to live through
        // the call.
        unsafe { (host.log)(host.module, &raw const record) };
    }
}
