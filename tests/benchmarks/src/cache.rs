//! A hit in the cache: a 16-byte key, a 64-byte value.

#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::hint::black_box;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use benchmark_work as work;

use crate::fixture::{self, beside, failed};
use crate::measure::{Plan, Way, check, compare, each};
use crate::original;
use crate::row::{Row, Target};

/// The key: 16 bytes.
const KEY: &str = "sixteen bytes ok";

/// Many others, so that no cache gets away with one slot.
const OTHERS: u64 = 1000;

/// Runs the family.
pub fn run(plan: &Plan) -> Result<Vec<Row>, String> {
    let probe = fixture::open()?;
    let moka: moka::sync::Cache<String, Arc<[u8; 64]>> = moka::sync::Cache::builder()
        .max_capacity(100_000)
        .time_to_live(Duration::from_secs(3600))
        .build();
    let quick = quick_cache::sync::Cache::<String, Arc<[u8; 64]>>::new(100_000);
    let map: Mutex<HashMap<String, Arc<[u8; 64]>>> = Mutex::default();
    let parking = parking_lot::Mutex::new(HashMap::<String, Arc<[u8; 64]>>::new());
    for number in 0..=OTHERS {
        let key = if number == OTHERS {
            KEY.to_owned()
        } else {
            format!("another key {number:04}")
        };
        let value = Arc::new(work::block(&key));
        moka.insert(key.clone(), value.clone());
        quick.insert(key.clone(), value.clone());
        lock(&map).insert(key.clone(), value.clone());
        parking.lock().insert(key.clone(), value.clone());
        let interface = probe.probe();
        interface
            .remembered_block(&key)
            .and_then(|_| interface.remembered(&key))
            .map_err(|error| error.to_string())?;
    }
    let mut rows = Vec::new();
    let probe = &probe;
    let (moka, quick, map, parking) = (&moka, &quick, &map, &parking);
    for threads in [1, 2] {
        let ways = [
            Way::new("moka, shared", move || {
                each!(move |_| moka.get(black_box(KEY)).map_or(0, first))
            }),
            Way::new("LMMS gateway, 64 plain bytes", move || {
                each!(move |_| {
                    let found = probe.probe().remembered_block(black_box(KEY));
                    found.map_or_else(failed, |block| u64::from(black_box(&block)[0]))
                })
            })
            .aimed(&[Target::Most(25.0), Target::Ratio(0.25)]),
            Way::new("LMMS gateway, a String copied out", move || {
                each!(move |_| {
                    let found = probe.probe().remembered(black_box(KEY));
                    found.map_or_else(failed, |text| u64::from(black_box(&text).as_bytes()[0]))
                })
            })
            .aimed(&[Target::Ratio(0.25)]),
            Way::new("LMMS gateway, a String shared", move || {
                each!(move |_| {
                    let found = probe.probe().shared().remembered(black_box(KEY));
                    found.map_or_else(failed, |text| u64::from(black_box(&text).as_bytes()[0]))
                })
            })
            .aimed(&[Target::Most(25.0), Target::Ratio(0.25)]),
            Way::new("quick_cache, shared", move || {
                each!(move |_| quick.get(black_box(KEY)).map_or(0, first))
            })
            .noted("knows no time to live"),
            Way::new("Mutex<HashMap>, shared", move || {
                each!(move |_| lock(map).get(black_box(KEY)).cloned().map_or(0, first))
            })
            .noted("knows no time to live, no bound"),
            Way::new("parking_lot Mutex<HashMap>, shared", move || {
                each!(move |_| parking.lock().get(black_box(KEY)).cloned().map_or(0, first))
            })
            .noted("knows no time to live, no bound"),
        ];
        check(&ways)?;
        rows.extend(compare("cache", "hit", threads, plan, 0, &ways));
    }
    rows.push(original::hits(plan));
    rows.extend(allocations()?);
    Ok(rows)
}

fn first(block: Arc<[u8; 64]>) -> u64 {
    u64::from(black_box(&block)[0])
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Blocks that a hit allocates, counted by a program with an allocator that counts.
fn allocations() -> Result<Vec<Row>, String> {
    let output = Command::new(beside("allocations")?)
        .arg(fixture::modules()?)
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let counts: Vec<(String, f64)> =
        serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
    Ok(counts
        .into_iter()
        .map(|(case, count)| {
            let shared = !case.contains("copied");
            let row = Row::new("cache", case, 1, "allocations a call").exactly(count);
            if shared {
                row.aimed(&[Target::Most(0.0)])
            } else {
                row
            }
        })
        .collect())
}
