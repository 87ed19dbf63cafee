//! Of threads that miss one result at once, one computes it, whichever way they ask.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use lmms::{Shared, UnloadOutcome};
use lmms_library_tests::{Fixtures, modules};
use serde_json::json;

fn open(cache_bytes: u64) -> Fixtures {
    let builder = Fixtures::builder().modules(modules());
    builder
        .background_sweeps(false)
        .cache_bytes(cache_bytes)
        .open()
        .expect("the fixtures are built")
}

/// Runs a test for so long at most, once the fixtures are built.
fn in_time(test: impl FnOnce() + Send + 'static) {
    modules();
    let (done, ended) = channel::<()>();
    let tested = thread::spawn(move || {
        test();
        drop(done);
    });
    let ended = ended.recv_timeout(Duration::from_secs(100));
    assert_ne!(ended, Err(RecvTimeoutError::Timeout), "it hangs");
    tested.join().expect("no assertion failed");
}

/// All ways to ask for the held answer.
const WAYS: [fn(&Fixtures) -> u64; 5] = [
    |fixtures| fixtures.held().answer("x").unwrap(),
    |fixtures| {
        let pinned = fixtures.held().pin().unwrap();
        pinned.answer("x").unwrap()
    },
    |fixtures| {
        let shared: Shared<u64> = fixtures.held().shared().answer("x").unwrap();
        *shared
    },
    |fixtures| {
        let named = fixtures.execute_operation("held", "answer", json!({ "_name": "x" }));
        named.unwrap().as_u64().unwrap()
    },
    |fixtures| fixtures.relay().answer_far("x").unwrap(),
];

/// How often the answer was computed for two threads each way that ask for it at once.
fn runs_for_all(fixtures: &Fixtures) -> u64 {
    let held = fixtures.held();
    held.let_answer(false).unwrap();
    let before = held.runs().unwrap();
    let asking = AtomicUsize::new(0);
    thread::scope(|scope| {
        for way in WAYS.into_iter().chain(WAYS) {
            let asking = &asking;
            scope.spawn(move || {
                asking.fetch_add(1, Ordering::Relaxed);
                assert!(way(fixtures) > before);
            });
        }
        let deadline = Instant::now() + Duration::from_secs(20);
        // All of them are on their way, and one is there.
        while asking.load(Ordering::Relaxed) < 2 * WAYS.len() || held.runs().unwrap() == before {
            assert!(Instant::now() < deadline, "nobody comes");
            thread::yield_now();
        }
        for _ in 0..1000 {
            thread::yield_now();
        }
        let inside = fixtures.unload("probe").unwrap();
        assert!(matches!(inside, UnloadOutcome::Refused { .. }), "{inside}");
        held.let_answer(true).unwrap();
    });
    held.runs().unwrap() - before
}

#[test]
fn one_computes_for_all_whichever_way_they_ask() {
    in_time(|| {
        let fixtures = open(1 << 20);
        assert_eq!(runs_for_all(&fixtures), 1);
        let cache = fixtures.statistics().cache;
        assert_eq!(cache.misses, 1);
        assert!(cache.joined > 0, "{cache:?}");
        assert_eq!(cache.joined + cache.hits, 2 * WAYS.len() as u64 - 1);
        let shown = fixtures.statistics().to_string();
        let joined = format!("{} joined", cache.joined);
        assert!(shown.contains(&joined), "{shown}");
    });
}

#[test]
fn without_a_cache_each_computes_for_itself() {
    in_time(|| {
        let fixtures = open(0);
        assert_eq!(runs_for_all(&fixtures), 2 * WAYS.len() as u64);
    });
}

#[test]
fn an_operation_that_asks_for_its_own_result_waits_for_nobody() {
    in_time(|| {
        let fixtures = open(1 << 20);
        let begun = Instant::now();
        for on_a_thread in [false, true] {
            assert_eq!(fixtures.relay().asks_itself(on_a_thread).unwrap(), 2);
        }
        // Not that it gave up in the end.
        assert!(begun.elapsed() < Duration::from_secs(5));
    });
}
