//! Lines of the `log` crate inside a module, handed to the host's subscriber.

#![forbid(unsafe_code)]

use log::{Level, LevelFilter, Log, Metadata, Record};

use crate::boundary::abi::{LogField, LogKind, LogLevel, LogParent, LogValue, Text};
use crate::module::record::{self, Fields, Origin};

/// Makes the host the logger of this module's copy of `log`.
pub(super) fn install() {
    static FORWARD: Forward = Forward;
    // Fails only if the module already set its own.
    if log::set_logger(&FORWARD).is_ok() {
        log::set_max_level(LevelFilter::Trace);
    }
}

struct Forward;

impl Log for Forward {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        record::enabled(LogKind::Event, level(metadata.level()), metadata.target())
    }

    fn log(&self, line: &Record<'_>) {
        if !self.enabled(line.metadata()) {
            return;
        }
        let mut fields = Fields::default();
        let message = fields.keep(line.args().to_string());
        fields.push(LogField {
            name: Text::new("message"),
            value: LogValue::Debug(message),
        });
        fields.send(Origin {
            kind: LogKind::Event,
            level: level(line.level()),
            parent: LogParent::Current,
            target: line.target(),
            name: "log",
            file: line.file(),
            line: line.line(),
        });
    }

    fn flush(&self) {}
}

fn level(level: Level) -> LogLevel {
    match level {
        Level::Error => LogLevel::Error,
        Level::Warn => LogLevel::Warn,
        Level::Info => LogLevel::Info,
        Level::Debug => LogLevel::Debug,
        Level::Trace => LogLevel::Trace,
    }
}
