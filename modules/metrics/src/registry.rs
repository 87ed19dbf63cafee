//! All series of the process.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use home_types::metrics::{Distribution, Label, MetricKind, MetricsError, MetricsStats};
use sketches_ddsketch::{Config, DDSketch};

/// The measurements of this process.
pub(crate) fn lock() -> MutexGuard<'static, Registry> {
    static REGISTRY: Mutex<Registry> = Mutex::new(Registry::new());
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What one series holds.
pub(crate) enum Measured {
    Counter(u64),
    Gauge(f64),
    Distribution(Box<DDSketch>),
}

impl Measured {
    pub(crate) fn kind(&self) -> MetricKind {
        match self {
            Measured::Counter(_) => MetricKind::Counter,
            Measured::Gauge(_) => MetricKind::Gauge,
            Measured::Distribution(_) => MetricKind::Distribution,
        }
    }

    /// The count, the value, or the number of values.
    pub(crate) fn value(&self) -> f64 {
        match self {
            Measured::Counter(count) => *count as f64,
            Measured::Gauge(value) => *value,
            Measured::Distribution(sketch) => sketch.count() as f64,
        }
    }
}

/// Labels in the order of their names.
pub(crate) type Labels = Vec<Label>;

/// Series by metric and labels. All series of a metric are of one kind.
pub(crate) struct Registry {
    pub(crate) metrics: BTreeMap<String, BTreeMap<Labels, Measured>>,
    pub(crate) max_series: u32,
    measurements: u64,
    refused: u64,
}

const DEFAULT_MAX_SERIES: u32 = 2000;
/// What Prometheus puts behind the name of a distribution.
const DISTRIBUTION_PARTS: [&str; 3] = ["_sum", "_count", "_bucket"];
/// Labels that Prometheus sets itself, beside all that begin with `__`.
const RESERVED_LABELS: [&str; 2] = ["quantile", "le"];

impl Registry {
    pub(crate) const fn new() -> Registry {
        Registry {
            metrics: BTreeMap::new(),
            max_series: DEFAULT_MAX_SERIES,
            measurements: 0,
            refused: 0,
        }
    }

    /// Adds to a counter; gives its new count, which stops at the greatest there is.
    pub(crate) fn increment(
        &mut self,
        name: &str,
        labels: &[Label],
        by: u64,
    ) -> Result<u64, MetricsError> {
        self.measure(
            name,
            labels,
            || Measured::Counter(0),
            |measured| match measured {
                Measured::Counter(count) => {
                    *count = count.saturating_add(by);
                    Some(*count)
                }
                _ => None,
            },
        )
    }

    /// Sets a gauge to what `change` makes of its value, 0 at first; gives the new value.
    pub(crate) fn gauge(
        &mut self,
        name: &str,
        labels: &[Label],
        change: impl FnOnce(f64) -> f64,
    ) -> Result<f64, MetricsError> {
        let present = match self.find(name, labels) {
            Ok(Measured::Gauge(value)) => *value,
            _ => 0.0,
        };
        let changed = self.finite(name, change(present))?;
        self.measure(
            name,
            labels,
            || Measured::Gauge(0.0),
            |measured| match measured {
                Measured::Gauge(value) => {
                    *value = changed;
                    Some(changed)
                }
                _ => None,
            },
        )
    }

    /// Adds a value to a distribution; gives how many there are.
    pub(crate) fn record(
        &mut self,
        name: &str,
        labels: &[Label],
        value: f64,
    ) -> Result<u64, MetricsError> {
        let value = self.finite(name, value)?;
        let empty = || Measured::Distribution(Box::new(DDSketch::new(Config::defaults())));
        self.measure(name, labels, empty, |measured| match measured {
            Measured::Distribution(sketch) => {
                sketch.add(value);
                Some(sketch.count() as u64)
            }
            _ => None,
        })
    }

    /// Adds a duration in milliseconds to a distribution.
    pub(crate) fn duration(
        &mut self,
        name: &str,
        labels: &[Label],
        ms: f64,
    ) -> Result<(), MetricsError> {
        if ms < 0.0 {
            self.refused += 1;
            return Err(MetricsError::InvalidValue {
                name: name.to_owned(),
                value: ms,
            });
        }
        self.record(name, labels, ms).map(drop)
    }

