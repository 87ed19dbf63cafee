//! Owners of a shared result, counted apart: threads that share one result don't meet at its counter.
//!
//! A thread that shares a result owns a *lease* of it, an `Arc` around the result's own, and hands out clones of that.
//! The result lives as long as any lease does, a lease as long as the cache has the result or somebody shares it.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicPtr, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use super::CachedResult;
use crate::host::protection::Reading;

/// The leases of a result, made when a thread first shares it. The first threads have one each, later ones share these.
///
/// In the record itself: whoever counts an owner waits for each step on the way there.
#[derive(Default)]
pub(super) struct Owners([OnceLock<Arc<Lease>>; LEASES]);

const LEASES: usize = 4;

/// Keeps a result. One word, which callers get in a register.
///
/// Its counter is alone on a cache line, because an `Arc` puts the value at the next multiple of its alignment.
#[repr(align(64))]
pub struct Lease {
    /// Never changed: an atomic because a plain pointer is for one thread only.
    place: AtomicPtr<()>,
    _keeps: CachedResult,
}

impl Lease {
    pub(crate) fn new(result: CachedResult) -> Arc<Self> {
        Arc::new(Self {
            place: AtomicPtr::new(Arc::as_ptr(&result).cast::<()>().cast_mut()),
            _keeps: result,
        })
    }

    /// Where the result lies as long as the lease lives.
    #[inline(always)]
    pub(crate) fn place(&self) -> *const () {
        self.place.load(Relaxed)
    }
}

impl Owners {
    /// What keeps `result` for the thread that reads.
    #[inline]
    pub(super) fn another(&self, result: &CachedResult, reading: &Reading<'_>) -> Arc<Lease> {
        let place = &self.0[reading.thread() % LEASES];
        match place.get() {
            Some(lease) => lease.clone(),
            None => first(place, result),
        }
    }
}

#[cold]
#[inline(never)]
fn first(place: &OnceLock<Arc<Lease>>, result: &CachedResult) -> Arc<Lease> {
    place.get_or_init(|| Lease::new(result.clone())).clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::protection::Protection;

    #[test]
    fn threads_own_apart_and_the_last_one_drops_the_result() {
        let readers = Protection::new(0);
        let result = Arc::new(String::from("found"));
        let owners = Owners::default();
        let keep = || owners.another(&(result.clone() as CachedResult), &readers.read());
        let (here, again) = (keep(), keep());
        assert!(Arc::ptr_eq(&here, &again), "a thread has one lease");
        let there = std::thread::scope(|scope| scope.spawn(keep).join()).expect("it ends well");
        assert!(!Arc::ptr_eq(&here, &there), "each thread has its own");
        assert_eq!(Arc::strong_count(&result), 3);
        // The cache forgets it.
        drop(owners);
        drop((here, there));
        assert_eq!(Arc::strong_count(&result), 2);
        drop(again);
        assert_eq!(Arc::strong_count(&result), 1);
    }

    #[test]
    fn a_counter_has_a_cache_line_of_its_own() {
        let lease = Lease::new(Arc::new(()));
        assert_eq!(size_of_val(&*lease), 64);
        assert!(Arc::as_ptr(&lease).addr().is_multiple_of(64));
    }
}
