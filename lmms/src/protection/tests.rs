use super::*;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

unsafe fn drop_nothing(_: *mut ()) {}

static TABLE: [OperationSlot; 1] = [OperationSlot {
    thunk: std::ptr::null(),
    drop_result: drop_nothing,
}];

fn open(protection: &Protection, module: usize) {
    // SAFETY: a static table; nothing in these tests calls through it.
    unsafe { protection.open(module, TABLE.as_ptr(), true) };
}

fn enter<const MODULE: usize>(protection: &'static Protection) -> Option<Entered<'static>> {
    // SAFETY: the protection lives for ever.
    let entrance = unsafe { Entrance::new(protection) };
    // SAFETY: the tests use modules that exist, and the entrance is `protection`'s.
    unsafe { entrance.enter(MODULE, || protection) }
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
    assert_eq!(protection.calls(1), 0);
}

#[test]
fn a_seal_fails_while_somebody_is_inside_and_leaves_the_gate_open() {
    let protection = protection(12, Barrier::best());
    open(protection, 9);
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
    assert_eq!(protection.calls(9), 4);
}

#[test]
fn a_gate_that_no_barrier_seals_is_open_as_before() {
    let protection = protection(1, Barrier::Refused);
    open(protection, 0);
    assert_eq!(protection.seal(0, || 0), Err(NotSealed::NoBarrier));
    assert!(enter::<0>(protection).is_some(), "straight through");
    assert!(protection.enter_slow(0).is_some(), "by the slow path");
    assert!(!protection.wait_for_readers(), "what they see is kept");
}

#[test]
fn counts_of_ended_threads_stay_and_their_blocks_are_reused() {
    let protection = protection(1, Barrier::best());
    open(protection, 0);
    for _ in 0..5 {
        thread::scope(|scope| {
            scope
                .spawn(|| drop(protection.enter_slow(0)))
                .join()
                .expect("the thread only enters and leaves");
        });
    }
    assert_eq!(protection.calls(0), 5);
    assert_eq!(protection.blocks().len(), 1);
}

#[test]
fn threads_keep_their_counts_apart_between_gateways() {
    let (one, other) = (
        protection(1, Barrier::best()),
        protection(1, Barrier::best()),
    );
    open(one, 0);
    open(other, 0);
    for _ in 0..3 {
        drop(enter::<0>(one));
        let inside = enter::<0>(other);
        assert!(inside.is_some());
        assert_eq!((one.references(0), other.references(0)), (0, 1));
    }
    assert_eq!((one.calls(0), other.calls(0)), (3, 3));
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
    open(protection, 0);
    thread::scope(|scope| {
        for seed in 1..=2_u64 {
            let (stop, loaded, violations) = (&stop, &loaded, &violations);
            scope.spawn(move || {
                // Stores all over 64 MiB miss every cache and keep the store buffer full: without
                // that pressure a broken protocol shows almost no failures.
                let mut scatter = vec![1_u64; 1 << 23];
                let mut random = seed;
                while !stop.load(Ordering::Relaxed) {
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
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for barrier in [Barrier::best(), Barrier::Fences] {
        let seen = stress(protection(1, barrier), |seen| seen.seals >= SEALS);
        assert_eq!(seen.violations, 0, "{barrier:?}: {seen:?}");
    }
}

/// The control: without the barrier the same run sees callers inside an unloaded module.
#[test]
fn a_missing_barrier_is_seen() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    if thread::available_parallelism().is_ok_and(|cores| cores.get() < 2) {
        println!("one core reorders nothing: nothing to see");
        return;
    }
    let enough = |seen: &Stress| seen.violations > 0 || seen.seals >= 100 * SEALS;
    let seen = stress(protection(1, Barrier::Missing), enough);
    assert!(seen.violations > 0, "{seen:?}");
}
