use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier as Barriers, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::*;

unsafe fn drop_nothing(_: *mut ()) {}

static TABLE: [OperationSlot; 1] = [OperationSlot {
    thunk: std::ptr::null(),
    drop_result: drop_nothing,
}];

fn open(protection: &Protection, module: usize) {
    // SAFETY: a static table; nothing in these tests calls through it.
    unsafe { protection.open(module, TABLE.as_ptr(), true) };
}

fn open_watched(protection: &Protection, module: usize) {
    protection.watch(module);
    open(protection, module);
}

fn enter<const MODULE: usize>(protection: &'static Protection) -> Option<Entered<'static>> {
    // SAFETY: the protection lives for ever.
    let entrance = unsafe { Entrance::new(protection) };
    // SAFETY: the tests use modules that exist, and the entrance is `protection`'s.
    unsafe { entrance.enter(MODULE, || protection) }
}

fn ended(protection: &Protection, module: usize) -> u64 {
    protection.count(module).ended
}

/// Leaked: what `enter` returns borrows from it.
fn protection(modules: usize, barrier: Barrier) -> &'static Protection {
    Box::leak(Box::new(Protection::with_barrier(modules, barrier)))
}

#[test]
fn a_closed_gate_lets_nobody_in_and_counts_nothing() {
    let protection = protection(3, Barrier::best());
    assert!(enter::<1>(protection).is_none());
    assert!(protection.enter_slow(1).is_none());
    assert_eq!(protection.references(1), 0);
    assert_eq!(ended(protection, 1), 0);
}

#[test]
fn a_seal_fails_while_somebody_is_inside_and_leaves_the_gate_open() {
    let protection = protection(12, Barrier::best());
    open_watched(protection, 9);
    let outer = enter::<9>(protection).expect("the gate is open");
    let inner = enter::<9>(protection).expect("nested calls are calls");
    assert_eq!(protection.seal(9, || 0), Err(NotSealed::References(2)));
    assert!(enter::<9>(protection).is_some(), "open as before");
    assert!(protection.enter_slow(9).is_some(), "by both ways");
    drop(inner);
    assert_eq!(protection.seal(9, || 0), Err(NotSealed::References(1)));
    drop(outer);
    assert_eq!(
        protection.seal(9, || 5),
        Err(NotSealed::References(5)),
        "owned guards count too"
    );
    assert_eq!(protection.seal(9, || 0), Ok(()));
    assert!(enter::<9>(protection).is_none());
    assert_eq!(ended(protection, 9), 4);
}

#[test]
fn a_gate_that_no_barrier_seals_is_open_as_before() {
    let protection = protection(1, Barrier::Refused);
    open_watched(protection, 0);
    assert_eq!(protection.seal(0, || 0), Err(NotSealed::NoBarrier));
    assert!(enter::<0>(protection).is_some(), "straight through");
    assert!(protection.enter_slow(0).is_some(), "by the slow path");
    assert!(!protection.wait_for_readers(), "what they see is kept");
}

#[test]
fn counts_of_ended_threads_stay_and_their_blocks_go() {
    let protection = protection(1, Barrier::best());
    open_watched(protection, 0);
    for _ in 0..5 {
        thread::scope(|scope| {
            scope
                .spawn(|| drop(protection.enter_slow(0)))
                .join()
                .expect("the thread only enters and leaves");
        });
    }
    assert_eq!(ended(protection, 0), 5);
    assert_eq!(blocks(protection), 0);
}

/// What a thread does when its blocks have been handed in.
struct Last(Vec<Box<dyn FnMut()>>);

impl Drop for Last {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(|last| last());
    }
}

thread_local! {
    /// Destroyed after the blocks, if it is used before the thread's first call.
    static LAST: RefCell<Last> = const { RefCell::new(Last(Vec::new())) };
}

fn at_the_end(last: impl FnMut() + 'static) {
    LAST.with_borrow_mut(|all| all.0.push(Box::new(last)));
}

fn blocks(protection: &Protection) -> usize {
    let mut books = protection.blocks.lock();
    books.fold_all_dead();
    books.used().len()
}

/// A thread may be joined a moment before the kernel has removed it.
fn wait_until_blocks_are(protection: &Protection, count: usize) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while blocks(protection) != count {
        assert!(Instant::now() < deadline, "{} blocks", blocks(protection));
        thread::yield_now();
    }
}

#[test]
fn a_call_at_a_threads_very_end_takes_no_block_for_good() {
    let (one, other) = (
        protection(1, Barrier::best()),
        protection(1, Barrier::best()),
    );
    open_watched(one, 0);
    open_watched(other, 0);
    let (rounds, most) = (200, Arc::new(AtomicU64::new(0)));
    for _ in 0..rounds {
        let most = most.clone();
        let ended = thread::spawn(move || {
            at_the_end(move || {
                for protection in [one, other, one] {
                    drop(enter::<0>(protection).expect("the gate is open"));
                    let inside = enter::<0>(protection);
                    assert_eq!(protection.references(0), u64::from(inside.is_some()));
                }
                most.fetch_max(one.blocks.lock().used().len() as u64, Ordering::Relaxed);
            });
            drop(enter::<0>(one));
        });
        ended.join().expect("calls are allowed to the very end");
    }
    assert_eq!((ended(one, 0), ended(other, 0)), (5 * rounds, 2 * rounds));
    assert!(most.load(Ordering::Relaxed) < 20, "{most:?} at once");
    wait_until_blocks_are(one, 0);
    wait_until_blocks_are(other, 0);
    assert_eq!((ended(one, 0), ended(other, 0)), (5 * rounds, 2 * rounds));
}

