//! How much time has passed, from two clocks of which neither tells all of it.
//!
//! The *boot clock* goes on while the machine is suspended, and nobody sets it; but it stands still
//! while a virtual machine is paused. The *wall clock* is corrected afterwards; but it may be set,
//! forwards and back. So the time that has passed is the boot clock's, and what the wall clock gains on
//! it. That is harmless if somebody only sets the wall clock forwards: things expire early. What it
//! loses doesn't count.
#![forbid(unsafe_code)]

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::sync::Unpoisoned as _;

/// Two readings in nanoseconds: first the wall clock was read, then the boot clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    /// Since the Unix epoch, as of the last tick of the clock.
    pub(super) wall: i64,
    /// Since the machine was started.
    pub(super) boot: i64,
}

/// The wall clock gains or loses so much at least when it is corrected or set: what is less is made up
/// of ticks and of the time between two readings, and adds up until it is more.
const STEP: i64 = 1_000_000_000;

/// Two boot readings around a wall reading, to be sure of that, are at most so far apart.
const CLOSE: i64 = 10_000_000;

/// What was learnt from earlier readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Learnt {
    /// What the wall clock is ahead of the boot clock.
    ahead: i64,
    /// What is added to the boot clock: what the wall clock has gained on it, less the start.
    added: i64,
}

impl Learnt {
    /// Time begins with this reading.
    fn from(first: Reading) -> Self {
        Self {
            ahead: first.wall.saturating_sub(first.boot),
            added: first.boot.saturating_neg(),
        }
    }

    /// By how much the wall clock was set; 0 if it wasn't.
    fn step(self, reading: Reading) -> i64 {
        let ahead = reading.wall.saturating_sub(reading.boot);
        let step = ahead.saturating_sub(self.ahead);
        if step.saturating_abs() > STEP {
            step
        } else {
            0
        }
    }

    /// What is known after a reading that is certain.
    fn and(self, reading: Reading) -> Self {
        let step = self.step(reading);
        Self {
            ahead: self.ahead.saturating_add(step),
            added: self.added.saturating_add(step.max(0)),
        }
    }

    fn time(self, boot: i64) -> u64 {
        u64::try_from(boot.saturating_add(self.added)).unwrap_or(0)
    }
}

/// The time that has passed, for all threads.
#[derive(Debug)]
pub(super) struct Passage {
    // `added` is written before `ahead` and read behind it: who finds that a reading agrees with `ahead`
    // adds at least what belongs to that.
    ahead: AtomicI64,
    added: AtomicI64,
    learning: Mutex<()>,
}

impl Passage {
    /// Time begins now.
    pub(super) fn begin(read: impl Fn() -> Reading) -> Self {
        let first = certain(&read).unwrap_or_else(&read);
        let Learnt { ahead, added } = Learnt::from(first);
        Self {
            ahead: AtomicI64::new(ahead),
            added: AtomicI64::new(added),
            learning: Mutex::new(()),
        }
    }

    /// The time that has passed, in nanoseconds; never less than before.
    #[inline]
    pub(super) fn now(&self, read: impl Fn() -> Reading) -> u64 {
        let reading = read();
        let learnt = self.learnt();
        if learnt.step(reading) == 0 {
            return learnt.time(reading.boot);
        }
        self.learn(read)
    }

    fn learnt(&self) -> Learnt {
        let ahead = self.ahead.load(Ordering::Acquire);
        let added = self.added.load(Ordering::Acquire);
        Learnt { ahead, added }
    }

    #[cold]
    fn learn(&self, read: impl Fn() -> Reading) -> u64 {
        let _turn = self.learning.lock().unpoisoned();
        let Some(reading) = certain(&read) else {
            return self.learnt().time(read().boot);
        };
        let learnt = self.learnt().and(reading);
        self.added.store(learnt.added, Ordering::Release);
        self.ahead.store(learnt.ahead, Ordering::Release);
        learnt.time(reading.boot)
    }
}

