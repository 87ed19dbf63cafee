//! Flights under the model checker: nobody waits for ever, everybody gets the result, and none that is outdated.
//!
//! Worlds are shared by `std`'s `Arc`: loom's can't be dropped when a model has come to a deadlock, as a control does.
//!
//! `cargo xtask model`

#![forbid(unsafe_code)]

use loom::thread;

use super::*;
use crate::sync::{AtomicU64, Ordering};

#[derive(Default)]
struct World {
    flights: Flights,
    /// Counts invalidations.
    generation: AtomicU64,
    /// What a computation comes to, less 7.
    changes: AtomicU64,
    runs: AtomicU64,
}

impl World {
    /// Begins a call. The model's time stands still: nobody waits for too long.
    fn board(&self) -> Boarding {
        let key = (1, b"key".as_slice());
        let generation = || Generation(self.generation.load(Ordering::Acquire));
        self.flights.board(key, generation, Duration::MAX, || true)
    }

    /// As a call does. The first so many computations come to nothing.
    fn get(&self, failures: u64) -> Option<u64> {
        match self.board() {
            Boarding::Arrived(value) => value.downcast_ref().copied(),
            Boarding::Leads(flight) => {
                let run = self.runs.fetch_add(1, Ordering::Relaxed);
                let number = 7 + self.changes.load(Ordering::Relaxed);
                let result = (run >= failures).then_some(number);
                if let Some(number) = result {
                    flight.land(Some(Arc::new(number)));
                }
                self.flights.remove(&flight);
                flight.land(None);
                result
            }
        }
    }
}

/// Two threads that want the same: what they got, and their world.
fn two_calls(
    first: impl FnOnce(&World) -> Option<u64>,
    second: impl FnOnce(&World) -> Option<u64> + 'static,
) -> ([Option<u64>; 2], Arc<World>) {
    let world = Arc::new(World::default());
    let other = {
        let world = world.clone();
        thread::spawn(move || second(&world))
    };
    let mine = first(&world);
    let theirs = other.join().expect("it gets an answer");
    assert!(world.flights.lock().is_empty());
    ([mine, theirs], world)
}

#[test]
fn two_threads_that_miss_one_result_get_it() {
    loom::model(|| {
        let (results, _) = two_calls(|world| world.get(0), |world| world.get(0));
        assert_eq!(results, [Some(7); 2]);
    });
}

#[test]
fn a_computation_that_fails_is_followed_by_another() {
    loom::model(|| {
        let (mut results, world) = two_calls(|world| world.get(1), |world| world.get(1));
        results.sort();
        assert_eq!(results, [None, Some(7)], "only who computed has failed");
        assert_eq!(world.runs.load(Ordering::Relaxed), 2);
    });
}

/// Something changes, and then its results are invalidated: who comes after that gets the new one.
fn a_call_after(invalidation: fn(&World)) {
    loom::model(move || {
        let change = move |world: &World| {
            world.changes.store(1, Ordering::Relaxed);
            invalidation(world);
            world.get(0)
        };
        let ([new, any], _) = two_calls(change, |world| world.get(0));
        assert_eq!(new, Some(8), "outdated");
        assert!(matches!(any, Some(7 | 8)), "{any:?}");
    });
}

fn invalidate(world: &World) {
    world.generation.fetch_add(1, Ordering::AcqRel);
}

#[test]
fn who_comes_after_an_invalidation_joins_nothing_older() {
    a_call_after(invalidate);
}

/// The control: the model sees that flights have to know their generation.
#[test]
#[should_panic(expected = "outdated")]
fn a_missing_generation_is_seen() {
    a_call_after(|_| {});
}

/// The control: a leader that tells nobody leaves the other waiting, and the model sees that.
#[test]
#[should_panic(expected = "deadlock")]
fn a_leader_that_tells_nobody_is_seen() {
    loom::model(|| {
        let silent = |world: &World| match world.board() {
            Boarding::Arrived(_) => None,
            Boarding::Leads(flight) => {
                world.flights.remove(&flight);
                None
            }
        };
        two_calls(silent, |world| world.get(0));
    });
}
