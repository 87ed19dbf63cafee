//! What happens in the application, recorded under the names that the summaries read.

use home_types::metrics::{Label, MetricsError};
use lmms::operation;

use crate::registry::{Registry, lock};

/// Records that an operation ran, how long it took and whether it succeeded.
#[operation(interface = "metrics")]
pub fn record_operation(
    operation_name: &str,
    duration_ms: f64,
    success: bool,
) -> Result<(), MetricsError> {
    outcome(&mut lock(), OPERATION, operation_name, duration_ms, success)
}

/// Records that an error of some type happened, and in which operation.
#[operation(interface = "metrics")]
pub fn record_error(error_type: &str, operation_name: Option<&str>) -> Result<u64, MetricsError> {
    let labels = [
        label("error_type", error_type),
        label("operation", operation_name.unwrap_or_default()),
    ];
    lock().increment(ERRORS, &labels, 1)
}

/// Records that a cache was read, and whether it had the value.
#[operation(interface = "metrics")]
pub fn record_cache(cache_name: &str, hit: bool) -> Result<u64, MetricsError> {
    lock().increment(
        CACHE_READS,
        &[
            label("cache", cache_name),
            label("result", hit_or_miss(hit)),
        ],
        1,
    )
}

/// Records that an API, such as `home_assistant`, was called, how long it took and whether it succeeded.
#[operation(interface = "metrics")]
pub fn record_api(api: &str, duration_ms: f64, success: bool) -> Result<(), MetricsError> {
    outcome(&mut lock(), API, api, duration_ms, success)
}

/// Records an HTTP request: host, status (none if no response came) and how long it took.
#[operation(interface = "metrics")]
pub fn record_http(
    host: &str,
    status_code: Option<u16>,
    duration_ms: f64,
) -> Result<(), MetricsError> {
    let mut registry = lock();
    registry.duration(HTTP_DURATION, &[label("host", host)], duration_ms)?;
    let class = status_class(status_code);
    registry.increment(
        HTTP_REQUESTS,
        &[label("host", host), label("status", &class)],
        1,
    )?;
    Ok(())
}

/// Records that a circuit breaker opened, closed or refused a call (`event`); gives how often that happened.
#[operation(interface = "metrics")]
pub fn record_circuit_breaker(name: &str, event: &str) -> Result<u64, MetricsError> {
    lock().increment(
        BREAKER_EVENTS,
        &[label("breaker", name), label("event", event)],
        1,
    )
}

/// The names of a counter by outcome and of its distribution of durations, and their label.
#[derive(Clone, Copy)]
pub(crate) struct Outcome {
    pub(crate) total: &'static str,
    pub(crate) duration: &'static str,
    pub(crate) label: &'static str,
}

pub(crate) const OPERATION: Outcome = Outcome {
    total: "operations_total",
    duration: "operation_duration_ms",
    label: "operation",
};
pub(crate) const API: Outcome = Outcome {
    total: "api_calls_total",
    duration: "api_duration_ms",
    label: "api",
};
pub(crate) const ERRORS: &str = "errors_total";
pub(crate) const CACHE_READS: &str = "cache_reads_total";
pub(crate) const HTTP_REQUESTS: &str = "http_requests_total";
pub(crate) const HTTP_DURATION: &str = "http_duration_ms";
const BREAKER_EVENTS: &str = "circuit_breaker_events_total";

/// A label whose value is cut to the length that is allowed.
pub(crate) fn label(name: &str, value: &str) -> Label {
    let mut end = value.len().min(128);
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    Label::new(name, &value[..end])
}

/// The label of an outcome.
pub(crate) fn success_or_failure(success: bool) -> &'static str {
    if success { "success" } else { "failure" }
}

/// The label of a read.
pub(crate) fn hit_or_miss(hit: bool) -> &'static str {
    if hit { "hit" } else { "miss" }
}

fn outcome(
    registry: &mut Registry,
    names: Outcome,
    name: &str,
    duration_ms: f64,
    success: bool,
) -> Result<(), MetricsError> {
    let named = label(names.label, name);
    registry.duration(names.duration, std::slice::from_ref(&named), duration_ms)?;
    let result = label("result", success_or_failure(success));
    registry
        .increment(names.total, &[named, result], 1)
        .map(drop)
}

fn status_class(status_code: Option<u16>) -> String {
    match status_code {
        Some(code @ 100..=599) => format!("{}xx", code / 100),
        Some(_) => "other".to_owned(),
        None => "none".to_owned(),
    }
}
