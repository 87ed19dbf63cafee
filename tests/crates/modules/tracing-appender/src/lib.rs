//! Writes through a thread of its own.
#![forbid(unsafe_code)]

use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use lmms::operation;
use tracing_appender::non_blocking::{NonBlocking, WorkerGuard};

lmms::module!();

static WRITER: Mutex<Option<(NonBlocking, WorkerGuard)>> = Mutex::new(None);

/// Writes a line to nowhere; gives `seed + 1`.
#[operation(interface = "uses_tracing_appender")]
fn provoke(seed: u64) -> Result<u64, String> {
    let mut writer = WRITER.lock().unwrap_or_else(PoisonError::into_inner);
    let made = || tracing_appender::non_blocking(std::io::sink());
    let (writer, _) = writer.get_or_insert_with(made);
    writeln!(writer, "{seed}").map_err(|error| error.to_string())?;
    Ok(seed + 1)
}

/// Drops the writer, and the guard of its thread.
#[operation(interface = "uses_tracing_appender")]
fn stop() -> bool {
    let mut writer = WRITER.lock().unwrap_or_else(PoisonError::into_inner);
    writer.take().is_some()
}
