//! The runtime on fake libraries and a manual clock: loading, protecting, unloading, remembering.

#![forbid(unsafe_code)]

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use lmms::library::{Busy, BusyKind};
use lmms::outcome::{Refusal, UnloadOutcome};
use lmms::policy::Policy;
use lmms::{CallError, Error, State};

use crate::fake::{self, PINNED, Stage};

fn eager() -> Policy {
    Policy::default().max_resident(0).grace(Duration::ZERO)
}

#[test]
fn a_module_is_loaded_at_its_first_call_and_once() {
    let stage = Stage::new(Policy::default());
    assert_eq!(stage.fakes.statistics().loads, 0);
    assert!(!stage.resident(3));
    assert_eq!(stage.fakes.double_of(3, 4).unwrap(), 8);
    assert_eq!(stage.fakes.double_of(3, 5).unwrap(), 10);
    assert!(stage.resident(3));
    assert_eq!((stage.loads(3), stage.loads(4)), (1, 0));
    let statistics = stage.fakes.statistics();
    assert_eq!((statistics.loads, statistics.calls), (1, 2));
    assert_eq!(statistics.modules[3].state, State::Resident);
}

#[test]
fn of_many_threads_one_loads_and_the_others_wait() {
    let stage = Stage::new(Policy::default());
    thread::scope(|scope| {
        for number in 0..8 {
            let fakes = &stage.fakes;
            scope.spawn(move || assert_eq!(fakes.double_of(0, number).unwrap(), 2 * number));
        }
    });
    assert_eq!(stage.loads(0), 1);
    assert_eq!(stage.fakes.statistics().modules[0].references, 0);
}

#[test]
fn a_failed_load_is_tried_again_after_a_growing_while() {
    let stage = Stage::new(Policy::default());
    stage.script(2, |script| script.load_error = Some("broken".into()));
    let first = stage.fakes.double_of(2, 1).unwrap_err();
    assert!(
        matches!(first.as_lmms(), Some(Error::Start { .. })),
        "{first}"
    );
    let second = stage.fakes.double_of(2, 1).unwrap_err();
    assert!(
        matches!(second.as_lmms(), Some(Error::Backoff { .. })),
        "{second}"
    );
    assert!(second.to_string().contains("broken"), "{second}");
    assert!(
        stage
            .fakes
            .explain("m02")
            .unwrap()
            .to_string()
            .contains("broken")
    );
    // Other modules are not concerned.
    assert_eq!(stage.fakes.double_of(1, 1).unwrap(), 2);

    stage.clock.advance(Duration::from_millis(101));
    let third = stage.fakes.double_of(2, 1).unwrap_err();
    assert!(
        matches!(third.as_lmms(), Some(Error::Start { .. })),
        "{third}"
    );
    stage.clock.advance(Duration::from_millis(101));
    let fourth = stage.fakes.double_of(2, 1).unwrap_err();
    assert!(
        matches!(fourth.as_lmms(), Some(Error::Backoff { .. })),
        "doubled: {fourth}"
    );

    stage.script(2, |script| script.load_error = None);
    stage.clock.advance(Duration::from_millis(100));
    assert_eq!(stage.fakes.double_of(2, 1).unwrap(), 2);
    assert_eq!(stage.fakes.statistics().failed_loads, 2);
}

#[test]
fn a_panic_of_the_loader_is_an_error_and_leaves_nothing_stuck() {
    let stage = Stage::new(Policy::default());
    stage.script(2, |script| script.load_panics = true);
    let error = stage.fakes.double_of(2, 1).unwrap_err();
    assert!(error.to_string().contains("panicked"), "{error}");
    stage.script(2, |script| script.load_panics = false);
    stage.advance(1);
    assert_eq!(stage.fakes.double_of(2, 1).unwrap(), 2);
}

