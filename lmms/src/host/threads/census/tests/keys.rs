//! A module's thread-specific keys.

#![forbid(unsafe_code)]

use super::*;

#[test]
fn values_of_keys_are_destroyed_when_their_thread_ends_or_flushes() {
    let _turn = turn();
    let module = Module::new();
    let (key, plain) = (module.key(Some(noting)), module.key(None));
    module.set(key, 11);
    module.set(key, 12);
    module.set(plain, 13);
    assert_eq!(module.census.pending_count(), 1);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            module.set(key, 21);
            module.set(key, 0);
            assert_eq!(module.census.pending_count(), 1);
            module.set(key, 22);
        });
    });
    wait_until(|| module.census.pending_count() == 1);
    assert_eq!(ran(), [22]);
    assert_eq!(module.census.flush_current_thread().ran, 1);
    assert_eq!(ran(), [12]);
    assert_eq!(module.census.close(), Ok(()));
    assert_eq!(module.census.delete_keys(), 2);
    assert_eq!(module.census.totals().keys, 0);
}

#[test]
fn a_deleted_key_is_forgotten_on_all_threads() {
    let _turn = turn();
    let module = Module::new();
    let key = module.key(Some(noting));
    let barrier = Barrier::new(2);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            module.set(key, 1);
            barrier.wait();
            barrier.wait();
        });
        barrier.wait();
        assert_eq!(module.census.pending_count(), 1);
        module.delete(key);
        assert_eq!(module.census.pending_count(), 0);
        barrier.wait();
    });
    assert!(ran().is_empty());
}

#[test]
fn a_key_with_a_lower_number_than_the_hosts_is_looked_after_too() {
    let _turn = turn();
    let mut low = Vec::new();
    let module = Module::new();
    // Whatever number the host's own key has: some of these are lower unless it is the lowest of all.
    for _ in 0..40 {
        low.push(module.key(Some(noting)));
    }
    std::thread::scope(|scope| {
        scope.spawn(|| {
            low.iter()
                .enumerate()
                .for_each(|(value, &key)| module.set(key, value + 1))
        });
    });
    wait_until(|| module.census.pending_count() == 0);
    assert_eq!(ran(), (1..=40).collect::<Vec<_>>());
    module.census.delete_keys();
}

#[test]
fn more_keys_than_the_system_has_can_come_and_go() {
    for _ in 0..3000 {
        let module = Module::new();
        module.key(Some(noting));
        assert_eq!(module.census.delete_keys(), 1);
    }
}

/// Else a thread that a shared library has started would count as known once the module let it set a key.
#[test]
fn a_thread_without_destructors_to_run_is_in_nobodys_books() {
    let _turn = turn();
    let module = Module::new();
    let key = module.key(Some(noting));
    let own = crate::host::threads::current_tid();
    let is_known = || crate::host::threads::census::thread_ids().contains(&own);
    module.set(key, 1);
    assert!(is_known());
    module.set(key, 0);
    assert!(!is_known());
    module.delete(key);
}
