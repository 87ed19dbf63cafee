//! Calls into real module libraries.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use fixture_types::{Everything, ProbeError};
use lmms::__private::{Core, FormSchema, Kwargs, by_name};
use lmms::clock::ManualClock;
use lmms::{CallError, Error, Gateway};
use lmms_library_tests::{Fixtures, modules};
use serde_json::{Value, json};

fn open() -> Fixtures {
    let builder = Fixtures::builder().modules(modules());
    builder
        .background_sweeps(false)
        .open()
        .expect("the fixtures are built")
}

#[test]
fn values_of_every_type_cross_both_ways_and_stay_after_the_unload() {
    let fixtures = open();
    let sample = Everything::sample();
    let echoed = fixtures.probe().echo(&sample).unwrap();
    let (given, text, bytes) = fixtures
        .probe()
        .give(sample.clone(), "text".repeat(50), vec![9; 100_000])
        .unwrap();
    let joined = fixtures
        .probe()
        .join("a", Some("b"), &[1, 2], None)
        .unwrap();
    assert!(matches!(
        fixtures.unload("probe").unwrap(),
        lmms::UnloadOutcome::Unloaded { bytes } if bytes > 100_000
    ));
    assert_eq!(echoed, sample);
    assert_eq!(given, sample);
    assert_eq!((text, bytes), ("text".repeat(50), vec![9; 100_000]));
    assert_eq!(joined, "a Some(\"b\") [1, 2] None");
}

#[test]
fn errors_panics_and_failures_are_told_apart() {
    let fixtures = open();
    let probe = fixtures.probe();
    assert_eq!(probe.refuse("").unwrap(), 1);
    let refused = probe.refuse("busy").unwrap_err();
    assert!(
        matches!(&refused, CallError::Operation(ProbeError::Refused { reason }) if reason == "busy"),
        "{refused}"
    );
    let Err(CallError::Panicked(panic)) = probe.panic_with_text("over here") else {
        panic!("not a panic");
    };
    assert_eq!(
        (&*panic.module, &*panic.operation),
        ("probe", "probe.panic_with_text")
    );
    assert_eq!(panic.message, "over here");
    let place = panic.location.expect("the hook saw where");
    assert!(place.contains("hazards.rs:"), "{place}");

    let Err(CallError::Panicked(panic)) = probe.panic_with_payload() else {
        panic!("not a panic");
    };
    assert!(panic.message.contains("no text"), "{panic}");
    let Err(CallError::Panicked(panic)) = probe.resume() else {
        panic!("not a panic");
    };
    assert_eq!((&*panic.message, panic.location), ("thrown on", None));
    assert!(probe.panic_on_thread().unwrap());
    assert_eq!(probe.add(2, 3).unwrap(), 5, "the module lives on");
    assert_eq!(fixtures.statistics().modules_resident, 1);
}

#[test]
fn a_module_calls_others_through_its_context() {
    let fixtures = open();
    let relay = fixtures.relay();
    assert_eq!(relay.add_far(40, 2).unwrap(), 42);
    let sample = Everything::sample();
    assert_eq!(relay.echo_far(sample.clone()).unwrap(), sample);
    assert_eq!(relay.nest(20).unwrap(), 21);
    let seen = relay.failures().unwrap();
    assert_eq!(seen.len(), 3, "{seen:?}");
    assert_eq!(seen[0], "refused: busy");
    assert!(
        seen[1].contains("far away") && seen[1].contains("probe"),
        "{seen:?}"
    );
    assert!(seen[2].contains("fell over a stone"), "{seen:?}");
    let (statistics, explanation) = relay.about().unwrap();
    let statistics: serde_json::Value = serde_json::from_str(&statistics).unwrap();
    assert_eq!(statistics["modules_resident"], 3);
    assert!(
        explanation.starts_with("probe is resident"),
        "{explanation}"
    );
    for module in ["relay", "probe", "solo"] {
        let outcome = fixtures.unload(module).unwrap();
        assert!(
            matches!(outcome, lmms::UnloadOutcome::Unloaded { .. }),
            "{module}: {outcome}"
        );
    }
}

