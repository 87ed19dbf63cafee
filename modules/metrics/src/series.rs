//! Single series: counters, gauges, distributions.

use home_types::metrics::{Distribution, Label, MetricsError, MetricsStats, Series};
use lmms::operation;

use crate::registry::{self, Measured, lock};

/// Adds `by` (1 if not given) to a counter; gives its new count.
#[operation(interface = "metrics")]
pub fn increment(
    name: &str,
    by: Option<u64>,
    labels: Option<&[Label]>,
) -> Result<u64, MetricsError> {
    lock().increment(name, labels.unwrap_or_default(), by.unwrap_or(1))
}

/// Sets a gauge to a value.
#[operation(interface = "metrics")]
pub fn set_gauge(name: &str, value: f64, labels: Option<&[Label]>) -> Result<(), MetricsError> {
    lock()
        .gauge(name, labels.unwrap_or_default(), |_| value)
        .map(drop)
}

/// Changes a gauge by `delta`, which may be negative, beginning at 0; gives its new value.
#[operation(interface = "metrics")]
pub fn adjust_gauge(name: &str, delta: f64, labels: Option<&[Label]>) -> Result<f64, MetricsError> {
    lock().gauge(name, labels.unwrap_or_default(), |value| value + delta)
}

/// Adds a value to a distribution; gives how many values it has.
#[operation(interface = "metrics")]
pub fn record(name: &str, value: f64, labels: Option<&[Label]>) -> Result<u64, MetricsError> {
    lock().record(name, labels.unwrap_or_default(), value)
}

/// Gives the count of a counter.
#[operation(interface = "metrics")]
pub fn get_counter(name: &str, labels: Option<&[Label]>) -> Result<u64, MetricsError> {
    match lock().find(name, labels.unwrap_or_default())? {
        Measured::Counter(count) => Ok(*count),
        other => Err(MetricsError::WrongKind {
            name: name.to_owned(),
            kind: other.kind(),
        }),
    }
}

/// Gives the value of a gauge.
#[operation(interface = "metrics")]
pub fn get_gauge(name: &str, labels: Option<&[Label]>) -> Result<f64, MetricsError> {
    match lock().find(name, labels.unwrap_or_default())? {
        Measured::Gauge(value) => Ok(*value),
        other => Err(MetricsError::WrongKind {
            name: name.to_owned(),
            kind: other.kind(),
        }),
    }
}

/// Gives count, sum, mean, extremes and quantiles of a distribution.
#[operation(interface = "metrics")]
pub fn get_distribution(
    name: &str,
    labels: Option<&[Label]>,
) -> Result<Distribution, MetricsError> {
    match lock().find(name, labels.unwrap_or_default())? {
        Measured::Distribution(sketch) => Ok(registry::distribution(sketch)),
        other => Err(MetricsError::WrongKind {
            name: name.to_owned(),
            kind: other.kind(),
        }),
    }
}

/// Gives the value that a share `quantile` (0 to 1) of a distribution's values does not exceed, exact to 1 %.
#[operation(interface = "metrics")]
pub fn get_quantile(
    name: &str,
    quantile: f64,
    labels: Option<&[Label]>,
) -> Result<f64, MetricsError> {
    if !(0.0..=1.0).contains(&quantile) {
        return Err(MetricsError::InvalidValue {
            name: "quantile".into(),
            value: quantile,
        });
    }
    match lock().find(name, labels.unwrap_or_default())? {
        Measured::Distribution(sketch) => {
            registry::quantile(sketch, quantile).ok_or_else(|| MetricsError::NoData {
                name: name.to_owned(),
            })
        }
        other => Err(MetricsError::WrongKind {
            name: name.to_owned(),
            kind: other.kind(),
        }),
    }
}

/// Lists the series whose metric begins with `prefix`, all if not given, by name.
#[operation(interface = "metrics")]
pub fn list_series(prefix: Option<&str>) -> Vec<Series> {
    let (registry, prefix) = (lock(), prefix.unwrap_or_default());
    let metrics = registry
        .metrics
        .iter()
        .filter(|(name, _)| name.starts_with(prefix));
    let series = metrics.flat_map(|(name, series)| series.iter().map(move |series| (name, series)));
    series
        .map(|(name, (labels, measured))| Series {
            name: name.clone(),
            labels: labels.clone(),
            kind: measured.kind(),
            value: measured.value(),
        })
        .collect()
}

/// Sets how many series there may be (1 to 100,000; 2,000 if not given); gives the previous limit.
#[operation(interface = "metrics")]
pub fn set_limit(max_series: Option<u32>) -> u32 {
    lock().limit(max_series)
}

/// Tells how many series of each kind there are and how many measurements were taken and refused.
#[operation(interface = "metrics")]
pub fn get_stats() -> MetricsStats {
    lock().stats()
}

/// Forgets all series of one metric; gives how many there were.
#[operation(interface = "metrics")]
pub fn reset_metric(name: &str) -> u32 {
    lock()
        .metrics
        .remove(name)
        .map_or(0, |series| series.len() as u32)
}

/// Forgets all measurements; gives how many series there were.
#[operation(interface = "metrics")]
pub fn reset() -> u32 {
    lock().reset()
}