    pub(crate) fn find(&self, name: &str, labels: &[Label]) -> Result<&Measured, MetricsError> {
        let labels = sorted(name, labels)?;
        self.metrics
            .get(name)
            .and_then(|series| series.get(&labels))
            .ok_or_else(|| MetricsError::NoData {
                name: name.to_owned(),
            })
    }

    /// The count of a counter, 0 if it never counted.
    pub(crate) fn count(&self, name: &str, labels: &[Label]) -> u64 {
        match self.find(name, labels) {
            Ok(Measured::Counter(count)) => *count,
            _ => 0,
        }
    }

    /// The distribution of a series, empty if there are no values.
    pub(crate) fn distribution(&self, name: &str, labels: &[Label]) -> Distribution {
        match self.find(name, labels) {
            Ok(Measured::Distribution(sketch)) => distribution(sketch),
            _ => Distribution::default(),
        }
    }

    /// All values of one label of a metric, each once, in order.
    pub(crate) fn label_values(&self, name: &str, label: &str) -> Vec<String> {
        let series = self.metrics.get(name).into_iter().flat_map(BTreeMap::keys);
        let mut values: Vec<String> = series
            .flatten()
            .filter(|candidate| candidate.name == label)
            .map(|label| label.value.clone())
            .collect();
        values.sort();
        values.dedup();
        values
    }

    pub(crate) fn series(&self) -> u32 {
        self.metrics.values().map(BTreeMap::len).sum::<usize>() as u32
    }

    pub(crate) fn stats(&self) -> MetricsStats {
        let of_kind = |kind| {
            let measured = self.metrics.values().flat_map(BTreeMap::values);
            measured.filter(|measured| measured.kind() == kind).count() as u32
        };
        MetricsStats {
            counters: of_kind(MetricKind::Counter),
            gauges: of_kind(MetricKind::Gauge),
            distributions: of_kind(MetricKind::Distribution),
            max_series: self.max_series,
            measurements: self.measurements,
            refused: self.refused,
        }
    }

    /// Forgets everything; gives how many series there were.
    pub(crate) fn reset(&mut self) -> u32 {
        let series = self.series();
        *self = Registry {
            max_series: self.max_series,
            ..Registry::new()
        };
        series
    }

    pub(crate) fn reason_to_stay(&self) -> Option<String> {
        let series = self.series();
        if series > 0 {
            return Some(format!(
                "holds {series} series of {} measurements; export them, then `metrics.reset` gives them up",
                self.measurements
            ));
        }
        (self.max_series != DEFAULT_MAX_SERIES).then(|| {
            format!(
                "its limit is set to {} series; `set_limit` takes it back",
                self.max_series
            )
        })
    }

    /// Sets how many series there may be; gives the previous limit. No limit is taken back to the default.
    pub(crate) fn limit(&mut self, limit: Option<u32>) -> u32 {
        std::mem::replace(
            &mut self.max_series,
            limit.unwrap_or(DEFAULT_MAX_SERIES).clamp(1, 100_000),
        )
    }

    fn measure<T>(
        &mut self,
        name: &str,
        labels: &[Label],
        new: impl FnOnce() -> Measured,
        change: impl FnOnce(&mut Measured) -> Option<T>,
    ) -> Result<T, MetricsError> {
        let result = self.change(name, labels, new, change);
        match result {
            Ok(_) => self.measurements += 1,
            Err(_) => self.refused += 1,
        }
        result
    }

