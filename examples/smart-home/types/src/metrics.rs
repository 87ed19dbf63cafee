//! What the `metrics` module takes, gives and refuses.

use std::error::Error;
use std::fmt;

use lmms::Portable;

/// What tells the series of one metric apart, such as `host` = `10.0.0.2`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Portable)]
pub struct Label {
    /// Its name: ASCII letters, digits and `_`.
    pub name: String,
    /// Its value: any text of at most 128 bytes.
    pub value: String,
}

impl Label {
    /// A label.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Label {
        Label {
            name: name.into(),
            value: value.into(),
        }
    }
}

/// What a metric measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Portable)]
pub enum MetricKind {
    /// A count that only grows.
    Counter,
    /// A value that goes up and down.
    Gauge,
    /// Many values, of which the distribution matters.
    Distribution,
}

/// A series of measurements.
#[derive(Clone, Debug, PartialEq, Portable)]
pub struct Series {
    /// The metric.
    pub name: String,
    /// Its labels, by name.
    pub labels: Vec<Label>,
    /// What it measures.
    pub kind: MetricKind,
    /// The count, the value, or the number of values.
    pub value: f64,
}

/// The distribution of many values. Quantiles are off by at most 1 % of their value.
#[derive(Clone, Debug, Default, PartialEq, Portable)]
pub struct Distribution {
    /// How many values there were.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// Their mean.
    pub mean: f64,
    /// The least.
    pub minimum: f64,
    /// The greatest.
    pub maximum: f64,
    /// Half of the values are at most this.
    pub median: f64,
    /// 90 % of the values are at most this.
    pub p90: f64,
    /// 99 % of the values are at most this.
    pub p99: f64,
}

/// How an operation fared.
#[derive(Clone, Debug, PartialEq, Portable)]
pub struct OperationSummary {
    /// The operation, API or host.
    pub name: String,
    /// How often it succeeded.
    pub successes: u64,
    /// How often it failed.
    pub failures: u64,
    /// Successes among all calls, 0 to 1.
    pub success_rate: f64,
    /// How long it took, in milliseconds.
    pub duration_ms: Distribution,
}

/// How caches fared.
#[derive(Clone, Debug, PartialEq, Portable)]
pub struct CacheSummary {
    /// The cache.
    pub name: String,
    /// Reads that found a value.
    pub hits: u64,
    /// Reads that found none.
    pub misses: u64,
    /// Hits among all reads, 0 to 1.
    pub hit_rate: f64,
}

/// How often an error happened.
#[derive(Clone, Debug, PartialEq, Eq, Portable)]
pub struct ErrorCount {
    /// The type of error.
    pub error_type: String,
    /// The operation in which it happened.
    pub operation_name: String,
    /// How often it happened.
    pub count: u64,
}

/// How requests to one host fared.
#[derive(Clone, Debug, PartialEq, Portable)]
pub struct HttpSummary {
    /// The host.
    pub host: String,
    /// All requests.
    pub requests: u64,
    /// Requests by class of their status: `2xx`, `4xx`, … or `none` where no response came.
    pub statuses: Vec<(String, u64)>,
    /// How long they took, in milliseconds.
    pub duration_ms: Distribution,
}

/// What the module holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Portable)]
pub struct MetricsStats {
    /// How many series of counters there are.
    pub counters: u32,
    /// How many series of gauges there are.
    pub gauges: u32,
    /// How many series of distributions there are.
    pub distributions: u32,
    /// How many series there may be.
    pub max_series: u32,
    /// Measurements taken since the last reset.
    pub measurements: u64,
    /// Measurements refused since the last reset.
    pub refused: u64,
}

/// Why a measurement was refused, or can't be given.
#[derive(Clone, Debug, PartialEq, Portable)]
#[non_exhaustive]
pub enum MetricsError {
    /// A name that a metric or label can't have.
    InvalidName {
        /// The name.
        name: String,
    },
    /// Labels that can't be used.
    InvalidLabels {
        /// The metric.
        name: String,
        /// What is wrong with them.
        reason: String,
    },
    /// A number that is not finite, or is negative where it can't be.
    InvalidValue {
        /// The metric.
        name: String,
        /// The number.
        value: f64,
    },
    /// The metric measures something else.
    WrongKind {
        /// The metric.
        name: String,
        /// What it measures.
        kind: MetricKind,
    },
    /// The metric would have lines of the same name as another one in an export.
    NameTaken {
        /// The metric.
        name: String,
        /// The other metric.
        by: String,
    },
    /// Nothing was measured under this name and these labels.
    NoData {
        /// The metric.
        name: String,
    },
    /// There are as many series as there may be.
    TooManySeries {
        /// How many there may be.
        limit: u32,
    },
}

impl fmt::Display for MetricsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MetricsError::InvalidName { name } => write!(
                f,
                "`{name:.80}` can't name a metric or label: it needs 1 to 100 ASCII letters, digits, `_` (metrics also `:`), no digit first"
            ),
            MetricsError::InvalidLabels { name, reason } => {
                write!(f, "the labels of `{name}` can't be used: {reason}")
            }
            MetricsError::InvalidValue { name, value } => {
                write!(
                    f,
                    "{value} can't be a measurement of `{name}`: it must be finite, a duration not negative"
                )
            }
            MetricsError::WrongKind { name, kind } => {
                write!(
                    f,
                    "`{name}` is a {kind:?} already; use its operations or another name"
                )
            }
            MetricsError::NameTaken { name, by } => {
                write!(
                    f,
                    "`{name}` would be mixed up with `{by}` when it is exported, since a distribution `x` also has `x_sum`, `x_count` and `x_bucket`; choose another name"
                )
            }
            MetricsError::NoData { name } => {
                write!(
                    f,
                    "nothing was measured as `{name}` with these labels; `list_series` tells what was"
                )
            }
            MetricsError::TooManySeries { limit } => write!(
                f,
                "there are {limit} series already; use fewer label values, reset, or raise it with `set_limit`"
            ),
        }
    }
}

impl Error for MetricsError {}