#[test]
fn beyond_eight_the_least_recently_used_go_first() {
    let stage = Stage::new(Policy::default());
    for module in 0..11 {
        stage.fakes.double_of(module, 1).unwrap();
        stage.advance(1);
        stage.fakes.sweep();
    }
    assert_eq!(
        stage.fakes.statistics().modules_resident,
        11,
        "grace protects"
    );
    stage.advance(31);
    let report = stage.fakes.sweep();
    let gone: Vec<_> = report
        .attempts
        .iter()
        .map(|attempt| attempt.module)
        .collect();
    assert_eq!(gone, ["m00", "m01", "m02"]);
    assert_eq!((report.unloaded(), report.bytes()), (3, 3 * 1234));
    assert_eq!(stage.fakes.statistics().modules_resident, 8);
    assert_eq!(
        stage.fakes.double_of(0, 2).unwrap(),
        4,
        "it comes back when needed"
    );
    assert_eq!(stage.loads(0), 2);
    let statistics = stage.fakes.statistics();
    assert_eq!(
        (statistics.unloads, statistics.bytes_reclaimed),
        (3, 3 * 1234)
    );
    assert!(statistics.to_string().contains("3 unloads"), "{statistics}");
}

#[test]
fn pins_and_owned_guards_keep_a_module() {
    let stage = Stage::new(eager());
    let pin = stage.fakes.pin(1);
    assert_eq!(stage.fakes.sweep().unloaded(), 0);
    let refused = stage.fakes.unload("m01").unwrap();
    assert_eq!(
        refused,
        UnloadOutcome::Refused {
            reason: Refusal::References(1)
        }
    );
    drop(pin);

    let guard = lmms::__private::own(stage.fakes.core(), &[1]).unwrap();
    assert_eq!(stage.fakes.statistics().modules[1].references, 1);
    assert_eq!(stage.fakes.sweep().unloaded(), 0);
    thread::spawn(move || drop(guard)).join().unwrap();
    assert_eq!(stage.fakes.sweep().unloaded(), 1);
    assert!(!stage.resident(1));
}

#[test]
fn a_pinned_operation_keeps_its_module_for_good() {
    let stage = Stage::new(eager());
    stage.fakes.double_of(PINNED, 1).unwrap();
    stage.advance(100_000);
    assert_eq!(stage.fakes.sweep().unloaded(), 0);
    let refused = stage.fakes.unload("m11").unwrap();
    assert_eq!(
        refused,
        UnloadOutcome::Refused {
            reason: Refusal::Pinned
        }
    );
}

#[test]
fn a_veto_keeps_a_module_and_the_next_one_goes_instead() {
    let stage = Stage::new(Policy::default().max_resident(1).grace(Duration::ZERO));
    stage.script(0, |script| script.veto = Some("holds the only copy".into()));
    stage.fakes.double_of(0, 1).unwrap();
    stage.advance(1);
    stage.fakes.double_of(1, 1).unwrap();
    stage.advance(1);
    let report = stage.fakes.sweep();
    assert_eq!(report.attempts.len(), 2);
    assert!(
        report.attempts[0]
            .outcome
            .to_string()
            .contains("holds the only copy")
    );
    assert_eq!(
        report.attempts[1].outcome,
        UnloadOutcome::Unloaded { bytes: 1234 }
    );
    assert!(stage.resident(0) && !stage.resident(1));
}

#[test]
fn a_busy_module_stays_usable() {
    let stage = Stage::new(eager());
    stage.script(0, |script| {
        script.busy = Some(Busy::new(
            BusyKind::Threads,
            vec!["thread 7 (worker)".into()],
        ))
    });
    stage.fakes.double_of(0, 1).unwrap();
    let report = stage.fakes.sweep();
    assert_eq!(report.unloaded(), 0);
    assert!(
        report.attempts[0]
            .outcome
            .to_string()
            .contains("thread 7 (worker)")
    );
    assert_eq!(stage.fakes.double_of(0, 2).unwrap(), 4);
    assert_eq!(stage.loads(0), 1);
    stage.script(0, |script| script.busy = None);
    assert_eq!(stage.fakes.sweep().unloaded(), 1);
}

