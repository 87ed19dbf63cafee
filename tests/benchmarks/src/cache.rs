//! Cached results: a hit on one key, hits on keys that some are asked for more often than others, and a cache that is
//! too small for all of them, so with misses, insertions and evictions.
//!
//! Keys have 16 bytes, results 64. Every rival holds the results as its user would: the bytes themselves, or a text
//! shared.

#![forbid(unsafe_code)]

mod keys;
mod stores;

use std::hint::black_box;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use benchmark_work as work;
use cached::Cached;

use crate::fixture::{self, beside, failed};
use crate::measure::{Plan, Way, check, compare, each};
use crate::original;
use crate::row::{Row, Target, rivals};
use keys::Keys;
use stores::{Block, Bounded, Maps, computed, lock};

const FAMILY: &str = "cache";

/// The key of the case with one key: 16 bytes.
const KEY: &str = "sixteen bytes ok";

/// Keys in the other cases.
const KEYS: usize = 10_000;

/// Results that fit where not all do.
const FIT: usize = KEYS / 10;

/// Room for all of them and much more.
const ROOM: usize = 100_000;

const NO_TIME: &str = "knows no time to live";
const NO_BOUND: &str = "knows no time to live, no bound";

const OURS: &str = "LMMS gateway, 64 plain bytes";

/// Runs the family.
pub fn run(plan: &Plan) -> Result<Vec<Row>, String> {
    let keys = Keys::zipf(KEYS);
    let stores = Bounded::new(ROOM, 64 << 20)?;
    let maps = Maps::default();
    for key in keys.all().chain([KEY]) {
        for store in [
            Bounded::moka,
            Bounded::quick,
            Bounded::scc,
            Bounded::cached,
            Bounded::lmms,
        ] {
            store(&stores, key);
        }
        maps.insert(key);
    }
    stores.moka.run_pending_tasks();
    let each_result = stores.probe.statistics().cache;
    let each_result = each_result.bytes.div_ceil(each_result.entries.max(1));
    let small = Bounded::new(FIT, each_result * FIT as u64)?;

    let mut rows = Vec::new();
    for threads in [1, 2] {
        rows.extend(hits(
            "one key, 64 bytes",
            threads,
            plan,
            (&stores, &maps),
            |_| black_box(KEY),
        )?);
        rows.extend(texts(threads, plan)?);
        let keys = &keys;
        rows.extend(hits(
            "10,000 keys by Zipf, 64 bytes, all hits",
            threads,
            plan,
            (&stores, &maps),
            move |number| keys.at(number),
        )?);
        rows.extend(evictions(threads, plan, &small, keys)?);
    }
    rows.extend(shares(&small, &keys));
    rows.push(original::hits(plan));
    for ours in [OURS, "LMMS gateway, a String shared"] {
        let texts = ours != OURS;
        rivals(&mut rows, ours, |row| {
            row.unit == "ns" && !row.case.contains("LMMS") && row.case.contains("a text") == texts
        });
    }
    rows.extend(allocations()?);
    Ok(rows)
}

/// Lookups of what is there, in every store.
fn hits<'a>(
    group: &str,
    threads: usize,
    plan: &Plan,
    (stores, maps): (&'a Bounded, &'a Maps),
    key: impl Fn(u64) -> &'a str + Copy + Sync + 'a,
) -> Result<Vec<Row>, String> {
    let ways = [
        Way::new("moka", move || {
            each!(move |number| stores.moka.get(key(number)).map_or(0, first))
        }),
        Way::new(OURS, move || {
            each!(move |number| {
                let found = stores.probe.probe().remembered_block(key(number));
                found.map_or_else(failed, first)
            })
        })
        .aimed(&[Target::Ratio(0.25)]),
        Way::new("quick_cache", move || {
            each!(move |number| stores.quick.get(key(number)).map_or(0, first))
        })
        .noted(NO_TIME),
        Way::new("scc HashCache", move || {
            each!(move |number| {
                let found = stores.scc.read_sync(key(number), |_, block| *block);
                found.map_or(0, first)
            })
        })
        .noted(NO_TIME),
        Way::new("cached", move || {
            each!(move |number| {
                let found = lock(&stores.cached).cache_get(key(number)).copied();
                found.map_or(0, first)
            })
        })
        .noted("behind a Mutex, as its macro puts it"),
        Way::new("papaya", move || {
            each!(move |number| maps.papaya.pin().get(key(number)).copied().map_or(0, first))
        })
        .noted(NO_BOUND),
        Way::new("dashmap", move || {
            each!(move |number| {
                let found = maps.dashmap.get(key(number)).map(|found| *found);
                found.map_or(0, first)
            })
        })
        .noted(NO_BOUND),
        Way::new("Mutex<HashMap>", move || {
            each!(move |number| lock(&maps.std).get(key(number)).copied().map_or(0, first))
        })
        .noted(NO_BOUND),
        Way::new("parking_lot Mutex<HashMap>", move || {
            each!(move |number| {
                let found = maps.parking_lot.lock().get(key(number)).copied();
                found.map_or(0, first)
            })
        })
        .noted(NO_BOUND),
    ];
    check(&ways)?;
    Ok(compare(FAMILY, group, threads, plan, 0, &ways))
}

