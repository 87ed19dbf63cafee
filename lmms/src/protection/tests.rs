use super::*;

use std::sync::atomic::{AtomicBool, Ordering};
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
    unsafe { entrance.enter::<MODULE>(|| protection) }
}

/// Leaked: what `enter` returns borrows from it.
fn protection(modules: usize, asymmetric: bool) -> &'static Protection {
    Box::leak(Box::new(if asymmetric {
        Protection::new(modules)
    } else {
        Protection::with_barrier(modules, false)
    }))
}

#[test]
fn a_closed_gate_lets_nobody_in_and_counts_nothing() {
    let protection = protection(3, true);
    assert!(enter::<1>(protection).is_none());
    assert!(protection.enter_slow(1).is_none());
    assert_eq!(protection.references(1), 0);
    assert_eq!(protection.calls(1), 0);
}

#[test]
fn a_seal_fails_while_somebody_is_inside_and_leaves_the_gate_open() {
    let protection = protection(12, true);
    open(protection, 9);
    let outer = enter::<9>(protection).expect("the gate is open");
    let inner = enter::<9>(protection).expect("nested calls are calls");
    assert_eq!(protection.seal(9, || 0), Err(2));
    drop(inner);
    assert_eq!(protection.seal(9, || 0), Err(1));
    drop(outer);
    assert_eq!(protection.seal(9, || 5), Err(5), "owned guards count too");
    assert_eq!(protection.seal(9, || 0), Ok(()));
    assert!(enter::<9>(protection).is_none());
    assert_eq!(protection.calls(9), 2);
}

#[test]
fn counts_of_ended_threads_stay_and_their_blocks_are_reused() {
    let protection = protection(1, true);
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
    let (one, other) = (protection(1, true), protection(1, true));
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

/// Callers with full store buffers against a thread that seals and opens all the time.
fn stress(protection: &'static Protection) -> u64 {
    static LOADED: AtomicBool = AtomicBool::new(true);
    let (stop, seals) = (AtomicBool::new(false), 30_000);
    let violations = std::sync::atomic::AtomicU64::new(0);
    LOADED.store(true, Ordering::SeqCst);
    open(protection, 0);
    thread::scope(|scope| {
        for seed in 1..=2_u64 {
            let (stop, violations) = (&stop, &violations);
            scope.spawn(move || {
                // Scattered stores keep the store buffer full: without them a broken protocol
                // shows almost no failures.
                let mut scatter = vec![0_u64; 1 << 16];
                let mut random = seed;
                while !stop.load(Ordering::Relaxed) {
                    for _ in 0..24 {
                        random = random.wrapping_mul(6364136223846793005).wrapping_add(1);
                        let place = (random >> 40) as usize & (scatter.len() - 1);
                        scatter[place] = std::hint::black_box(random);
                    }
                    if let Some(_inside) =
                        enter::<0>(protection).or_else(|| protection.enter_slow(0))
                        && !LOADED.load(Ordering::Relaxed)
                    {
                        violations.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        for _ in 0..seals {
            if protection.seal(0, || 0).is_ok() {
                LOADED.store(false, Ordering::SeqCst);
                std::hint::spin_loop();
                LOADED.store(true, Ordering::SeqCst);
                open(protection, 0);
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    violations.into_inner()
}

#[test]
fn nobody_is_inside_after_a_seal() {
    assert_eq!(stress(protection(1, true)), 0);
}

#[test]
fn nobody_is_inside_after_a_seal_without_membarrier() {
    assert_eq!(stress(protection(1, false)), 0);
}
