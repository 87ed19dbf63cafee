//! Structured log lines with secrets redacted and a tail of recent ones.
//!
//! Each line goes through `tracing`, with its level, the target `smart_home`, the source and the fields, and so reaches
//! the subscriber of the host. The newest lines are also kept in memory to be looked at; they are a convenience and are
//! lost when the module is unloaded. A changed level or capacity is not: while one is set the module refuses to be
//! unloaded.

#![forbid(unsafe_code)]

lmms::module!(veto = veto);

pub mod lines;
pub mod recent;

mod tail;

/// Why the module can't be unloaded now.
pub fn veto() -> Option<String> {
    tail::lock().reason_to_stay()
}
