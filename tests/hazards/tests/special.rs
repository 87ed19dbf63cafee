//! What the table's driver can't see: what a panic says, what is printed, what stays after many loads,
//! and how whole processes end.

#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use lmms::outcome::{Refusal, UnloadOutcome};
use lmms::{CallError, Policy};
use lmms_hazard_tests::child::{Ended, run};
use lmms_hazard_tests::process::{is_mapped, resident_bytes};
use lmms_hazard_tests::{Hazards, built, open};

fn child(way: &str, environment: &[(&str, &str)]) -> Ended {
    let arguments: [OsString; 3] = ["lmms".into(), way.into(), built::modules().into()];
    run(
        env!("CARGO_BIN_EXE_child").as_ref(),
        &arguments,
        environment,
    )
}

#[track_caller]
fn unload(home: &Hazards, module: &str) -> u64 {
    match home.unload(module).unwrap() {
        UnloadOutcome::Unloaded { bytes } => bytes,
        other => panic!("{module}: {other}"),
    }
}

#[test]
fn panics_arrive_with_text_and_place_whatever_was_thrown() {
    let home = open();
    for _ in 0..20 {
        let Err(CallError::Panicked(panic)) = home.panics().text("what a day") else {
            panic!("it panics");
        };
        assert_eq!(
            (panic.module.as_str(), panic.operation.as_str()),
            ("panics", "panics.text")
        );
        assert_eq!(panic.message, "what a day");
        let place = panic.location.unwrap_or_default();
        let (file, rest) = place.split_once(".rs:").expect("a file and a line");
        assert!(
            file.ends_with("code") && rest.starts_with(|c: char| c.is_ascii_digit()),
            "{place}"
        );
        assert!(matches!(
            home.panics().payload(),
            Err(CallError::Panicked(_))
        ));
        assert!(matches!(
            home.panics().hostile_payload(),
            Err(CallError::Panicked(_))
        ));
        assert_eq!(home.panics().provoke(6).unwrap(), 7);
        unload(&home, "panics");
        assert!(!is_mapped("panics"));
    }
}

#[test]
fn a_panic_while_unwinding_aborts_like_any_rust_program() {
    let ended = child("double-panic", &[]);
    assert_eq!(ended.signal, Some(6), "SIGABRT: {ended:?}");
    assert!(ended.stderr.contains("a drop that panics"), "{ended:?}");
}

#[test]
fn backtraces_cost_no_memory_that_stays() {
    let ended = child("backtraces", &[("RUST_BACKTRACE", "1")]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    // Plain reloads lose 40 MB each.
    assert!(
        ended.number("lost").is_some_and(|lost| lost < 200_000),
        "{}",
        ended.stdout
    );
}

#[test]
fn half_a_line_is_printed_exactly_once() {
    let ended = child("half-line", &[]);
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (Some(0), "half a line and the rest\n"),
        "{ended:?}"
    );
}

#[test]
fn what_runs_at_exit_runs_once_when_the_module_goes() {
    let folder = tempfile::tempdir().unwrap();
    for (way, after, at_last) in [
        ("at-exit-unloaded", 1, 1),
        ("at-exit-twice", 2, 2),
        ("at-exit-loaded", 0, 1),
    ] {
        let file = folder.path().join(way);
        let arguments: [OsString; 4] = [
            "lmms".into(),
            way.into(),
            built::modules().into(),
            file.clone().into(),
        ];
        let ended = run(env!("CARGO_BIN_EXE_child").as_ref(), &arguments, &[]);
        assert_eq!(ended.code, Some(0), "{way}: {ended:?}");
        assert_eq!(
            (ended.number("before"), ended.number("after")),
            (Some(0), Some(after)),
            "{way}"
        );
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(text.lines().count(), at_last, "{way}: {text}");
    }
}

#[test]
fn a_program_may_end_while_threads_are_inside() {
    let ended = child("ends-inside", &[]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.contains("2 calls"), "{ended:?}");
}

