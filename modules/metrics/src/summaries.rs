//! What the recorded events add up to.

use home_types::metrics::{
    CacheSummary, ErrorCount, HttpSummary, Label, MetricsError, OperationSummary,
};
use lmms::operation;

use crate::events::{
    API, CACHE_READS, ERRORS, HTTP_DURATION, HTTP_REQUESTS, OPERATION, Outcome, hit_or_miss, label,
    success_or_failure,
};
use crate::registry::{Measured, Registry, lock};

/// Tells how one operation fared: successes, failures, durations.
#[operation(interface = "metrics")]
pub fn get_operation(operation_name: &str) -> Result<OperationSummary, MetricsError> {
    let summary = outcome(&lock(), OPERATION, operation_name);
    match summary.duration_ms.count {
        0 => Err(MetricsError::NoData {
            name: operation_name.to_owned(),
        }),
        _ => Ok(summary),
    }
}

/// Tells how the operations fared, those that took the most time in all first, at most `limit` (20 if not given).
#[operation(interface = "metrics")]
pub fn summarize_operations(limit: Option<u32>) -> Vec<OperationSummary> {
    let mut summaries = outcomes(&lock(), OPERATION);
    summaries.sort_by(|left, right| right.duration_ms.sum.total_cmp(&left.duration_ms.sum));
    summaries.truncate(limit.unwrap_or(20) as usize);
    summaries
}

/// Tells how the APIs fared, by name.
#[operation(interface = "metrics")]
pub fn summarize_apis() -> Vec<OperationSummary> {
    outcomes(&lock(), API)
}

/// Tells which errors happened how often and where, the most frequent first.
#[operation(interface = "metrics")]
pub fn summarize_errors() -> Vec<ErrorCount> {
    let registry = lock();
    let mut errors: Vec<ErrorCount> = counts(&registry, ERRORS)
        .map(|(labels, count)| ErrorCount {
            error_type: value_of(labels, "error_type"),
            operation_name: value_of(labels, "operation"),
            count,
        })
        .collect();
    errors.sort_by_key(|error| std::cmp::Reverse(error.count));
    errors
}

/// Tells how often each cache had what was asked for, by name.
#[operation(interface = "metrics")]
pub fn summarize_caches() -> Vec<CacheSummary> {
    let registry = lock();
    let reads = |name: &str, hit| {
        registry.count(
            CACHE_READS,
            &[label("cache", name), label("result", hit_or_miss(hit))],
        )
    };
    let names = registry.label_values(CACHE_READS, "cache");
    let summary = |name: String| {
        let (hits, misses) = (reads(&name, true), reads(&name, false));
        CacheSummary {
            name,
            hits,
            misses,
            hit_rate: share(hits, misses),
        }
    };
    names.into_iter().map(summary).collect()
}

/// Tells how the requests to each host fared, by host.
#[operation(interface = "metrics")]
pub fn summarize_http() -> Vec<HttpSummary> {
    let registry = lock();
    let hosts = registry.label_values(HTTP_DURATION, "host");
    let summary = |host: String| {
        let statuses: Vec<(String, u64)> = counts(&registry, HTTP_REQUESTS)
            .filter(|(labels, _)| value_of(labels, "host") == host)
            .map(|(labels, count)| (value_of(labels, "status"), count))
            .collect();
        HttpSummary {
            requests: statuses.iter().map(|(_, count)| count).sum(),
            statuses,
            duration_ms: registry.distribution(HTTP_DURATION, &[label("host", &host)]),
            host,
        }
    };
    hosts.into_iter().map(summary).collect()
}

fn outcomes(registry: &Registry, names: Outcome) -> Vec<OperationSummary> {
    let found = registry.label_values(names.duration, names.label);
    found
        .iter()
        .map(|name| outcome(registry, names, name))
        .collect()
}

fn outcome(registry: &Registry, names: Outcome, name: &str) -> OperationSummary {
    let named = label(names.label, name);
    let count = |success| {
        let result = label("result", success_or_failure(success));
        registry.count(names.total, &[named.clone(), result])
    };
    let (successes, failures) = (count(true), count(false));
    OperationSummary {
        name: name.to_owned(),
        successes,
        failures,
        success_rate: share(successes, failures),
        duration_ms: registry.distribution(names.duration, std::slice::from_ref(&named)),
    }
}

fn counts<'a>(
    registry: &'a Registry,
    name: &str,
) -> impl Iterator<Item = (&'a [Label], u64)> + use<'a> {
    let series = registry.metrics.get(name).into_iter().flatten();
    series.filter_map(|(labels, measured)| match measured {
        Measured::Counter(count) => Some((labels.as_slice(), *count)),
        _ => None,
    })
}

fn value_of(labels: &[Label], name: &str) -> String {
    let label = labels.iter().find(|label| label.name == name);
    label.map(|label| label.value.clone()).unwrap_or_default()
}

fn share(part: u64, rest: u64) -> f64 {
    if part + rest == 0 {
        0.0
    } else {
        part as f64 / (part + rest) as f64
    }
}