#[test]
fn a_guard_that_outlives_its_threads_blocks_counts_where_it_did() {
    let protection = protection(1, Barrier::best());
    open_watched(protection, 0);
    for _ in 0..50 {
        let (ending, has_ended) = channel();
        let (go_on, may_go_on) = channel();
        let thread = thread::spawn(move || {
            LAST.with_borrow(|_| ());
            let inside = enter::<0>(protection);
            let mut inside = Some(inside.expect("the gate is open"));
            at_the_end(move || {
                ending.send(()).expect("the test waits");
                may_go_on.recv().expect("the test goes on");
                drop(inside.take());
            });
        });
        has_ended.recv().expect("the thread ends");
        let sealed = protection.seal(0, || 0);
        assert_eq!(sealed, Err(NotSealed::References(1)), "the guard holds it");
        // Others that come meanwhile don't write where it does.
        thread::scope(|scope| {
            scope.spawn(|| {
                let inside = enter::<0>(protection);
                go_on.send(()).expect("the thread waits");
                thread.join().expect("it only lets go");
                assert_eq!(protection.references(0), 1, "this thread alone");
                drop(inside);
            });
        });
        assert_eq!(protection.references(0), 0);
    }
    wait_until_blocks_are(protection, 0);
    assert_eq!(ended(protection, 0), 100);
    assert_eq!(protection.seal(0, || 0), Ok(()));
}

#[test]
fn a_forgotten_guard_holds_its_module_for_good_but_no_block() {
    let protection = protection(2, Barrier::best());
    open_watched(protection, 1);
    for _ in 0..3 {
        let forget = || std::mem::forget(enter::<1>(protection));
        thread::spawn(forget).join().expect("to forget is allowed");
    }
    wait_until_blocks_are(protection, 0);
    for _ in 0..3 {
        let call = || drop(enter::<1>(protection));
        thread::spawn(call).join().expect("the gate is open");
    }
    assert_eq!((protection.references(1), ended(protection, 1)), (3, 3));
    assert_eq!(protection.seal(1, || 0), Err(NotSealed::References(3)));
}

#[test]
fn after_a_spike_of_threads_there_are_as_many_blocks_as_before() {
    let protection = protection(1, Barrier::best());
    open_watched(protection, 0);
    drop(protection.read());
    let together = Barriers::new(64);
    thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                drop(enter::<0>(protection));
                together.wait();
            });
        }
    });
    // This thread's is left.
    wait_until_blocks_are(protection, 1);
    let reading = thread::spawn(|| protection.read().thread());
    assert_eq!(reading.join().expect("it reads"), 1, "numbers stay small");
    assert_eq!(ended(protection, 0), 64);
}

#[test]
fn a_thread_knows_whether_it_reads() {
    let (one, other) = (
        protection(2, Barrier::best()),
        protection(0, Barrier::best()),
    );
    open_watched(one, 1);
    assert!(!one.is_reading() && !other.is_reading());
    let inside = enter::<1>(one);
    assert!(!one.is_reading(), "a call is no reading");
    let (outer, inner) = (one.read(), one.read());
    assert!(one.is_reading() && !other.is_reading());
    drop(other.read());
    assert!(one.is_reading(), "whichever gateway was used last");
    thread::scope(|scope| {
        scope.spawn(|| assert!(!one.is_reading(), "another thread does"));
    });
    drop(inner);
    assert!(one.is_reading());
    drop(outer);
    assert!(!one.is_reading());
    drop(inside);
    let late = thread::spawn(move || {
        at_the_end(move || {
            assert!(!one.is_reading() && !other.is_reading());
            let reading = one.read();
            drop(other.read());
            assert!(one.is_reading() && !other.is_reading());
            drop(reading);
            assert!(!one.is_reading());
        });
        drop(one.read());
    });
    late.join().expect("also at a thread's very end");
}

#[test]
fn threads_keep_their_counts_apart_between_gateways() {
    let (one, other) = (
        protection(1, Barrier::best()),
        protection(1, Barrier::best()),
    );
    open_watched(one, 0);
    open_watched(other, 0);
    for _ in 0..3 {
        drop(enter::<0>(one));
        let inside = enter::<0>(other);
        assert!(inside.is_some());
        assert_eq!((one.references(0), other.references(0)), (0, 1));
    }
    assert_eq!((ended(one, 0), ended(other, 0)), (3, 3));
}