#[test]
fn the_cache_serves_the_application_and_its_modules_alike() {
    let fixtures = open();
    let first = fixtures.relay().remembered_far("ann").unwrap();
    assert_eq!(fixtures.probe().remembered("ann").unwrap(), first);
    assert_eq!(fixtures.probe().remembered("nobody").unwrap(), None);
    assert_eq!(fixtures.relay().remembered_far("nobody").unwrap(), None);
    let other = fixtures.probe().remembered("bob").unwrap();
    assert_ne!(other, first);
    assert!(matches!(
        fixtures.unload("probe").unwrap(),
        lmms::UnloadOutcome::Unloaded { .. }
    ));
    assert_eq!(fixtures.relay().remembered_far("ann").unwrap(), first);
    assert!(
        !fixtures.is_resident("probe").unwrap(),
        "answered without a load"
    );
    assert_eq!(fixtures.statistics().loads_avoided, 1);
}

#[test]
fn cached_results_can_be_shared_instead_of_copied() {
    let fixtures = open();
    let probe = fixtures.probe();
    let first = probe.shared().recalled("ann").unwrap();
    assert!(first.is(&probe.shared().recalled("ann").unwrap()));
    assert!(!first.is(&probe.shared().recalled("bob").unwrap()));
    assert_eq!(*first, probe.recalled("ann").unwrap(), "a copy of the same");
    // What a plain call has put there is shared as well.
    let number = probe.remembered("ann").unwrap();
    assert_eq!(*probe.shared().remembered("ann").unwrap(), number);

    fixtures.unload("probe").unwrap();
    let again = probe.shared().recalled("ann").unwrap();
    assert!(
        again.is(&first) && !fixtures.is_resident("probe").unwrap(),
        "answered without a load"
    );
    let text = first.to_string();
    drop(fixtures);
    let elsewhere = std::thread::spawn(move || {
        drop(first);
        again.to_string()
    });
    assert_eq!(elsewhere.join().unwrap(), text, "nobody else has it now");
}

#[test]
fn an_error_is_neither_shared_nor_remembered() {
    let fixtures = open();
    let probe = fixtures.probe();
    let run = || match probe.shared().recalled("nobody") {
        Err(CallError::Operation(ProbeError::Refused { reason })) => reason,
        other => panic!("{other:?}"),
    };
    assert_ne!(run(), run(), "it ran again");
}

#[test]
fn a_dedicated_module_runs_on_one_thread() {
    let fixtures = open();
    let mut counts = Vec::new();
    for _ in 0..3 {
        let (count, name) = std::thread::scope(|scope| {
            scope
                .spawn(|| fixtures.solo().count().unwrap())
                .join()
                .unwrap()
        });
        assert_eq!(name.as_deref(), Some("lmms-solo"));
        counts.push(count);
    }
    assert_eq!(counts, [1, 2, 3]);
    let Err(CallError::Panicked(panic)) = fixtures.solo().fall("x") else {
        panic!("not a panic");
    };
    assert_eq!(panic.message, "fell over x");
    assert!(matches!(
        fixtures.unload("solo").unwrap(),
        lmms::UnloadOutcome::Unloaded { .. }
    ));
    assert_eq!(fixtures.solo().count().unwrap().0, 1, "a new life");
}

#[test]
fn pinned_handles_call_the_same_operations() {
    let fixtures = open();
    let pinned = fixtures.probe().pin().unwrap();
    for number in 0..100 {
        assert_eq!(pinned.add(number, 1).unwrap(), number + 1);
    }
    assert!(pinned.panic_with_text("pinned").is_err());
    assert_eq!(
        pinned.remembered("ann").unwrap(),
        pinned.remembered("ann").unwrap()
    );
    assert!(matches!(
        fixtures.unload("probe").unwrap(),
        lmms::UnloadOutcome::Refused { .. }
    ));
    drop(pinned);
    let guard = fixtures.probe().pin_owned().unwrap();
    let moved = std::thread::spawn(move || guard).join().unwrap();
    assert!(matches!(
        fixtures.unload("probe").unwrap(),
        lmms::UnloadOutcome::Refused { .. }
    ));
    drop(moved);
    assert!(matches!(
        fixtures.unload("probe").unwrap(),
        lmms::UnloadOutcome::Unloaded { .. }
    ));
}

