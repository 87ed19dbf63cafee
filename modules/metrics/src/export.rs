//! Measurements as text that Prometheus reads.

use std::fmt::Write;

use home_types::metrics::{Label, MetricKind};
use lmms::operation;

use crate::registry::{Measured, Registry, lock, quantile};

/// Gives all series in the text format of Prometheus, each name behind `prefix` (`smart_home_` if not given).
/// Distributions become summaries with the quantiles 0.5, 0.9 and 0.99.
#[operation(interface = "metrics")]
pub fn export_prometheus(prefix: Option<&str>) -> String {
    text(&lock(), prefix.unwrap_or("smart_home_"))
}

fn text(registry: &Registry, prefix: &str) -> String {
    let prefix: String = prefix
        .chars()
        .filter(|c| c.is_ascii_alphabetic() || *c == '_')
        .collect();
    let mut out = String::new();
    for (name, series) in &registry.metrics {
        let name = format!("{prefix}{name}");
        let kind = match series.values().next().map(Measured::kind) {
            Some(MetricKind::Counter) => "counter",
            Some(MetricKind::Gauge) => "gauge",
            Some(MetricKind::Distribution) => "summary",
            None => continue,
        };
        line(&mut out, format_args!("# TYPE {name} {kind}"));
        for (labels, measured) in series {
            write_series(&mut out, &name, labels, measured);
        }
    }
    out
}

fn write_series(out: &mut String, name: &str, labels: &[Label], measured: &Measured) {
    let plain = braces(labels, None);
    match measured {
        Measured::Counter(count) => line(out, format_args!("{name}{plain} {count}")),
        Measured::Gauge(value) => line(out, format_args!("{name}{plain} {value}")),
        Measured::Distribution(sketch) => {
            for q in ["0.5", "0.9", "0.99"] {
                let value = q
                    .parse()
                    .ok()
                    .and_then(|q| quantile(sketch, q))
                    .unwrap_or(0.0);
                line(
                    out,
                    format_args!("{name}{} {value}", braces(labels, Some(q))),
                );
            }
            line(
                out,
                format_args!("{name}_sum{plain} {}", sketch.sum().unwrap_or(0.0)),
            );
            line(out, format_args!("{name}_count{plain} {}", sketch.count()));
        }
    }
}

fn braces(labels: &[Label], quantile: Option<&str>) -> String {
    let mut parts: Vec<String> = labels
        .iter()
        .map(|label| format!("{}=\"{}\"", label.name, escaped(&label.value)))
        .collect();
    parts.extend(quantile.map(|q| format!("quantile=\"{q}\"")));
    if parts.is_empty() {
        String::new()
    } else {
        format!("{{{}}}", parts.join(","))
    }
}

fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing into a String never fails.
    let _ = writeln!(out, "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_are_written_as_prometheus_reads_them() {
        let mut registry = Registry::new();
        let hostile = Label::new("room", "a\"b\\c\nd");
        registry.increment("calls", &[hostile], 3).unwrap();
        registry
            .increment("calls", &[Label::new("room", "hall")], 1)
            .unwrap();
        registry.gauge("heat", &[], |_| -1.5).unwrap();
        registry
            .record("ms", &[Label::new("op", "x")], 2.0)
            .unwrap();
        let expected = "\
# TYPE home_calls counter
home_calls{room=\"a\\\"b\\\\c\\nd\"} 3
home_calls{room=\"hall\"} 1
# TYPE home_heat gauge
home_heat -1.5
# TYPE home_ms summary
home_ms{op=\"x\",quantile=\"0.5\"} 2
home_ms{op=\"x\",quantile=\"0.9\"} 2
home_ms{op=\"x\",quantile=\"0.99\"} 2
home_ms_sum{op=\"x\"} 2
home_ms_count{op=\"x\"} 1
";
        assert_eq!(text(&registry, "home_"), expected);
        assert!(text(&registry, "9{\n").starts_with("# TYPE calls"));
        assert_eq!(text(&Registry::new(), ""), "");
    }
}