#[test]
fn what_starts_just_before_the_seal_refuses_too() {
    let stage = Stage::new(eager());
    stage.fakes.double_of(0, 1).unwrap();
    stage.script(0, |script| {
        script.busy = Some(Busy::new(BusyKind::Threads, vec!["thread 8 (late)".into()]));
        script.busy_when_sealed = true;
    });
    let outcome = stage.fakes.unload("m00").unwrap();
    assert!(outcome.to_string().contains("thread 8 (late)"), "{outcome}");
    assert_eq!(stage.fakes.double_of(0, 2).unwrap(), 4);
    assert_eq!(stage.loads(0), 1, "the gate is open again");
}

#[test]
fn a_busy_module_is_not_even_sealed() {
    let stage = Stage::new(eager());
    stage.fakes.double_of(0, 1).unwrap();
    // Busy when asked first, and no more when asked again: one answer must be enough.
    stage.script(0, |script| {
        script.busy = Some(Busy::new(BusyKind::Threads, vec!["thread 9".into()]));
        script.busy_once = true;
    });
    let outcome = stage.fakes.unload("m00").unwrap();
    assert!(
        matches!(outcome, UnloadOutcome::Refused { .. }),
        "{outcome}"
    );
}

#[test]
fn who_calls_a_module_from_inside_its_load_or_unload_gets_an_error_and_no_deadlock() {
    let Stage { fakes, scripts, .. } = Stage::new(eager());
    let fakes = Arc::new(fakes);
    let errors = Arc::new(Mutex::new(Vec::new()));
    let (gateway, seen) = (fakes.clone(), errors.clone());
    let call = move || {
        // Other modules are not concerned, and neither is what only looks.
        assert_eq!(gateway.double_of(1, 2).unwrap(), 4);
        assert_eq!(gateway.statistics().modules_known, fake::MODULES);
        let error = gateway.double_of(0, 2).unwrap_err();
        seen.lock().unwrap().push(error.to_string());
    };
    let meanwhile = |what| {
        let mut scripts = scripts.lock().unwrap();
        scripts.entry("m00").or_default().meanwhile = fake::Meanwhile(what);
    };
    meanwhile(Some(Arc::new(call)));
    assert_eq!(fakes.double_of(0, 1).unwrap(), 2);
    let outcome = fakes.unload("m00").unwrap();
    assert!(
        matches!(outcome, UnloadOutcome::Unloaded { .. }),
        "{outcome}"
    );
    meanwhile(None);
    let errors = errors.lock().unwrap();
    assert_eq!(errors.len(), 2, "{errors:?}");
    for error in &*errors {
        assert!(error.contains("by this very thread"), "{error}");
    }
}

#[test]
fn refusals_are_counted_by_reason() {
    let stage = Stage::new(eager());
    stage.fakes.double_of(0, 1).unwrap();
    stage.fakes.double_of(PINNED, 1).unwrap();
    stage.script(0, |script| {
        script.busy = Some(Busy::new(BusyKind::SignalHandlers, vec!["SIGUSR1".into()]))
    });
    for module in ["m00", "m00", "m11"] {
        stage.fakes.unload(module).unwrap();
    }
    let statistics = stage.fakes.statistics();
    let counts: Vec<_> = statistics
        .refusals_by_reason
        .iter()
        .map(|refusals| (refusals.reason, refusals.count))
        .collect();
    assert_eq!(counts, [("pinned", 1), ("signal_handlers", 2)]);
    let text = statistics.to_string();
    assert!(
        text.contains("3 refusals (1 pinned, 2 signal_handlers)"),
        "{text}"
    );
}

#[test]
fn a_retired_module_is_never_called_again_and_a_fresh_copy_is_loaded() {
    let stage = Stage::new(eager());
    stage.script(0, |script| script.retires = true);
    stage.fakes.double_of(0, 1).unwrap();
    let outcome = stage.fakes.unload("m00").unwrap();
    assert_eq!(
        outcome,
        UnloadOutcome::Stuck {
            reason: "stuck".into()
        }
    );
    assert!(!stage.resident(0));
    assert_eq!(stage.fakes.double_of(0, 2).unwrap(), 4);
    assert_eq!(stage.loads(0), 2);
    let statistics = stage.fakes.statistics();
    assert_eq!((statistics.retirements, statistics.unloads), (1, 0));
    assert_eq!(statistics.retired_bytes, 1000);
}

