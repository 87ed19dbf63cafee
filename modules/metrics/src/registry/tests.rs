use super::*;

fn label(name: &str, value: &str) -> Label {
    Label::new(name, value)
}

#[test]
fn counters_count_per_series() {
    let mut registry = Registry::new();
    assert_eq!(registry.increment("calls", &[], 1), Ok(1));
    assert_eq!(
        registry.increment("calls", &[label("room", "hall")], 5),
        Ok(5)
    );
    assert_eq!(registry.increment("calls", &[], u64::MAX), Ok(u64::MAX));
    assert_eq!(registry.count("calls", &[label("room", "hall")]), 5);
    assert_eq!(registry.count("calls", &[label("room", "attic")]), 0);
}

#[test]
fn the_order_of_labels_does_not_matter() {
    let mut registry = Registry::new();
    let (a, b) = (label("a", "1"), label("b", "2"));
    registry
        .increment("calls", &[a.clone(), b.clone()], 1)
        .unwrap();
    assert_eq!(registry.increment("calls", &[b, a], 1), Ok(2));
    assert_eq!(registry.series(), 1);
}

#[test]
fn gauges_go_up_and_down() {
    let mut registry = Registry::new();
    assert_eq!(registry.gauge("heat", &[], |_| 21.5), Ok(21.5));
    assert_eq!(registry.gauge("heat", &[], |value| value - 30.0), Ok(-8.5));
    assert!(registry.gauge("heat", &[], |_| f64::NAN).is_err());
    assert!(registry.gauge("heat", &[], |_| f64::INFINITY).is_err());
    assert_eq!(registry.find("heat", &[]).unwrap().value(), -8.5);
}

#[test]
fn quantiles_are_exact_to_one_percent() {
    let mut registry = Registry::new();
    for value in 1..=10_000 {
        registry.record("ms", &[], f64::from(value)).unwrap();
    }
    let found = registry.distribution("ms", &[]);
    assert_eq!(
        (found.count, found.sum, found.mean),
        (10_000, 50_005_000.0, 5000.5)
    );
    assert_eq!((found.minimum, found.maximum), (1.0, 10_000.0));
    for (found, expected) in [
        (found.median, 5000.0),
        (found.p90, 9000.0),
        (found.p99, 9900.0),
    ] {
        let error = (found - expected).abs() / expected;
        assert!(error < 0.0101, "{found} instead of {expected}");
    }
}

#[test]
fn extreme_values_are_survived() {
    let mut registry = Registry::new();
    for value in [
        0.0,
        -0.0,
        -5.0,
        1e-300,
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
    ] {
        registry.record("x", &[], value).unwrap();
    }
    let found = registry.distribution("x", &[]);
    assert_eq!(
        (found.minimum, found.maximum, found.count),
        (f64::MIN, f64::MAX, 7)
    );
    registry.record("one", &[], 42.0).unwrap();
    let one = registry.distribution("one", &[]);
    assert_eq!(
        (one.median, one.p99),
        (42.0, 42.0),
        "not outside of the values"
    );
    assert!(registry.record("x", &[], f64::NAN).is_err());
    assert!(registry.duration("x", &[], -1.0).is_err());
}

#[test]
fn a_metric_keeps_its_kind() {
    let mut registry = Registry::new();
    registry.increment("x", &[], 1).unwrap();
    let wrong = MetricsError::WrongKind {
        name: "x".into(),
        kind: MetricKind::Counter,
    };
    assert_eq!(
        registry.record("x", &[label("a", "b")], 1.0),
        Err(wrong.clone())
    );
    assert_eq!(registry.gauge("x", &[], |_| 1.0), Err(wrong));
    assert_eq!((registry.series(), registry.stats().refused), (1, 2));
}

#[test]
fn hostile_names_and_labels_are_refused() {
    let mut registry = Registry::new();
    for name in ["", "1x", "a b", "a\n", "ü", "x{y=\"1\"}", &"x".repeat(101)] {
        assert!(registry.increment(name, &[], 1).is_err(), "{name}");
        assert!(
            registry.increment("ok", &[label(name, "v")], 1).is_err(),
            "{name}"
        );
    }
    let many: Vec<_> = (0..9).map(|n| label(&format!("l{n}"), "v")).collect();
    let twice = [label("a", "1"), label("a", "2")];
    let long = [label("a", &"v".repeat(129))];
    for labels in [&many[..], &twice, &long] {
        let result = registry.increment("ok", labels, 1);
        assert!(
            matches!(result, Err(MetricsError::InvalidLabels { .. })),
            "{result:?}"
        );
    }
    assert!(registry.reason_to_stay().is_none());
}

#[test]
fn the_number_of_series_is_bounded() {
    let mut registry = Registry::new();
    assert_eq!(registry.limit(Some(3)), 2000);
    for n in 0..3 {
        registry
            .increment("x", &[label("n", &n.to_string())], 1)
            .unwrap();
    }
    let refused = registry.increment("x", &[label("n", "4")], 1);
    assert_eq!(refused, Err(MetricsError::TooManySeries { limit: 3 }));
    assert!(
        registry.increment("x", &[label("n", "1")], 1).is_ok(),
        "known series go on"
    );
    assert_eq!(registry.reset(), 3);
    assert!(registry.reason_to_stay().unwrap().contains("limit"));
    registry.limit(None);
    assert!(registry.reason_to_stay().is_none());
}

#[test]
fn what_would_spoil_a_scrape_is_refused() {
    let mut registry = Registry::new();
    for name in ["quantile", "le", "__name__", "__", "__address__"] {
        let labels = [Label::new(name, "x")];
        for result in [
            registry.increment("calls", &labels, 1).map(drop),
            registry.gauge("level", &labels, |_| 1.0).map(drop),
            registry.record("took", &labels, 1.0).map(drop),
        ] {
            let error = result.unwrap_err();
            assert!(
                matches!(error, MetricsError::InvalidLabels { .. }),
                "{name}: {error:?}"
            );
        }
    }
    assert_eq!(registry.series(), 0);
    let taken =
        |result: Result<u64, MetricsError>| matches!(result, Err(MetricsError::NameTaken { .. }));
    registry.increment("x_count", &[], 1).unwrap();
    assert!(taken(registry.record("x", &[], 1.0)));
    registry.record("y", &[], 1.0).unwrap();
    assert!(taken(registry.increment("y_sum", &[], 1)));
    assert!(taken(registry.record("y_bucket", &[], 1.0)));
    assert!(registry.gauge("y_count", &[], |_| 1.0).is_err());
    registry.increment("z", &[], 1).unwrap();
    registry.increment("z_count", &[], 1).unwrap();
    registry.record("x_count_more", &[], 1.0).unwrap();
    assert_eq!(registry.series(), 5);
}