/// A reading of both clocks at the same time: a thread that is held up between the two takes that for a
/// step of the wall clock.
fn certain(read: &impl Fn() -> Reading) -> Option<Reading> {
    (0..100).find_map(|_| {
        let before = read().boot;
        let reading = read();
        (reading.boot.saturating_sub(before) <= CLOSE).then_some(reading)
    })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use proptest::prelude::*;

    use super::*;

    const SECOND: i64 = 1_000_000_000;
    /// The coarsest tick that Linux has.
    const TICK: i64 = 10_000_000;

    #[derive(Clone, Copy, Debug)]
    enum Event {
        Run(i64),
        Suspend(i64),
        /// The wall clock is corrected behind it.
        Pause(i64),
        SetForward(i64),
        SetBack(i64),
        /// A reading, with the thread held up for so long between the clocks, and that at the second
        /// and third try as well.
        HeldUp(i64),
    }

    fn events() -> impl Strategy<Value = Vec<Event>> {
        let span = || {
            prop_oneof![
                3 => 0..SECOND,
                2 => 0..100 * SECOND,
                1 => 0..1_000_000 * SECOND,
            ]
        };
        // A step that is no larger than what readings vary by isn't seen.
        let step = || (SECOND + 2 * TICK..1_000_000 * SECOND).boxed();
        proptest::collection::vec(
            prop_oneof![
                4 => span().prop_map(Event::Run),
                2 => span().prop_map(Event::Suspend),
                2 => step().prop_map(Event::Pause),
                1 => step().prop_map(Event::SetForward),
                2 => span().prop_map(Event::SetBack),
                1 => span().prop_map(Event::HeldUp),
            ],
            1..40,
        )
    }

    /// A machine, and what it would tell.
    struct Machine {
        wall: Cell<i64>,
        boot: Cell<i64>,
        /// How long the next reading takes between the clocks.
        delays: Cell<[i64; 3]>,
    }

    impl Machine {
        fn go(&self, wall: i64, boot: i64) {
            self.wall.set(self.wall.get() + wall);
            self.boot.set(self.boot.get() + boot);
        }

        fn read(&self) -> Reading {
            let wall = self.wall.get() / TICK * TICK;
            let [delay, next, last] = self.delays.replace([0; 3]);
            self.delays.set([next, last, 0]);
            self.go(delay, delay);
            Reading {
                wall,
                boot: self.boot.get(),
            }
        }
    }

    proptest! {
        #[test]
        fn time_never_goes_back_and_misses_no_suspend_and_no_pause(start in 0..SECOND, events in events()) {
            let machine = Machine {
                wall: Cell::new(1_700_000_000 * SECOND + start),
                boot: Cell::new(start),
                delays: Cell::default(),
            };
            let passage = Passage::begin(|| machine.read());
            let (mut last, mut passed, mut forward, mut back) = (0, 0, 0, 0);
            for event in events {
                let boot = machine.boot.get();
                match event {
                    Event::Run(time) | Event::Suspend(time) => machine.go(time, time),
                    Event::Pause(time) => {
                        machine.go(time, 0);
                        passed += time;
                    }
                    Event::SetForward(time) => {
                        machine.go(time, 0);
                        forward += time;
                    }
                    Event::SetBack(time) => {
                        machine.go(-time, 0);
                        // What is less than a step may count against the next pause.
                        back += time.min(SECOND + 2 * TICK);
                    }
                    Event::HeldUp(time) => machine.delays.set([time; 3]),
                }
                let now = passage.now(|| machine.read()) as i64;
                passed += machine.boot.get() - boot;
                prop_assert!(now >= last, "{now} after {last}");
                let ticks = 100 * TICK;
                let least = passed - back - ticks;
                let most = passed + forward + ticks;
                prop_assert!((least..=most).contains(&now), "{now}, should be {least}..={most}");
                last = now;
            }
        }

        #[test]
        fn without_steps_it_is_exact(start in 0..SECOND, runs in proptest::collection::vec(0..10_000 * SECOND, 1..20)) {
            let machine = Machine {
                wall: Cell::new(1_700_000_000 * SECOND),
                boot: Cell::new(start),
                delays: Cell::default(),
            };
            let passage = Passage::begin(|| machine.read());
            let mut passed = 0;
            for run in runs {
                machine.go(run, run);
                passed += run;
                prop_assert_eq!(passage.now(|| machine.read()) as i64, passed);
            }
        }
    }

    #[test]
    fn a_wall_clock_set_back_and_forwards_again_costs_no_time_that_has_passed() {
        let machine = Machine {
            wall: Cell::new(1_700_000_000 * SECOND),
            boot: Cell::new(0),
            delays: Cell::default(),
        };
        let passage = Passage::begin(|| machine.read());
        let now = || passage.now(|| machine.read()) as i64;
        machine.go(5 * SECOND, 5 * SECOND);
        assert_eq!(now(), 5 * SECOND);
        machine.go(-3_600 * SECOND, 0);
        assert_eq!(now(), 5 * SECOND);
        machine.go(SECOND, SECOND);
        assert_eq!(now(), 6 * SECOND);
        // It was paused for ten minutes.
        machine.go(600 * SECOND, 0);
        assert_eq!(now(), 606 * SECOND);
    }

    #[test]
    fn clocks_at_the_ends_of_their_range_are_harmless() {
        for (wall, boot) in [(i64::MAX, i64::MIN), (i64::MIN, i64::MAX), (0, i64::MAX)] {
            let passage = Passage::begin(|| Reading { wall: 0, boot: 0 });
            passage.now(|| Reading { wall, boot });
            let passage = Passage::begin(|| Reading { wall, boot });
            passage.now(|| Reading { wall: 0, boot: 0 });
        }
    }
}
