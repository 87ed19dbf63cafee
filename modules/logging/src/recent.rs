//! The lines in memory, and what is logged and kept.

use home_types::logging::{LogError, LogLevel, LogLine, LogStats};
use lmms::operation;
use serde_json::{Map, Value, json};

use crate::tail::{DEFAULT_CAPACITY, DEFAULT_LEVEL, lock};

/// Gives the newest lines in memory, the oldest of them first: at most `limit` (50 if not given), at least of a level,
/// of one source.
#[operation(interface = "logging")]
pub fn recent(limit: Option<u32>, level: Option<LogLevel>, source: Option<&str>) -> Vec<LogLine> {
    let level = level.unwrap_or(LogLevel::Debug);
    lock().newest(limit.unwrap_or(50) as usize, |line| {
        line.level >= level && source.is_none_or(|source| source == line.source)
    })
}

/// Gives the newest lines whose message or fields contain a text, in any case: at most `limit` (50 if not given).
#[operation(interface = "logging")]
pub fn search(text: &str, limit: Option<u32>) -> Vec<LogLine> {
    let text = text.to_lowercase();
    let contains = |candidate: &str| candidate.to_lowercase().contains(&text);
    lock().newest(limit.unwrap_or(50) as usize, |line| {
        let mut fields = line.fields.iter();
        contains(&line.message)
            || fields.any(|field| contains(&field.name) || contains(&field.value))
    })
}

/// Gives the lines in memory as JSON, one object a line, from the line with a number (the first if not given) on.
#[operation(interface = "logging")]
pub fn export_json(from_number: Option<u64>) -> String {
    let from = from_number.unwrap_or(0);
    let lines = lock().newest(usize::MAX, |line| line.number >= from);
    lines
        .iter()
        .map(|line| format!("{}\n", object(line)))
        .collect()
}

/// Forgets the lines in memory; gives how many there were.
#[operation(interface = "logging")]
pub fn clear() -> u32 {
    lock().clear()
}

/// Sets the least level that is logged; gives the previous one. The host's subscriber may filter further.
#[operation(interface = "logging")]
pub fn set_level(level: LogLevel) -> LogLevel {
    std::mem::replace(&mut lock().level, level)
}

/// Says whether a line of this level would be logged, to save the work of making it.
#[operation(interface = "logging")]
pub fn is_logged(level: LogLevel) -> bool {
    level >= lock().level
}

/// Sets how many lines are kept in memory (0 to 100,000); gives the previous number.
#[operation(interface = "logging")]
pub fn set_capacity(lines: u32) -> Result<u32, LogError> {
    lock().set_capacity(lines)
}

/// Takes level and capacity back to INFO and 1,000 lines; says whether anything changed.
#[operation(interface = "logging")]
pub fn reset_settings() -> bool {
    let mut tail = lock();
    let changed = tail.reason_to_stay().is_some();
    tail.level = DEFAULT_LEVEL;
    changed && tail.set_capacity(DEFAULT_CAPACITY).is_ok()
}

/// Tells how many lines were logged, held back and redacted, and what is in memory.
#[operation(interface = "logging")]
pub fn get_stats() -> LogStats {
    lock().stats()
}

fn object(line: &LogLine) -> Value {
    let fields: Map<String, Value> = line
        .fields
        .iter()
        .map(|field| (field.name.clone(), field.value.clone().into()))
        .collect();
    json!({
        "number": line.number,
        "unix_ms": line.unix_ms,
        "level": line.level.to_string(),
        "source": line.source,
        "message": line.message,
        "fields": fields,
    })
}
