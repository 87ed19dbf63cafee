//! The operations one after the other on the one registry of the process.

#![forbid(unsafe_code)]

use home_types::metrics::{Label, MetricKind, MetricsError};
use metrics::events::{
    record_api, record_cache, record_circuit_breaker, record_error, record_http, record_operation,
};
use metrics::export::export_prometheus;
use metrics::series::{
    adjust_gauge, get_counter, get_distribution, get_gauge, get_quantile, get_stats, increment,
    list_series, record, reset, reset_metric, set_gauge, set_limit,
};
use metrics::summaries::{
    get_operation, summarize_apis, summarize_caches, summarize_errors, summarize_http,
    summarize_operations,
};

#[test]
fn a_day_of_measurements() {
    assert_eq!(increment("rings", None, None), Ok(1));
    assert_eq!(increment("rings", Some(4), None), Ok(5));
    assert_eq!(get_counter("rings", None), Ok(5));
    set_gauge("heat", 20.0, None).unwrap();
    assert_eq!(adjust_gauge("heat", -0.5, None), Ok(19.5));
    assert_eq!(get_gauge("heat", None), Ok(19.5));
    assert_eq!(
        record("size", 3.0, Some(&[Label::new("of", "picture")])),
        Ok(1)
    );
    assert!(matches!(
        get_gauge("rings", None),
        Err(MetricsError::WrongKind { .. })
    ));
    assert!(matches!(
        get_distribution("size", None),
        Err(MetricsError::NoData { .. })
    ));
    assert_eq!(
        get_distribution("size", Some(&[Label::new("of", "picture")]))
            .unwrap()
            .sum,
        3.0
    );
    assert!(get_quantile("heat", 0.5, None).is_err());
    assert!(get_quantile("size", 1.5, None).is_err());
    assert!(get_quantile("size", f64::NAN, None).is_err());

    for ms in 1..=9 {
        record_operation("turn_on", f64::from(ms), ms % 3 != 0).unwrap();
    }
    record_operation("discover", 500.0, true).unwrap();
    assert!(record_operation("turn_on", -1.0, true).is_err());
    let turn_on = get_operation("turn_on").unwrap();
    assert_eq!(
        (turn_on.successes, turn_on.failures, turn_on.duration_ms.sum),
        (6, 3, 45.0)
    );
    assert!((turn_on.success_rate - 2.0 / 3.0).abs() < 1e-9);
    let names: Vec<_> = summarize_operations(None)
        .into_iter()
        .map(|summary| summary.name)
        .collect();
    assert_eq!(names, ["discover", "turn_on"]);
    assert_eq!(summarize_operations(Some(1)).len(), 1);
    assert!(get_operation("never").is_err());

    record_error("Timeout", Some("turn_on")).unwrap();
    assert_eq!(record_error("Timeout", Some("turn_on")), Ok(2));
    record_error("Refused", None).unwrap();
    let errors = summarize_errors();
    assert_eq!(
        (errors[0].error_type.as_str(), errors[0].count, errors.len()),
        ("Timeout", 2, 2)
    );

    for hit in [true, true, true, false] {
        record_cache("states", hit).unwrap();
    }
    assert_eq!(summarize_caches()[0].hit_rate, 0.75);
    record_api("home_assistant", 12.0, true).unwrap();
    assert_eq!(summarize_apis()[0].successes, 1);
    for status in [Some(200), Some(204), Some(503), None, Some(7)] {
        record_http("10.0.0.2", status, 5.0).unwrap();
    }
    let http = &summarize_http()[0];
    assert_eq!((http.requests, http.duration_ms.count), (5, 5));
    assert_eq!(http.statuses[0], ("2xx".to_owned(), 2));
    assert_eq!(http.statuses.len(), 4);
    assert_eq!(record_circuit_breaker("home", "opened"), Ok(1));
    record_error(&"long ü".repeat(100), None).unwrap();

    let text = export_prometheus(None);
    assert!(
        text.contains("smart_home_api_calls_total{api=\"home_assistant\",result=\"success\"} 1\n")
    );
    let sizes = list_series(Some("size"));
    assert_eq!(
        (sizes.len(), sizes[0].kind, sizes[0].value),
        (1, MetricKind::Distribution, 1.0)
    );

    let stats = get_stats();
    assert_eq!(stats.gauges, 1);
    assert!(stats.refused > 0 && stats.measurements > 30);
    assert_eq!(reset_metric("size"), 1);
    assert_eq!(reset_metric("size"), 0);
    assert_eq!(set_limit(Some(10)), 2000);
    assert!(reset() > 10);
    assert_eq!((list_series(None).len(), set_limit(None)), (0, 10));
}