lmms::gateway! {
    /// The same operations in another registry.
    Twin { modules: ["fixtures/*"] }
}

/// Hands operations of one registry to the gateway of another.
struct Crossed(Fixtures);

// SAFETY: the tables are those of a generated registry.
unsafe impl Gateway for Crossed {
    const REGISTRY: &'static lmms::Registry = Twin::REGISTRY;

    unsafe fn from_core(core: Core) -> Self {
        // SAFETY: the registry has the same operations in the same order, of the same types.
        Self(unsafe { Fixtures::from_core(core) })
    }

    fn core(&self) -> &Core {
        self.0.core()
    }

    fn describe(form: usize, types: &mut FormSchema) {
        Fixtures::describe(form, types);
    }

    fn by_name(&self, kwargs: &mut Kwargs) -> Result<Value, CallError<Value>> {
        self.0.by_name(kwargs)
    }
}

#[test]
fn a_gateway_answers_for_no_operation_of_another() {
    let crossed = Crossed(open());
    let kwargs = json!({ "name": "twin" });
    crossed
        .0
        .execute_operation("probe", "remembered", kwargs.clone())
        .unwrap();
    let call = || by_name(&crossed, "probe", "remembered", kwargs.clone());
    let answer = catch_unwind(AssertUnwindSafe(call));
    assert!(answer.is_err(), "not even from the cache: {answer:?}");
}

#[test]
fn calls_by_name_take_and_give_json() {
    let fixtures = open();
    let sum = fixtures.execute_operation("probe", "add", json!({ "left": 1, "right": 2 }));
    assert_eq!(sum.unwrap(), json!(3));
    let joined =
        fixtures.execute_operation("probe", "join", json!({ "first": "a", "numbers": [1] }));
    assert_eq!(joined.unwrap(), json!("a None [1] None"));
    let sample = fixtures.probe().echo(&Everything::sample()).unwrap();
    let json = lmms::Portable::to_json(&sample);
    let echoed = fixtures.execute_operation("probe", "echo", json!({ "value": json.clone() }));
    assert_eq!(echoed.unwrap(), json);
    let refused = fixtures.execute_operation("probe", "refuse", json!({ "reason": "busy" }));
    assert!(matches!(
        refused.unwrap_err(),
        CallError::Operation(error) if error == json!({ "Refused": { "reason": "busy" } })
    ));
    let error = fixtures
        .execute_operation("probe", "ad", json!({}))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "no operation `probe.ad`; did you mean `probe.add`?"
    );
    let error = fixtures.execute_operation("probe", "add", json!({ "left": "1", "right": 2 }));
    assert_eq!(
        error.unwrap_err().to_string(),
        "arguments of `probe.add`: at `left`: expected u64, found the text \"1\""
    );
}

#[test]
fn a_module_sees_the_gateways_clock() {
    let clock = ManualClock::new();
    clock.set_unix(Duration::from_secs(1_000_000));
    let fixtures = Fixtures::builder()
        .modules(modules())
        .clock(clock.clone())
        .open()
        .unwrap();
    clock.advance(Duration::from_millis(1500));
    let told = fixtures.probe().clock().unwrap();
    assert_eq!(told, (1_000_001, Duration::from_millis(1500)));
}

#[test]
fn a_folder_without_a_manifest_is_a_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    let error = Fixtures::builder()
        .modules(folder.path())
        .open()
        .unwrap_err();
    assert!(matches!(error, Error::Manifest(_)), "{error}");
    assert!(error.to_string().contains("cargo lmms build"), "{error}");
}
