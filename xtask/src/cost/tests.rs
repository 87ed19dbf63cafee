//! Against numbers worked out by hand.

#![forbid(unsafe_code)]

use super::*;

fn usage(calls: f64, milliseconds: f64, configured_mb: f64, used_mb: f64) -> Usage {
    Usage {
        calls,
        milliseconds,
        configured_mb,
        used_mb,
    }
}

#[track_caller]
fn same(found: f64, expected: f64) {
    assert!(
        (found - expected).abs() <= expected.abs() * 1e-9,
        "{found} instead of {expected}"
    );
}

#[test]
fn a_million_calls_of_a_second_in_a_gigabyte_are_a_million_gb_seconds() {
    let found = cost(usage(1e6, 1000.0, 1024.0, 512.0), &Prices::default());
    same(found.gb_seconds_billed, 1_000_000.0);
    same(found.gb_seconds_used, 500_000.0);
    same(found.free_gb_seconds_share, 2.5);
    same(found.free_calls_share, 1.0);
    // 600,000 x 0.0000166667; the calls are just free.
    same(found.dollars, 10.000_02);
    same(found.dollars_without_free_tier, 16.6667 + 0.20);
}

#[test]
fn time_is_rounded_up_and_memory_has_a_floor() {
    let found = cost(usage(1000.0, 2.1, 45.0, 45.0), &Prices::default());
    same(found.billed_ms, 3.0);
    same(found.billed_mb, 128.0);
    same(found.gb_seconds_billed, 0.375);
    same(found.gb_seconds_used, 1000.0 * 0.0021 * 45.0 / 1024.0);
    // A whole millisecond is not rounded to the next.
    same(
        cost(usage(1.0, 3.0, 128.0, 1.0), &Prices::default()).billed_ms,
        3.0,
    );
}

#[test]
fn within_the_free_tier_nothing_is_paid_and_beyond_it_only_the_rest() {
    let small = cost(usage(50_000.0, 140.0, 128.0, 45.0), &Prices::default());
    same(small.dollars, 0.0);
    same(small.gb_seconds_billed, 875.0);
    // 3 million calls: two million are paid, at 0.20; 3e6 x 1 ms x 128 MB = 375 GB-s are free.
    let many = cost(usage(3e6, 1.0, 128.0, 10.0), &Prices::default());
    same(many.dollars, 0.40);
}

#[test]
fn other_prices_are_used() {
    let prices = Prices {
        gb_second: 0.000_013_333_4,
        free_gb_seconds: 0.0,
        free_calls: 0.0,
        million_calls: 1.0,
        least_mb: 512.0,
        step_ms: 100.0,
    };
    let found = cost(usage(1e6, 101.0, 128.0, 64.0), &prices);
    same(found.billed_ms, 200.0);
    same(found.billed_mb, 512.0);
    same(found.gb_seconds_billed, 100_000.0);
    same(found.dollars, 1.333_34 + 1.0);
}

#[test]
fn numbers_read_well() {
    assert_eq!(number(0.0), "0");
    assert_eq!(number(1_234_567.8), "1,234,568");
    assert_eq!(number(-1_234.0), "-1,234");
    assert_eq!(number(999.94), "999.9");
    assert_eq!(number(17.16), "17.16");
    assert_eq!(number(3.0), "3");
    assert_eq!(number(0.07875), "0.07875");
    assert_eq!(percent(0.000_787_5), "0.07875%");
    assert_eq!(dollars(0.000_05), "$0.000050");
}
