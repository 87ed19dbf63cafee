//! Cached results: they answer before anything is loaded, and protect their module.

#![forbid(unsafe_code)]

use std::sync::Mutex;
use std::time::Duration;

use lmms::CallError;
use lmms::policy::{CacheDependencies, Policy};

use crate::fake::{self, Stage, find_runs};

/// Tests that count runs of `find` take turns.
static FIND: Mutex<()> = Mutex::new(());

fn eager() -> Policy {
    Policy::default().max_resident(0).grace(Duration::ZERO)
}

#[test]
fn the_cache_answers_before_anything_is_loaded() {
    let _turn = FIND.lock().unwrap();
    let stage = Stage::new(eager().cache_dependencies(CacheDependencies::Detach));
    let before = find_runs();
    assert_eq!(
        stage.fakes.find_in(5, "ann").unwrap().as_deref(),
        Some("ANN")
    );
    assert_eq!(stage.fakes.find_in(5, "nobody").unwrap(), None);
    assert_eq!(find_runs() - before, 2, "the arguments belong to the key");
    assert_eq!(stage.fakes.sweep().unloaded(), 1);
    assert_eq!(
        stage.fakes.find_in(5, "ann").unwrap().as_deref(),
        Some("ANN")
    );
    assert_eq!(
        stage.fakes.find_in(5, "nobody").unwrap(),
        None,
        "a cached `None` is a hit"
    );
    assert!(!stage.resident(5));
    let statistics = stage.fakes.statistics();
    assert_eq!(
        (
            statistics.loads,
            statistics.loads_avoided,
            statistics.cache.hits
        ),
        (1, 2, 2)
    );

    stage.clock.advance(fake::TTL);
    stage.fakes.find_in(5, "ann").unwrap();
    assert_eq!(find_runs() - before, 3, "it expired");
    stage.fakes.find_in(6, "ann").unwrap();
    assert_eq!(find_runs() - before, 4, "the operation belongs to the key");
    let forgotten = stage.fakes.invalidate("m05", "find").unwrap();
    assert_eq!(forgotten, 2, "the expired result goes too");
    stage.fakes.find_in(5, "ann").unwrap();
    assert_eq!(find_runs() - before, 5);
    assert_eq!(stage.fakes.invalidate_module("m06").unwrap(), 1);
}

#[test]
fn errors_are_not_cached() {
    let stage = Stage::new(eager());
    for _ in 0..2 {
        let error = stage.fakes.fail_in(0, "").unwrap_err();
        assert!(matches!(error, CallError::Operation(text) if text == "no name"));
    }
    assert_eq!(stage.fakes.statistics().cache.insertions, 0);
    assert_eq!(stage.fakes.fail_in(0, "x").unwrap(), "x");
    assert_eq!(stage.fakes.statistics().cache.insertions, 1);
}

#[test]
fn cached_results_protect_their_module_unless_detached() {
    let _turn = FIND.lock().unwrap();
    let stage = Stage::new(eager());
    stage.fakes.find_in(5, "ann").unwrap();
    assert_eq!(stage.fakes.sweep().unloaded(), 0);
    let explanation = stage.fakes.explain("m05").unwrap().to_string();
    assert!(explanation.contains("cache"), "{explanation}");
    stage.clock.advance(fake::TTL);
    assert_eq!(stage.fakes.sweep().unloaded(), 1);
}