#[test]
fn a_panic_is_told_apart_and_the_module_lives_on() {
    let stage = Stage::new(eager());
    let error = stage.fakes.double_of(0, 13).unwrap_err();
    let CallError::Panicked(panic) = &error else {
        panic!("{error}");
    };
    assert_eq!((&*panic.module, &*panic.operation), ("m00", "m00.double"));
    assert_eq!(stage.fakes.double_of(0, 1).unwrap(), 2);
    assert_eq!(
        stage.fakes.sweep().unloaded(),
        1,
        "the guard was given back"
    );
}

#[test]
fn heat_protects_and_pressure_does_not_touch_the_hot() {
    let stage = Stage::new(eager());
    for _ in 0..20 {
        stage.fakes.double_of(0, 1).unwrap();
    }
    stage.fakes.double_of(1, 1).unwrap();
    stage
        .pressure
        .0
        .store(true, std::sync::atomic::Ordering::Relaxed);
    let report = stage.fakes.sweep();
    assert_eq!(report.attempts.len(), 1);
    assert!(stage.resident(0) && !stage.resident(1));
    stage.advance(3700);
    assert_eq!(
        stage.fakes.sweep().unloaded(),
        1,
        "hot stays only while hot"
    );
    for _ in 0..100 {
        stage.fakes.double_of(0, 1).unwrap();
    }
    stage.fakes.sweep();
    stage.advance(100_000);
    assert_eq!(stage.fakes.sweep().unloaded(), 0, "critical stays for good");
}

#[test]
fn a_byte_budget_unloads_below_the_threshold() {
    let stage = Stage::new(Policy::default().grace(Duration::ZERO).resident_bytes(3000));
    for module in 0..3 {
        stage.script(module, |script| script.heap = 500);
        stage.fakes.double_of(module, 1).unwrap();
        stage.advance(1);
    }
    assert_eq!(stage.fakes.sweep().unloaded(), 1);
    assert!(!stage.resident(0));
}

#[test]
fn a_module_that_comes_right_back_is_granted_a_longer_grace() {
    let stage = Stage::new(Policy::default().max_resident(0));
    for (round, seconds) in [30, 60, 120].into_iter().enumerate() {
        stage.fakes.double_of(0, 1).unwrap();
        stage.fakes.sweep();
        stage.advance(seconds - 1);
        assert_eq!(stage.fakes.sweep().unloaded(), 0, "round {round}");
        stage.advance(1);
        assert_eq!(stage.fakes.sweep().unloaded(), 1, "round {round}");
    }
    stage.fakes.double_of(0, 1).unwrap();
    assert_eq!(stage.fakes.statistics().ping_pongs, 3);
}

#[test]
fn a_dedicated_thread_serves_all_callers() {
    let stage = Stage::new(eager());
    stage.script(0, |script| script.dedicated = true);
    thread::scope(|scope| {
        for number in 0..4 {
            let fakes = &stage.fakes;
            scope.spawn(move || assert_eq!(fakes.double_of(0, number).unwrap(), number * 2));
        }
    });
    assert_eq!(stage.fakes.sweep().unloaded(), 1);
    assert_eq!(stage.fakes.double_of(0, 4).unwrap(), 8);
}

#[test]
fn the_background_sweeper_unloads_by_itself() {
    let stage = Stage::build(eager(), |builder, _| builder);
    assert_eq!(stage.fakes.double_of(0, 1).unwrap(), 2);
    let gone = stage.left.recv_timeout(Duration::from_secs(20));
    assert_eq!(gone, Ok("m00"));
}

#[test]
fn closing_unloads_what_is_loaded() {
    let stage = Stage::new(Policy::default());
    stage.fakes.double_of(0, 1).unwrap();
    stage.script(1, |script| {
        script.veto = Some("asked for nothing now".into())
    });
    stage.fakes.double_of(1, 1).unwrap();
    drop(stage.fakes);
    let mut left: Vec<_> = stage.left.try_iter().collect();
    left.sort_unstable();
    assert_eq!(left, ["m00", "m01"]);
}
