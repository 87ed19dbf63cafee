//! Flights under the model checker: nobody waits for ever, and everybody gets the result.
//!
//! `cargo xtask model`

#![forbid(unsafe_code)]

use super::*;
use crate::sync::{AtomicU64, Ordering};

use loom::sync::Arc as Shared;
use loom::thread;

#[derive(Default)]
struct World {
    flights: Flights,
    runs: AtomicU64,
}

impl World {
    /// As a call does. The first so many computations come to nothing.
    fn get(&self, failures: u64) -> Option<u64> {
        let key = (1, b"key".as_slice());
        let boarding = self.flights.board(key, || Generation(0), LONGEST, || true);
        match boarding {
            Boarding::Arrived(value) => value.downcast_ref().copied(),
            Boarding::Leads(flight) => {
                let run = self.runs.fetch_add(1, Ordering::Relaxed);
                let result = (run >= failures).then_some(7_u64);
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

fn all_get_it(failures: u64) {
    loom::model(move || {
        let world = Shared::new(World::default());
        let other = {
            let world = world.clone();
            thread::spawn(move || world.get(failures))
        };
        let mine = world.get(failures);
        let theirs = other.join().expect("it gets an answer");
        let runs = world.runs.load(Ordering::Relaxed);
        let failed = u64::from(mine.is_none()) + u64::from(theirs.is_none());
        assert_eq!(failed, failures.min(runs), "only who computed has failed");
        assert!(
            [mine, theirs]
                .into_iter()
                .flatten()
                .all(|number| number == 7)
        );
        assert!(world.flights.lock().is_empty());
    });
}

#[test]
fn two_threads_that_miss_one_result_get_it() {
    all_get_it(0);
}

#[test]
fn a_computation_that_fails_is_followed_by_another() {
    all_get_it(1);
}

/// The control: a leader that tells nobody leaves the other waiting, and the model sees that.
#[test]
#[should_panic(expected = "deadlock")]
fn a_leader_that_tells_nobody_is_seen() {
    loom::model(|| {
        let world = Shared::new(World::default());
        let other = {
            let world = world.clone();
            thread::spawn(move || world.get(0))
        };
        let key = (1, b"key".as_slice());
        let boarding = world.flights.board(key, || Generation(0), LONGEST, || true);
        if let Boarding::Leads(flight) = boarding {
            world.flights.remove(&flight);
        }
        other.join().expect("it gets an answer");
    });
}
