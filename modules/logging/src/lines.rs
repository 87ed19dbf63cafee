//! Logging single lines and the course of operations.

use home_types::logging::{LogField, LogLevel};
use lmms::{Context, operation};

use crate::tail::lock;

/// Logs what only who looks for a fault wants to know.
#[operation(interface = "logging")]
pub fn log_debug(cx: &Context, message: &str, source: Option<&str>, fields: Option<&[LogField]>) {
    log(
        cx,
        LogLevel::Debug,
        source,
        message,
        fields.unwrap_or_default(),
    );
}

/// Logs what happens in the ordinary course.
#[operation(interface = "logging")]
pub fn log_info(cx: &Context, message: &str, source: Option<&str>, fields: Option<&[LogField]>) {
    log(
        cx,
        LogLevel::Info,
        source,
        message,
        fields.unwrap_or_default(),
    );
}

/// Logs something unexpected that was coped with.
#[operation(interface = "logging")]
pub fn log_warning(cx: &Context, message: &str, source: Option<&str>, fields: Option<&[LogField]>) {
    log(
        cx,
        LogLevel::Warning,
        source,
        message,
        fields.unwrap_or_default(),
    );
}

/// Logs something that failed.
#[operation(interface = "logging")]
pub fn log_error(cx: &Context, message: &str, source: Option<&str>, fields: Option<&[LogField]>) {
    log(
        cx,
        LogLevel::Error,
        source,
        message,
        fields.unwrap_or_default(),
    );
}

/// Logs that an operation starts.
#[operation(interface = "logging")]
pub fn log_operation_start(cx: &Context, operation_name: &str, correlation_id: Option<&str>) {
    let fields = fields(operation_name, None, correlation_id, None);
    log(
        cx,
        LogLevel::Info,
        Some("operations"),
        "operation started",
        &fields,
    );
}

/// Logs that an operation succeeded; as a warning if it took longer than `slow_ms` (1000 if not given).
#[operation(interface = "logging")]
pub fn log_operation_success(
    cx: &Context,
    operation_name: &str,
    duration_ms: f64,
    correlation_id: Option<&str>,
    slow_ms: Option<f64>,
) {
    let slow = duration_ms > slow_ms.unwrap_or(1000.0);
    let (level, message) = match slow {
        true => (LogLevel::Warning, "operation succeeded, but slowly"),
        false => (LogLevel::Info, "operation succeeded"),
    };
    let fields = fields(operation_name, Some(duration_ms), correlation_id, None);
    log(cx, level, Some("operations"), message, &fields);
}

/// Logs that an operation failed, and why.
#[operation(interface = "logging")]
pub fn log_operation_failure(
    cx: &Context,
    operation_name: &str,
    error: &str,
    duration_ms: Option<f64>,
    correlation_id: Option<&str>,
) {
    let fields = fields(operation_name, duration_ms, correlation_id, Some(error));
    log(
        cx,
        LogLevel::Error,
        Some("operations"),
        "operation failed",
        &fields,
    );
}

/// Cleans and keeps a line and sends it to the host's subscriber.
fn log(cx: &Context, level: LogLevel, source: Option<&str>, message: &str, fields: &[LogField]) {
    let source = source.unwrap_or("application");
    // The lock is released before the subscriber runs: it may log itself.
    let line = lock().push(cx.unix_time(), level, source, message, fields);
    let Some(line) = line else { return };
    let (number, source) = (line.number, line.source.as_str());
    let fields: Vec<String> = line
        .fields
        .iter()
        .map(|field| format!("{}={:?}", field.name, field.value))
        .collect();
    let fields = fields.join(" ");
    match level {
        LogLevel::Debug => {
            tracing::debug!(target: "smart_home", number, source, fields, "{}", line.message);
        }
        LogLevel::Info => {
            tracing::info!(target: "smart_home", number, source, fields, "{}", line.message);
        }
        LogLevel::Warning => {
            tracing::warn!(target: "smart_home", number, source, fields, "{}", line.message);
        }
        LogLevel::Error => {
            tracing::error!(target: "smart_home", number, source, fields, "{}", line.message);
        }
    }
}

fn fields(
    operation_name: &str,
    duration_ms: Option<f64>,
    correlation_id: Option<&str>,
    error: Option<&str>,
) -> Vec<LogField> {
    let duration = duration_ms.map(|ms| LogField::new("duration_ms", format!("{ms:.3}")));
    let correlation = correlation_id.map(|id| LogField::new("correlation_id", id));
    let error = error.map(|error| LogField::new("error", error));
    let operation = Some(LogField::new("operation", operation_name));
    [operation, duration, correlation, error]
        .into_iter()
        .flatten()
        .collect()
}