#[test]
fn calls_go_straight_through_only_while_the_module_is_watched() {
    let protection = protection(1, Barrier::best());
    let straight = || enter::<0>(protection).is_some();
    let slow = || protection.enter_slow(0).is_some();
    open(protection, 0);
    assert_eq!((straight(), slow()), (false, true));
    protection.watch(0);
    assert_eq!(
        (straight(), slow()),
        (Barrier::best().lets_straight_through(), true)
    );
    let inside = protection.enter_slow(0);
    assert_eq!(protection.seal(0, || 0), Err(NotSealed::References(1)));
    assert!(
        straight() || !Barrier::best().lets_straight_through(),
        "as before"
    );
    assert_eq!(protection.unwatch(0), Ok(()));
    assert_eq!(protection.seal(0, || 0), Err(NotSealed::References(1)));
    assert_eq!((straight(), slow()), (false, true), "as before, too");
    drop(inside);
    assert_eq!(protection.seal(0, || 0), Ok(()));
    protection.watch(0);
    assert_eq!(
        (straight(), slow()),
        (false, false),
        "there is nothing to let in to"
    );
}

#[test]
fn with_a_thread_of_its_own_no_call_goes_straight_through() {
    let protection = protection(1, Barrier::best());
    // SAFETY: a static table; nothing in these tests calls through it.
    unsafe { protection.open(0, TABLE.as_ptr(), false) };
    protection.watch(0);
    assert!(enter::<0>(protection).is_none());
    assert!(protection.enter_slow(0).is_some() && protection.is_watched(0));
}

/// Who only finds the gate closed isn't counted, not even for a moment.
#[test]
fn the_number_of_calls_never_falls() {
    let protection = protection(1, Barrier::best());
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                drop(enter::<0>(protection));
            }
        });
        let most = (0..200_000).map(|_| ended(protection, 0)).max();
        stop.store(true, Ordering::Relaxed);
        assert_eq!(most, Some(0));
    });
}

/// What a stress run saw.
#[derive(Debug, Default)]
struct Stress {
    seals: u64,
    violations: u64,
}

/// Callers with full store buffers against a thread that seals and opens all the time, until
/// `enough` says so.
fn stress(protection: &'static Protection, enough: impl Fn(&Stress) -> bool) -> Stress {
    let (stop, loaded) = (AtomicBool::new(false), AtomicBool::new(true));
    let violations = AtomicU64::new(0);
    let mut seen = Stress::default();
    open_watched(protection, 0);
    thread::scope(|scope| {
        for seed in 1..=2_u64 {
            let (stop, loaded, violations) = (&stop, &loaded, &violations);
            scope.spawn(move || {
                // Stores all over 64 MiB miss every cache and keep the store buffer full: without
                // that pressure a broken protocol shows almost no failures.
                let mut scatter = vec![1_u64; 1 << 23];
                let mut random = seed;
                let mut calls = 0_u64;
                while !stop.load(Ordering::Relaxed) {
                    // One of them also has the fast table opened and closed at any time.
                    calls += 1;
                    match calls % 64 {
                        0 if seed == 1 => drop(protection.unwatch(0)),
                        8 if seed == 1 => protection.watch(0),
                        _ => {}
                    }
                    for _ in 0..24 {
                        random = random.wrapping_mul(6364136223846793005).wrapping_add(1);
                        scatter[(random >> 41) as usize] = std::hint::black_box(random);
                    }
                    let inside = enter::<0>(protection).or_else(|| protection.enter_slow(0));
                    if inside.is_some() {
                        let unloaded = (0..200).any(|_| !loaded.load(Ordering::Relaxed));
                        violations.fetch_add(u64::from(unloaded), Ordering::Relaxed);
                    }
                }
            });
        }
        while !enough(&seen) {
            if protection.seal(0, || 0).is_ok() {
                loaded.store(false, Ordering::SeqCst);
                (0..100).for_each(|_| std::hint::spin_loop());
                loaded.store(true, Ordering::SeqCst);
                open(protection, 0);
                seen.seals += 1;
            }
            seen.violations = violations.load(Ordering::Relaxed);
        }
        stop.store(true, Ordering::Relaxed);
    });
    seen.violations = violations.into_inner();
    seen
}

/// One at a time: they need the cores.
static TURN: Mutex<()> = Mutex::new(());

const SEALS: u64 = 100_000;

#[test]
fn nobody_is_inside_after_a_seal() {
    let _turn = TURN.lock().unpoisoned();
    for barrier in [Barrier::best(), Barrier::Fences] {
        let seen = stress(protection(1, barrier), |seen| seen.seals >= SEALS);
        assert_eq!(seen.violations, 0, "{barrier:?}: {seen:?}");
    }
}

/// The control: without the barrier the same run sees callers inside an unloaded module.
#[test]
fn a_missing_barrier_is_seen() {
    let _turn = TURN.lock().unpoisoned();
    if thread::available_parallelism().is_ok_and(|cores| cores.get() < 2) {
        println!("one core reorders nothing: nothing to see");
        return;
    }
    let enough = |seen: &Stress| seen.violations > 0 || seen.seals >= 100 * SEALS;
    let seen = stress(protection(1, Barrier::Missing), enough);
    assert!(seen.violations > 0, "{seen:?}");
}
