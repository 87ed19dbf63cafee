//! The protocol under the model checker: every order of events that the memory model allows.
//!
//! loom knows no `membarrier`, so this is the protocol with a fence on each side; that `membarrier`
//! acts as the caller's fence is the kernel's promise. Loom's threads are no threads of the system,
//! so each gets its block of counters handed in.
//!
//! `cargo xtask model`

use loom::sync::Arc;
use loom::thread;

use super::*;

unsafe fn drop_nothing(_: *mut ()) {}

static TABLE: [OperationSlot; 1] = [OperationSlot {
    thunk: std::ptr::null(),
    drop_result: drop_nothing,
}];

/// A caller and an unloader. `loaded` stands for the library: what a caller sees of it while it is
/// inside must be `true`.
fn caller_and_unloader(barrier: Barrier) {
    loom::model(move || {
        let protection = Arc::new(Protection::with_barrier(1, barrier));
        let loaded = Arc::new(AtomicU64::new(1));
        // SAFETY: a static table; nothing here calls through it.
        unsafe { protection.open(0, TABLE.as_ptr(), false) };
        let caller = {
            let (protection, loaded) = (protection.clone(), loaded.clone());
            let block = protection.adopt_block();
            thread::spawn(move || {
                if let Some(inside) = protection.enter_on(&block, 0) {
                    assert_eq!(
                        loaded.load(Ordering::Relaxed),
                        1,
                        "inside an unloaded module"
                    );
                    drop(inside);
                }
            })
        };
        if protection.seal(0, || 0).is_ok() {
            loaded.store(0, Ordering::Relaxed);
        }
        caller.join().expect("the caller saw the library");
        assert_eq!(protection.references(0), 0);
    });
}

#[test]
fn nobody_is_inside_an_unloaded_module() {
    caller_and_unloader(Barrier::Fences);
}

/// The control: the model sees that the barrier is needed.
#[test]
#[should_panic(expected = "inside an unloaded module")]
fn a_missing_barrier_is_seen() {
    caller_and_unloader(Barrier::Missing);
}

/// A guard that outlives its thread's block, an unloader, and a thread that comes meanwhile.
fn outliving_guard(hand_in: fn(&Protection, usize)) {
    loom::model(move || {
        let protection = Arc::new(Protection::with_barrier(1, Barrier::Fences));
        let loaded = Arc::new(AtomicU64::new(1));
        // SAFETY: a static table; nothing here calls through it.
        unsafe { protection.open(0, TABLE.as_ptr(), false) };
        let ending = {
            let (protection, loaded) = (protection.clone(), loaded.clone());
            let block = protection.adopt_block();
            thread::spawn(move || {
                let inside = protection.enter_on(&block, 0);
                hand_in(&protection, block.number());
                if let Some(inside) = inside {
                    let other = protection.adopt_block();
                    drop(protection.enter_on(&other, 0));
                    hand_in(&protection, other.number());
                    assert_eq!(
                        loaded.load(Ordering::Relaxed),
                        1,
                        "inside an unloaded module"
                    );
                    drop(inside);
                }
            })
        };
        if protection.seal(0, || 0).is_ok() {
            loaded.store(0, Ordering::Relaxed);
        }
        ending.join().expect("the guard kept the library");
        assert_eq!(protection.references(0), 0, "nobody is inside");
    });
}

#[test]
fn a_guard_that_outlives_its_threads_block_holds_and_lets_go() {
    outliving_guard(|protection, number| protection.blocks.hand_in(number));
}

/// The control: the model sees that a block stays as long as something is inside.
#[test]
#[should_panic(expected = "nobody is inside")]
fn a_block_that_goes_too_early_is_seen() {
    outliving_guard(|protection, number| protection.blocks.lock().fold(number));
}
