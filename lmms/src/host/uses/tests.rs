#![forbid(unsafe_code)]

use super::*;
use crate::host::clock::ManualClock;
use crate::host::protection::Barrier;

/// The books of two modules whose gates are open, and the clock they go by.
struct World {
    clock: ManualClock,
    protection: Arc<Protection>,
    uses: Arc<Uses>,
}

impl World {
    fn new(barrier: Barrier) -> Self {
        let clock = ManualClock::new();
        let protection = Arc::new(Protection::with_barrier(2, barrier));
        for module in 0..2 {
            protection.open_to_nothing(module);
        }
        let uses = Uses::new(
            protection.clone(),
            2,
            &Policy::default(),
            Arc::new(clock.clone()),
            Arc::default(),
        );
        Self {
            clock,
            protection,
            uses,
        }
    }

    /// A call of module 0 that goes straight through, if that is possible.
    fn straight(&self) -> Option<Entered<'_>> {
        self.protection.enter_straight(0)
    }

    /// A call of module 0, by whichever way.
    fn enter(&self) -> (Option<Stamp<'_>>, Entered<'_>) {
        match self.straight() {
            Some(entered) => (None, entered),
            None => {
                let (stamp, entered) = self.uses.enter(0).expect("the gate is open");
                (Some(stamp), entered)
            }
        }
    }

    fn call(&self, times: u64) {
        (0..times).for_each(|_| drop(self.enter()));
    }

    fn look(&self) -> Use {
        let counts = self.protection.count(0);
        self.uses.look(0, counts, false, self.clock.monotonic())
    }

    fn advance(&self, milliseconds: u64) {
        self.clock.advance(Duration::from_millis(milliseconds));
    }
}

#[test]
fn rare_calls_are_noted_one_by_one_without_a_look() {
    let world = World::new(Barrier::best());
    for call in 1..200 {
        world.call(1);
        assert!(!world.uses.is_watching());
        let book = world.uses.book(0);
        assert_eq!((book.noted, book.stamps), (call, 0));
        assert_eq!(book.last_used, world.clock.monotonic());
        drop(book);
        world.advance(2);
    }
}

#[test]
fn frequent_calls_go_straight_through_until_they_are_rare_again() {
    let world = World::new(Barrier::best());
    let goes_straight = Barrier::best().lets_straight_through();
    world.call(FREQUENT - 1);
    assert!(world.straight().is_none() && !world.uses.is_watching());
    world.call(1);
    assert!(world.uses.is_watching());
    for _ in 0..5 {
        world.call(RARE);
        assert_eq!(world.straight().is_some(), goes_straight);
        world.advance(100);
    }
    world.call(RARE - 2);
    let last = world.clock.monotonic();
    world.advance(100);
    assert!(world.straight().is_none(), "rare: the fast table is closed");
    world.advance(100);
    assert!(!world.uses.is_watching());
    world.advance(31_000);
    let calls = FREQUENT + 5 * (RARE + u64::from(goes_straight)) + RARE - 2;
    let seen = world.look();
    assert_eq!((seen.calls, seen.recent_calls), (calls, calls));
    assert_eq!(seen.last_used, last);
}

/// Who was let in while the module was watched leaves without a stamp.
#[test]
fn a_module_is_looked_at_until_the_last_call_without_a_stamp_is_out() {
    let world = World::new(Barrier::best());
    world.call(FREQUENT);
    let long = world.enter();
    let pin = world.uses.enter(0).expect("the gate is open");
    world.advance(100);
    let stamped = world.uses.enter(0).expect("the gate is open");
    for _ in 0..10 {
        world.advance(100);
        assert!(world.uses.is_watching());
    }
    assert_eq!(world.look().last_used, world.clock.monotonic(), "in use");
    drop((long, pin));
    let last = world.clock.monotonic();
    world.advance(100);
    assert!(
        !world.uses.is_watching(),
        "a guard with a stamp needs no looks"
    );
    assert_eq!(world.uses.book(0).noted, FREQUENT + 2);
    assert_eq!(world.uses.book(0).last_used, last);
    world.advance(100);
    drop(stamped);
    assert_eq!(world.uses.book(0).last_used, world.clock.monotonic());
    assert_eq!(world.uses.book(0).noted, FREQUENT + 3);
}

#[test]
fn where_no_call_goes_straight_through_frequent_ones_are_not_stamped_either() {
    let world = World::new(Barrier::Fences);
    world.call(FREQUENT);
    let (stamp, entered) = world.enter();
    assert!(stamp.is_some_and(|stamp| stamp.uses.is_none()));
    drop(entered);
    world.advance(100);
    world.advance(100);
    assert!(!world.uses.is_watching());
    assert_eq!(world.look().calls, FREQUENT + 1);
}

/// Whoever comes first with newer counters.
#[test]
fn looks_with_old_counters_change_nothing() {
    let world = World::new(Barrier::best());
    world.call(10);
    let old = world.protection.count(0);
    world.call(FREQUENT + 5);
    let calls = FREQUENT + 15;
    assert_eq!(world.look().calls, calls);
    let now = world.clock.monotonic();
    for _ in 0..3 {
        let seen = world.uses.look(0, old, false, now);
        assert_eq!((seen.calls, seen.recent_calls), (calls, calls));
        assert_eq!(world.look().calls, calls);
    }
}

#[test]
fn the_number_of_a_use_says_which_was_last_at_one_moment() {
    let world = World::new(Barrier::best());
    let order = |module| world.uses.last_order(module);
    world.call(1);
    world.uses.touch(1);
    assert!(order(1) > order(0));
    world.call(1);
    assert!(order(0) > order(1));
    let before = order(0);
    world.look();
    assert_eq!(order(0), before, "to look is no use");
}