/// Hits on a text that lies on the heap: shared, or copied out.
fn texts(threads: usize, plan: &Plan) -> Result<Vec<Row>, String> {
    let probe = fixture::open()?;
    let moka: moka::sync::Cache<String, Arc<str>> = moka::sync::Cache::builder()
        .max_capacity(ROOM as u64)
        .time_to_live(Duration::from_secs(3600))
        .build();
    let quick = quick_cache::sync::Cache::<String, Arc<str>>::new(ROOM);
    let text: Arc<str> = work::text(KEY).into();
    moka.insert(KEY.to_owned(), text.clone());
    quick.insert(KEY.to_owned(), text);
    let (probe, moka, quick) = (&probe, &moka, &quick);
    let letter = |text: &str| u64::from(black_box(text).as_bytes()[0]);
    let ways = [
        Way::new("moka, Arc<str>", move || {
            each!(move |_| moka.get(black_box(KEY)).map_or(0, |text| letter(&text)))
        }),
        Way::new("LMMS gateway, a String shared", move || {
            each!(move |_| {
                let found = probe.probe().shared().remembered(black_box(KEY));
                found.map_or_else(failed, |text| letter(&text))
            })
        })
        .aimed(&[Target::Ratio(0.25)]),
        Way::new("LMMS gateway, a String copied out", move || {
            each!(move |_| {
                let found = probe.probe().remembered(black_box(KEY));
                found.map_or_else(failed, |text| letter(&text))
            })
        })
        .aimed(&[Target::Ratio(0.25)]),
        Way::new("quick_cache, Arc<str>", move || {
            each!(move |_| quick.get(black_box(KEY)).map_or(0, |text| letter(&text)))
        })
        .noted(NO_TIME),
    ];
    check(&ways)?;
    Ok(compare(FAMILY, "one key, a text", threads, plan, 0, &ways))
}

/// Asks a store, which computes what it doesn't have.
type Ask = fn(&Bounded, &str) -> Block;

/// The stores that can be too small, each with its name.
const TOO_SMALL: [(&str, Ask); 5] = [
    ("moka", Bounded::moka),
    (OURS, Bounded::lmms),
    ("quick_cache", Bounded::quick),
    ("scc HashCache", Bounded::scc),
    ("cached", Bounded::cached),
];

/// The group with stores that are too small.
const EVICTIONS: &str = "10,000 keys by Zipf, 64 bytes, room for 1,000";

/// Lookups in stores that are too small for all keys: what isn't there is computed and put there in place of something
/// else.
fn evictions(
    threads: usize,
    plan: &Plan,
    stores: &Bounded,
    keys: &Keys,
) -> Result<Vec<Row>, String> {
    let ways = TOO_SMALL.map(|(name, ask)| {
        let way = Way::new(name, move || {
            each!(move |number| first(ask(stores, keys.at(number))))
        });
        match name {
            OURS => way.aimed(&[Target::Ratio(1.0)]),
            "moka" | "cached" => way,
            _ => way.noted(NO_TIME),
        }
    });
    check(&ways)?;
    Ok(compare(FAMILY, EVICTIONS, threads, plan, 0, &ways))
}

/// The share of hits in stores that are too small: a store that keeps the wrong results is fast for nothing.
fn shares(stores: &Bounded, keys: &Keys) -> Vec<Row> {
    const ASKED: u64 = 1 << 17;
    let rows = TOO_SMALL.map(|(name, ask)| {
        let counter = || match name {
            OURS => stores.lmms_computed(),
            _ => computed(),
        };
        let before = counter();
        for number in 0..ASKED {
            ask(stores, keys.at(number));
        }
        let missed = (counter() - before) as f64 / ASKED as f64;
        Row::new(FAMILY, format!("{EVICTIONS}, hits: {name}"), 1, "%")
            .exactly((1.0 - missed) * 100.0)
    });
    rows.into()
}

#[inline(always)]
fn first(block: Block) -> u64 {
    u64::from(black_box(&block)[0])
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
                row.aimed(&[Target::Zero])
            } else {
                row
            }
        })
        .collect())
}
