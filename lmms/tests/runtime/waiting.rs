//! Modules that threads hold: sealed copies wait, and go when the last thread lets go.

#![forbid(unsafe_code)]

use std::thread;
use std::time::Duration;

use lmms::library::{Busy, BusyKind};
use lmms::outcome::{Refusal, UnloadOutcome};
use lmms::policy::Policy;

use crate::fake::Stage;

fn eager() -> Policy {
    Policy::default().max_resident(0).grace(Duration::ZERO)
}

#[test]
fn a_module_that_waits_for_a_thread_goes_at_that_threads_checkpoint() {
    let stage = Stage::new(eager());
    stage.script(0, |script| {
        script.busy = Some(Busy::new(BusyKind::ThreadLocals, vec!["thread 7".into()]))
    });
    stage.fakes.double_of(0, 1).unwrap();
    let report = stage.fakes.sweep();
    assert_eq!(
        report.attempts[0].outcome,
        UnloadOutcome::Refused {
            reason: Refusal::ThreadLocals(vec!["thread 7".into()])
        }
    );
    let explanation = stage.fakes.explain("m00").unwrap().to_string();
    assert!(explanation.contains("> - busy"), "{explanation}");
    assert!(explanation.contains("alive on thread 7"), "{explanation}");
    stage.script(0, |script| script.busy = None);
    stage.fakes.checkpoint();
    assert!(!stage.resident(0));
    stage.fakes.double_of(0, 1).unwrap();
    stage.fakes.checkpoint();
    assert!(stage.resident(0), "nothing waits any more");
}

/// Threads that come by hold module 0, and when it leaves so many still do.
fn held(stage: &Stage, holders: usize) {
    let threads: Vec<String> = (0..holders)
        .map(|thread| format!("thread {thread}"))
        .collect();
    stage.script(0, |script| {
        script.busy = Some(Busy::new(BusyKind::ThreadLocals, threads.clone()).ending(true));
        script.holders = threads.clone();
    });
}

#[test]
fn a_module_held_by_threads_that_come_by_is_sealed_and_the_last_checkpoint_unloads_it() {
    let stage = Stage::new(eager());
    stage.fakes.double_of(0, 1).unwrap();
    held(&stage, 2);
    let report = stage.fakes.sweep();
    let outcome = &report.attempts[0].outcome;
    assert!(
        matches!(outcome, UnloadOutcome::Waiting { .. }),
        "{outcome}"
    );
    assert!(
        outcome.to_string().contains("thread 0, thread 1"),
        "{outcome}"
    );
    assert!(report.next.is_some(), "a thread may end unnoticed");
    assert!(!stage.resident(0));
    let statistics = stage.fakes.statistics();
    assert_eq!(
        (statistics.retirements, statistics.retired_bytes),
        (1, 1000)
    );

    // A fresh copy serves meanwhile, and is refused the same way out as long as the old one waits.
    assert_eq!(stage.fakes.double_of(0, 2).unwrap(), 4);
    assert_eq!(stage.loads(0), 2);
    let explanation = stage.fakes.explain("m00").unwrap().to_string();
    assert!(explanation.contains("an older copy"), "{explanation}");
    let second = stage.fakes.unload("m00").unwrap();
    assert!(
        matches!(&second, UnloadOutcome::Refused { reason: Refusal::ThreadLocals(threads) } if threads.len() == 2),
        "{second}"
    );

    stage.script(0, |script| script.busy = None);
    stage.fakes.checkpoint();
    let statistics = stage.fakes.statistics();
    assert_eq!((statistics.unloads, statistics.retired_bytes), (0, 1000));
    stage.fakes.checkpoint();
    let statistics = stage.fakes.statistics();
    assert_eq!((statistics.unloads, statistics.retired_bytes), (1, 0));
    assert_eq!(statistics.bytes_reclaimed, 1234);
    assert!(stage.resident(0), "the fresh copy stays");
    assert_eq!(stage.left.try_iter().collect::<Vec<_>>(), ["m00"]);
}

#[test]
fn a_second_copy_that_has_to_wait_all_the_same_is_not_forgotten() {
    let stage = Stage::new(eager());
    stage.fakes.double_of(0, 1).unwrap();
    held(&stage, 1);
    stage.fakes.unload("m00").unwrap();
    stage.fakes.double_of(0, 1).unwrap();
    // Nothing was known to hold it before it was sealed.
    stage.script(0, |script| script.busy = None);
    let outcome = stage.fakes.unload("m00").unwrap();
    assert!(
        matches!(outcome, UnloadOutcome::Waiting { .. }),
        "{outcome}"
    );
    assert_eq!(stage.fakes.statistics().retired_bytes, 2000);
    stage.fakes.checkpoint();
    let statistics = stage.fakes.statistics();
    assert_eq!((statistics.unloads, statistics.retired_bytes), (2, 0));
}

#[test]
fn a_sweep_unloads_a_waiting_copy_whose_threads_have_ended() {
    let stage = Stage::new(eager());
    stage.fakes.double_of(0, 1).unwrap();
    held(&stage, 3);
    assert_eq!(stage.fakes.sweep().unloaded(), 0);
    stage.script(0, |script| script.holders.clear());
    let report = stage.fakes.sweep();
    assert_eq!((report.unloaded(), report.bytes()), (1, 1234));
    assert_eq!(report.next, None, "nothing is left to look for");
}

#[test]
fn closing_leaves_mapped_what_threads_hold() {
    for ends in [false, true] {
        let stage = Stage::new(eager());
        stage.fakes.double_of(0, 1).unwrap();
        held(&stage, 1);
        stage.script(0, |script| {
            script.busy = script.busy.take().map(|busy| busy.ending(ends));
        });
        drop(stage.fakes);
        assert_eq!(stage.left.try_iter().count(), 0, "ends: {ends}");
    }
}

#[test]
fn the_background_sweeper_looks_after_a_copy_that_was_sealed_by_hand() {
    let policy = Policy::default().sweep_interval(Duration::from_millis(10));
    let stage = Stage::build(policy, |builder, _| builder);
    stage.fakes.double_of(0, 1).unwrap();
    // The sweep that the load has asked for is over, and foresees no other.
    while stage.fakes.statistics().sweeps == 0 {
        thread::yield_now();
    }
    stage.fakes.sweep();
    held(&stage, 1);
    let outcome = stage.fakes.unload("m00").unwrap();
    assert!(
        matches!(outcome, UnloadOutcome::Waiting { .. }),
        "{outcome}"
    );
    stage.script(0, |script| script.holders.clear());
    let gone = stage.left.recv_timeout(Duration::from_secs(20));
    assert_eq!(gone, Ok("m00"));
}
