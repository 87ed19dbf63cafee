//! The books under the model checker, together with the shipped protection: a caller that may be told
//! that its module is watched, and the thread that ends the watch.
//!
//! `cargo xtask model`

#![forbid(unsafe_code)]

use loom::thread;

use super::*;
use crate::host::clock::ManualClock;
use crate::host::protection::Barrier;

/// Whether it took a stamp or not, a call is noted once nobody looks any more.
fn a_caller_and_the_end_of_a_watch(barrier: Barrier) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(move || {
        let protection = Arc::new(Protection::with_barrier(1, barrier));
        protection.open_to_nothing(0);
        let (clock, alarm) = (Arc::new(ManualClock::new()), Arc::default());
        let policy = Policy::default();
        let uses = Uses::new(protection.clone(), 1, &policy, clock, alarm);
        uses.watch(0);
        let block = protection.adopt_block();
        let caller = {
            let (uses, protection) = (uses.clone(), protection.clone());
            thread::spawn(move || {
                let entered = protection.enter_on(&block, 0).expect("the gate is open");
                let stamp = uses.stamp(0);
                drop(stamp);
                drop(entered);
            })
        };
        // The second finds whoever the first has let in.
        uses.tick();
        uses.tick();
        caller.join().expect("it only calls");
        while uses.tick() {}
        let book = uses.book(0);
        assert_eq!((book.noted, book.stamps), (1, 0), "a call was missed");
    });
}

#[test]
fn no_call_is_missed_when_a_watch_ends() {
    a_caller_and_the_end_of_a_watch(Barrier::Fences);
}

/// The control: the model sees that the barrier is needed.
#[test]
#[should_panic(expected = "a call was missed")]
fn a_missing_barrier_is_seen_in_the_books_too() {
    a_caller_and_the_end_of_a_watch(Barrier::Missing);
}

/// Whoever looks meanwhile, with whatever counters.
#[test]
fn looks_and_calls_together_count_each_call_once() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(|| {
        let protection = Arc::new(Protection::with_barrier(1, Barrier::Fences));
        protection.open_to_nothing(0);
        let (clock, alarm) = (Arc::new(ManualClock::new()), Arc::default());
        let policy = Policy::default();
        let uses = Uses::new(protection.clone(), 1, &policy, clock, alarm);
        uses.watch(0);
        let block = protection.adopt_block();
        let caller = {
            let (uses, protection) = (uses.clone(), protection.clone());
            thread::spawn(move || {
                for _ in 0..2 {
                    let entered = protection.enter_on(&block, 0).expect("the gate is open");
                    let stamp = uses.stamp(0);
                    drop(stamp);
                    drop(entered);
                }
            })
        };
        let observer = {
            let (uses, protection) = (uses.clone(), protection.clone());
            thread::spawn(move || {
                let look = || {
                    uses.look(0, protection.count(0), false, Duration::ZERO)
                        .calls
                };
                let first = look();
                assert!((first..=2).contains(&look()), "a count falls");
            })
        };
        uses.tick();
        caller.join().expect("it only calls");
        observer.join().expect("it only looks");
        while uses.tick() {}
        let book = uses.book(0);
        assert_eq!((book.noted, book.window.total(Duration::ZERO)), (2, 2));
    });
}
