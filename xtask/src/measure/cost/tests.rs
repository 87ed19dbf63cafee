//! Against numbers worked out by hand.

#![forbid(unsafe_code)]

use super::*;

fn usage(calls: f64, milliseconds: f64, configured_mb: f64, used_mb: f64) -> Usage {
    Usage {
        calls,
        milliseconds,
        cold_starts: 0.0,
        init_milliseconds: 0.0,
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
    let found = cost(usage(1e6, 1000.0, 1024.0, 512.0), &Prices::default()).unwrap();
    same(found.gb_seconds_billed, 1_000_000.0);
    same(found.gb_seconds_used, 500_000.0);
    same(found.free_gb_seconds_share.unwrap(), 2.5);
    same(found.free_calls_share.unwrap(), 1.0);
    // 600,000 x 0.0000166667; the calls are just free.
    same(found.dollars, 10.000_02);
    same(found.dollars_without_free_tier, 16.6667 + 0.20);
}

#[test]
fn time_is_rounded_up_and_memory_has_a_floor() {
    let found = cost(usage(1000.0, 2.1, 45.0, 45.0), &Prices::default()).unwrap();
    same(found.billed_ms, 3.0);
    same(found.billed_mb, 128.0);
    same(found.gb_seconds_billed, 0.375);
    same(found.gb_seconds_used, 1000.0 * 0.0021 * 45.0 / 1024.0);
    // A whole millisecond is not rounded to the next.
    same(
        cost(usage(1.0, 3.0, 128.0, 1.0), &Prices::default())
            .unwrap()
            .billed_ms,
        3.0,
    );
}

#[test]
fn within_the_free_tier_nothing_is_paid_and_beyond_it_only_the_rest() {
    let small = cost(usage(50_000.0, 140.0, 128.0, 45.0), &Prices::default()).unwrap();
    same(small.dollars, 0.0);
    same(small.gb_seconds_billed, 875.0);
    // 3 million calls: two million are paid, at 0.20; 3e6 x 1 ms x 128 MB = 375 GB-s are free.
    let many = cost(usage(3e6, 1.0, 128.0, 10.0), &Prices::default()).unwrap();
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
        ..Prices::default()
    };
    let found = cost(usage(1e6, 101.0, 128.0, 64.0), &prices).unwrap();
    same(found.billed_ms, 200.0);
    same(found.billed_mb, 512.0);
    same(found.gb_seconds_billed, 100_000.0);
    same(found.dollars, 1.333_34 + 1.0);
}

#[test]
fn init_is_billed_with_the_call_that_it_belongs_to() {
    let cold = Usage {
        cold_starts: 100.0,
        init_milliseconds: 250.4,
        ..usage(1000.0, 2.3, 128.0, 64.0)
    };
    let found = cost(cold, &Prices::default()).unwrap();
    // 250.4 + 2.3 is rounded up once: 253, not 251 + 3.
    same(found.billed_cold_ms, 253.0);
    same(
        found.gb_seconds_billed,
        (900.0 * 0.003 + 100.0 * 0.253) / 8.0,
    );
    same(
        found.gb_seconds_used,
        (1000.0 * 0.0023 + 100.0 * 0.2504) / 16.0,
    );
    let text = found.text(&Prices::default(), Screen::plain());
    assert!(text.contains("100 cold ones x 253 ms"), "{text}");
}

#[test]
fn what_is_rounding_is_shown_as_a_share() {
    // 0.05 ms in 128 MB of which a half is used: 95% is time rounded up, half of the rest memory.
    let found = cost(usage(1000.0, 0.05, 128.0, 64.0), &Prices::default()).unwrap();
    same(found.time_rounding_share.unwrap(), 0.95);
    same(found.memory_rounding_share.unwrap(), 0.025);
    let text = found.text(&Prices::default(), Screen::plain());
    for part in ["time rounded up", "95%", "2.5%", "MB are MiB"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn what_nobody_can_use_or_be_charged_has_no_cost() {
    let prices = Prices::default();
    let mistake = |usage: Usage| cost(usage, &prices).unwrap_err().to_string();
    let ordinary = usage(1000.0, 10.0, 128.0, 64.0);
    for (usage, part) in [
        (usage(1.0, 1.0, 20_000.0, 1.0), "10,240 MB at most"),
        (usage(1.0, 900_001.0, 128.0, 1.0), "after 900,000 ms"),
        (usage(1.0, 1.0, 128.0, 129.0), "129 MB"),
        (
            usage(f64::NAN, 1.0, 128.0, 1.0),
            "the number of calls can't be NaN",
        ),
        (
            usage(1.0, -1.0, 128.0, 1.0),
            "the time of a call can't be -1",
        ),
        (
            usage(1.0, 1.0, f64::INFINITY, 1.0),
            "configured memory can't be inf",
        ),
        (
            Usage {
                cold_starts: 1001.0,
                ..ordinary
            },
            "each belongs to a call",
        ),
        (
            Usage {
                init_milliseconds: 1e6,
                ..ordinary
            },
            "INIT can't take",
        ),
    ] {
        let found = mistake(usage);
        assert!(found.contains(part), "{part}: {found}");
    }
    let prices = Prices {
        free_calls: -1.0,
        ..prices
    };
    assert!(cost(ordinary, &prices).is_err());
    assert!(scenarios::scenarios(&prices).is_err());
}

#[test]
fn the_most_that_there_is_can_be_used() {
    let most = usage(1.0, 900_000.0, 10_240.0, 10_240.0);
    same(
        cost(most, &Prices::default()).unwrap().gb_seconds_billed,
        9000.0,
    );
}

#[test]
fn without_a_free_tier_there_is_no_share_of_it() {
    let prices = Prices {
        free_gb_seconds: 0.0,
        free_calls: 0.0,
        ..Prices::default()
    };
    let found = cost(usage(1000.0, 10.0, 128.0, 64.0), &prices).unwrap();
    let scenarios = scenarios::scenarios(&prices).unwrap();
    for text in [
        found.text(&prices, Screen::plain()),
        scenarios::text(&scenarios, Screen::plain()),
    ] {
        assert!(text.contains("none are free"), "{text}");
        assert!(!text.contains("inf") && !text.contains("NaN"), "{text}");
    }
    let nothing = cost(usage(0.0, 0.0, 128.0, 0.0), &prices).unwrap();
    let text = nothing.text(&prices, Screen::plain());
    assert!(text.contains("nothing is billed"), "{text}");
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