#[test]
fn what_somebody_else_holds_is_retired_and_a_fresh_copy_serves_until_it_can_go() {
    let ended = child("held", &[]);
    assert_eq!(
        (ended.code, ended.number("mapped"), ended.number("answer")),
        (Some(0), Some(1), Some(2)),
        "{ended:?}"
    );
    let lines: Vec<_> = ended.stdout.lines().collect();
    let says = |line: usize, words: &[&str]| {
        let told = lines[line];
        assert!(words.iter().all(|word| told.contains(word)), "{told}");
    };
    says(0, &["stuck", "something else holds it"]);
    says(
        1,
        &[
            "absent: it was sealed, not unloaded",
            "an older copy of it is still in memory",
        ],
    );
    // There is never a second copy that is stuck.
    says(4, &["stays", "only one may be", "something else holds it"]);
    says(6, &["unloaded"]);
    assert_eq!(
        (
            ended.number("retired"),
            ended.number("unloads"),
            ended.number("left")
        ),
        (Some(1), Some(2), Some(0)),
        "the first copy has gone as well: {ended:?}"
    );
}

#[test]
fn what_would_crash_is_refused_and_the_process_lives() {
    for (way, word) in [
        ("handled", "SIGUSR2"),
        ("blocked-clone", "thread"),
        ("busy-clone", "thread"),
    ] {
        let ended = child(way, &[]);
        assert_eq!(
            (ended.code, ended.number("survived")),
            (Some(0), Some(1)),
            "{way}: {ended:?}"
        );
        assert!(ended.stdout.contains(word), "{way}: {ended:?}");
    }
}

#[test]
fn huge_and_empty_results_cross_whole() {
    const HUGE: u64 = 64 << 20;
    let home = open();
    for round in 0..5 {
        let bytes = home.huge_result().bytes(HUGE, round).unwrap();
        unload(&home, "huge-result");
        assert!(!is_mapped("huge-result"));
        assert_eq!(bytes.len() as u64, HUGE);
        assert!(
            bytes.iter().all(|byte| *byte == round),
            "it is the caller's, the module is gone"
        );
    }
    let before = resident_bytes();
    drop(home.huge_result().bytes(HUGE, 1).unwrap());
    unload(&home, "huge-result");
    let grown = resident_bytes().saturating_sub(before);
    assert!(grown < HUGE / 4, "{grown} bytes stay");
    for _ in 0..50 {
        home.zero_sized().nothing().unwrap();
        assert_eq!(home.zero_sized().no_numbers().unwrap(), [0_u64; 0]);
        assert_eq!(home.zero_sized().perhaps(true).unwrap(), Some(()));
        unload(&home, "zero-sized");
    }
}

#[test]
fn keys_do_not_run_out() {
    let home = open();
    // A process has 1024; the C code takes one each time, its standard library more.
    for round in 0..1100 {
        assert_eq!(home.pthread_key().provoke(round).unwrap(), round + 1);
        assert_eq!(home.current_thread().provoke(round).unwrap(), round + 1);
        unload(&home, "pthread-key");
        unload(&home, "current-thread");
    }
}

#[test]
fn a_module_calls_another_that_is_being_unloaded() {
    let home = open();
    let stop = AtomicBool::new(false);
    let unloads = thread::scope(|scope| {
        let (home, stop) = (&home, &stop);
        let callers: Vec<_> = (0..2_u64)
            .map(|number| {
                scope.spawn(move || {
                    home.checkpoint();
                    let mut seed = number << 32;
                    while !stop.load(Ordering::Relaxed) {
                        assert_eq!(home.caller().far(2, seed).unwrap(), seed + 1);
                        home.checkpoint();
                        seed += 1;
                    }
                })
            })
            .collect();
        let mut unloads = 0;
        while unloads < 200 && !callers.iter().any(|caller| caller.is_finished()) {
            for module in ["thread-local", "caller"] {
                let outcome = home.unload(module).unwrap();
                unloads += u32::from(matches!(
                    outcome,
                    UnloadOutcome::Unloaded { .. } | UnloadOutcome::Waiting { .. }
                ));
            }
        }
        stop.store(true, Ordering::Relaxed);
        callers
            .into_iter()
            .for_each(|caller| caller.join().expect("it ends in peace"));
        unloads
    });
    assert!(unloads >= 200, "a caller failed");
    let _ = home.sweep();
}

