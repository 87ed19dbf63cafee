//! Calls with text and bytes in and out, against the same function linked statically.
//!
//! LMMS lends arguments and copies results, so the yardstick is the static call and one copy of its
//! result. A bare static call stands beside it.

#![forbid(unsafe_code)]

use std::hint::black_box;

use benchmark_work as work;

use crate::fixture::{self, failed};
use crate::measure::{Plan, Way, check, compare, each};
use crate::row::{Row, Target};

const AIM: &[Target] = &[Target::Ratio(1.2)];
const NOTE: &str = "aimed at: nothing but one copy of the result";

/// A copy, which lies at another place in its page in each round: see `measure::unsettle_malloc`.
fn elsewhere(bytes: &[u8]) -> Vec<u8> {
    bytes.to_vec()
}

/// Runs the family.
pub fn run(plan: &Plan) -> Result<Vec<Row>, String> {
    let probe = fixture::open()?;
    let probe = &probe;
    let mut rows = Vec::new();
    let long = "x".repeat(1000);
    let bytes = vec![7u8; 4096];
    for threads in [1, 2] {
        for (name, first) in [
            ("&str, 16 B out", "eight by"),
            ("&str, 1 KB out", &long[..]),
        ] {
            let ways = [
                Way::new("static, and one copy", move || {
                    each!(move |_| {
                        let joined = joined(first);
                        let copy = black_box(&joined).clone();
                        black_box(&copy).len() as u64
                    })
                }),
                Way::new("static", move || each!(move |_| joined(first).len() as u64)),
                Way::new("LMMS", move || {
                    each!(move |_| {
                        let joined = probe.probe().join(black_box(first), black_box("tes more"));
                        joined.map_or_else(failed, |joined| black_box(&joined).len() as u64)
                    })
                })
                .aimed(AIM)
                .noted(NOTE),
            ];
            check(&ways)?;
            rows.extend(compare("arguments", name, threads, plan, 0, &ways));
        }
        let bytes = &bytes;
        let ways = [
            Way::new("static, and one copy", move || {
                let bytes = elsewhere(bytes);
                each!(move |_| {
                    let inverted = inverted(&bytes);
                    let copy = black_box(&inverted).clone();
                    black_box(&copy).len() as u64
                })
            }),
            Way::new("static", move || {
                let bytes = elsewhere(bytes);
                each!(move |_| inverted(&bytes).len() as u64)
            }),
            Way::new("LMMS", move || {
                let bytes = elsewhere(bytes);
                each!(move |_| {
                    let inverted = probe.probe().invert(black_box(&bytes[..]));
                    inverted.map_or_else(failed, |inverted| black_box(&inverted).len() as u64)
                })
            })
            .aimed(AIM)
            .noted(NOTE),
        ];
        check(&ways)?;
        rows.extend(compare(
            "arguments",
            "&[u8], Vec of 4 KiB out",
            threads,
            plan,
            0,
            &ways,
        ));

        let text = "sixteen bytes ok".to_owned();
        let small = vec![1u8; 64];
        let (text, small) = (&text, &small);
        let ways = [
            Way::new("static, and one copy", move || {
                each!(move |_| {
                    let given = swapped(text.clone(), small.clone());
                    let copy = black_box(black_box(&given).0.clone());
                    copy.len() as u64 + given.1
                })
            }),
            Way::new("static", move || {
                each!(move |_| {
                    let given = swapped(text.clone(), small.clone());
                    given.0.len() as u64 + given.1
                })
            }),
            Way::new("LMMS", move || {
                each!(move |_| {
                    let given = probe.probe().swap(text.clone(), small.clone());
                    given.map_or_else(failed, |given| black_box(&given).0.len() as u64 + given.1)
                })
            })
            .noted("the module copies arguments that it takes by value"),
        ];
        check(&ways)?;
        rows.extend(compare(
            "arguments",
            "String and Vec by value",
            threads,
            plan,
            0,
            &ways,
        ));
    }
    Ok(rows)
}

#[inline(never)]
fn joined(first: &str) -> String {
    work::join(black_box(first), black_box("tes more"))
}

#[inline(never)]
fn inverted(bytes: &[u8]) -> Vec<u8> {
    work::invert(black_box(bytes))
}

#[inline(never)]
fn swapped(text: String, bytes: Vec<u8>) -> (String, u64) {
    work::swap(text, bytes)
}
