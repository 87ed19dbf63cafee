//! A module that needs a library of its own, which may make threads unseen.
//!
//! Whoever runs and isn't known passes for such a thread, as other tests' threads would.

#![forbid(unsafe_code)]

use std::thread;

use lmms::outcome::{Refusal, UnloadOutcome};
use lmms_hazard_tests::child::is_done_alone;
use lmms_hazard_tests::{Hazards, open};

fn unload(home: &Hazards) {
    let outcome = home.unload("foreign-library").unwrap();
    assert!(
        matches!(outcome, UnloadOutcome::Unloaded { .. }),
        "{outcome}"
    );
}

#[test]
fn a_thread_of_a_needed_library_is_found_on_a_recycled_stack() {
    if is_done_alone("a_thread_of_a_needed_library_is_found_on_a_recycled_stack") {
        return;
    }
    let home = open();
    for round in 0..20 {
        thread::scope(|scope| {
            let home = &home;
            let visitor = scope.spawn(move || home.zero_sized().provoke(round));
            assert_eq!(visitor.join().unwrap().unwrap(), round + 1);
        });
        // The C library gives it the stack that was just left.
        assert!(home.foreign_library().start_callback().unwrap());
        let outcome = home.unload("foreign-library").unwrap();
        let UnloadOutcome::Refused {
            reason: Refusal::Threads(threads),
        } = &outcome
        else {
            panic!("round {round}: {outcome}");
        };
        assert!(
            threads.iter().any(|thread| thread.contains("foreign")),
            "{threads:?}"
        );
        assert_eq!(home.foreign_library().stop().unwrap(), 1);
        unload(&home);
    }
}

#[test]
fn the_last_that_needs_a_library_minds_its_threads_whoever_brought_it() {
    if is_done_alone("the_last_that_needs_a_library_minds_its_threads_whoever_brought_it") {
        return;
    }
    let (first, second) = (open(), open());
    for round in 0..20 {
        // Each gateway loads a copy of its own; the library they need is one.
        assert_eq!(first.foreign_library().stop().unwrap(), 0);
        assert_eq!(second.foreign_library().stop().unwrap(), 0);
        unload(&first);
        assert!(second.foreign_library().start_own().unwrap());
        let outcome = second.unload("foreign-library").unwrap();
        assert!(
            matches!(
                &outcome,
                UnloadOutcome::Refused {
                    reason: Refusal::Threads(_)
                }
            ),
            "round {round}: {outcome}"
        );
        assert_eq!(second.foreign_library().stop().unwrap(), 1);
        unload(&second);
    }
}