#[test]
fn a_call_inside_is_counted_and_its_module_stays() {
    let home = open();
    thread::scope(|scope| {
        let caller = scope.spawn(|| home.waiting_call().wait());
        while home.waiting_call().waiting().unwrap() < 1 {
            thread::yield_now();
        }
        let outcome = home.unload("waiting-call").unwrap();
        assert_eq!(
            outcome,
            UnloadOutcome::Refused {
                reason: Refusal::References(1)
            }
        );
        home.waiting_call().go().unwrap();
        assert_eq!(caller.join().unwrap().unwrap(), 0);
    });
    unload(&home, "waiting-call");
}

#[test]
fn a_thread_of_the_module_outlives_the_thread_that_called() {
    let home = open();
    for round in 0..20 {
        thread::scope(|scope| {
            let caller = scope.spawn(|| home.endless_thread().provoke(round));
            assert_eq!(caller.join().unwrap().unwrap(), round + 1);
        });
        let UnloadOutcome::Refused {
            reason: Refusal::Threads(threads),
        } = home.unload("endless-thread").unwrap()
        else {
            panic!("its thread runs");
        };
        assert!(
            threads.iter().any(|thread| thread.contains("endless")),
            "{threads:?}"
        );
        assert_eq!(home.endless_thread().stop().unwrap(), 1);
        unload(&home, "endless-thread");
    }
}

#[test]
fn threads_that_end_after_the_unload_end_in_peace() {
    let policy = Policy::default().max_resident(0).grace(Duration::ZERO);
    let builder = Hazards::builder()
        .modules(built::modules())
        .background_sweeps(false);
    let home = builder.policy(policy).open().unwrap();
    for round in 0..30 {
        thread::scope(|scope| {
            let (go, wait) = channel::<()>();
            let (done, called) = channel();
            let home = &home;
            let holder = scope.spawn(move || {
                home.checkpoint();
                assert_eq!(home.thread_local_chain().provoke(round).unwrap(), round + 1);
                assert_eq!(home.random().provoke(round).unwrap(), round + 1);
                done.send(()).unwrap();
                let _ = wait.recv();
            });
            called.recv().unwrap();
            for module in ["thread-local-chain", "random"] {
                let outcome = home.unload(module).unwrap();
                assert!(
                    matches!(outcome, UnloadOutcome::Waiting { .. }),
                    "{module}: {outcome}"
                );
                assert!(is_mapped(module), "its thread-locals wait");
            }
            drop(go);
            holder.join().expect("it ends in peace");
        });
        let _ = home.sweep();
        assert!(
            !is_mapped("thread-local-chain") && !is_mapped("random"),
            "round {round}"
        );
    }
}

#[test]
fn a_thread_on_a_recycled_stack_is_not_taken_for_the_modules() {
    let home = open();
    for round in 0..20 {
        assert_eq!(home.zero_sized().provoke(round).unwrap(), round + 1);
        thread::scope(|scope| {
            let home = &home;
            // Leaves the addresses of its calls on its stack, which the next thread gets.
            scope
                .spawn(move || home.zero_sized().provoke(round))
                .join()
                .unwrap()
                .unwrap();
            let (go, wait) = channel::<()>();
            let (done, asleep) = channel();
            let stranger = scope.spawn(move || {
                // Room that is never written.
                let gap = std::mem::MaybeUninit::<[u8; 32 << 10]>::uninit();
                std::hint::black_box(&gap);
                done.send(()).unwrap();
                let _ = wait.recv();
                std::hint::black_box(&gap);
            });
            asleep.recv().unwrap();
            let outcome = home.unload("zero-sized").unwrap();
            drop(go);
            stranger.join().unwrap();
            assert!(
                matches!(outcome, UnloadOutcome::Unloaded { .. }),
                "{outcome}"
            );
        });
    }
}