    fn change<T>(
        &mut self,
        name: &str,
        labels: &[Label],
        new: impl FnOnce() -> Measured,
        change: impl FnOnce(&mut Measured) -> Option<T>,
    ) -> Result<T, MetricsError> {
        if !well_named(name, true) {
            return Err(MetricsError::InvalidName {
                name: name.to_owned(),
            });
        }
        let labels = sorted(name, labels)?;
        let fresh = new();
        if let Some(series) = self.metrics.get(name) {
            let kind = series.values().next().map_or(fresh.kind(), Measured::kind);
            if kind != fresh.kind() {
                return Err(MetricsError::WrongKind {
                    name: name.to_owned(),
                    kind,
                });
            }
        }
        if let Some(by) = self.taken_by(name, fresh.kind()) {
            return Err(MetricsError::NameTaken {
                name: name.to_owned(),
                by,
            });
        }
        let known = self
            .metrics
            .get(name)
            .is_some_and(|series| series.contains_key(&labels));
        if !known && self.series() >= self.max_series {
            return Err(MetricsError::TooManySeries {
                limit: self.max_series,
            });
        }
        let measured = self
            .metrics
            .entry(name.to_owned())
            .or_default()
            .entry(labels)
            .or_insert(fresh);
        let kind = measured.kind();
        change(measured).ok_or_else(|| MetricsError::WrongKind {
            name: name.to_owned(),
            kind,
        })
    }

    /// The metric whose lines in an export would have the names of this one's: a distribution `x` has lines `x_sum` and
    /// `x_count`.
    fn taken_by(&self, name: &str, kind: MetricKind) -> Option<String> {
        let is_distribution = |series: &BTreeMap<Labels, Measured>| {
            let mut measured = series.values();
            measured.any(|measured| measured.kind() == MetricKind::Distribution)
        };
        let mut parts = DISTRIBUTION_PARTS.iter();
        if kind == MetricKind::Distribution {
            let mut names = parts.map(|part| format!("{name}{part}"));
            if let Some(taken) = names.find(|part| self.metrics.contains_key(part)) {
                return Some(taken);
            }
            parts = DISTRIBUTION_PARTS.iter();
        }
        parts
            .filter_map(|part| name.strip_suffix(part))
            .find(|base| self.metrics.get(*base).is_some_and(is_distribution))
            .map(str::to_owned)
    }

    fn finite(&mut self, name: &str, value: f64) -> Result<f64, MetricsError> {
        if value.is_finite() {
            return Ok(value);
        }
        self.refused += 1;
        Err(MetricsError::InvalidValue {
            name: name.to_owned(),
            value,
        })
    }
}

/// The figures of a sketch.
pub(crate) fn distribution(sketch: &DDSketch) -> Distribution {
    let count = sketch.count();
    let sum = sketch.sum().unwrap_or(0.0);
    let quantile = |q| quantile(sketch, q).unwrap_or(0.0);
    Distribution {
        count: count as u64,
        sum,
        mean: if count == 0 { 0.0 } else { sum / count as f64 },
        minimum: sketch.min().unwrap_or(0.0),
        maximum: sketch.max().unwrap_or(0.0),
        median: quantile(0.5),
        p90: quantile(0.9),
        p99: quantile(0.99),
    }
}

/// The value that a share `q` of the values does not exceed, never outside of the values there were.
pub(crate) fn quantile(sketch: &DDSketch, q: f64) -> Option<f64> {
    let estimate = sketch.quantile(q).ok().flatten()?;
    Some(estimate.clamp(sketch.min()?, sketch.max()?))
}

fn sorted(name: &str, labels: &[Label]) -> Result<Labels, MetricsError> {
    let invalid = |reason: &str| {
        Err(MetricsError::InvalidLabels {
            name: name.to_owned(),
            reason: reason.to_owned(),
        })
    };
    if labels.len() > 8 {
        return invalid("there are more than 8");
    }
    if let Some(label) = labels.iter().find(|label| !well_named(&label.name, false)) {
        return Err(MetricsError::InvalidName {
            name: label.name.clone(),
        });
    }
    let reserved = |name: &str| name.starts_with("__") || RESERVED_LABELS.contains(&name);
    if let Some(label) = labels.iter().find(|label| reserved(&label.name)) {
        let name = &label.name;
        return invalid(&format!(
            "Prometheus keeps `{name}` for itself; choose another name"
        ));
    }
    if labels.iter().any(|label| label.value.len() > 128) {
        return invalid("a value is longer than 128 bytes");
    }
    let mut labels = labels.to_vec();
    labels.sort();
    if labels.windows(2).any(|pair| pair[0].name == pair[1].name) {
        return invalid("two have the same name");
    }
    Ok(labels)
}

fn well_named(name: &str, colons: bool) -> bool {
    (1..=100).contains(&name.len())
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || colons && c == ':')
}

#[cfg(test)]
mod tests;
