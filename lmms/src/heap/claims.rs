//! Which shard a thread has claimed. Invariants: see `heap.rs`.
//!
//! A table of thread pointers, each with the number of its shard. It has eight places for each shard, so that threads
//! seldom meet in it: who isn't found at the first look is searched for at every allocation.
//!
//! # Orderings
//!
//! `Relaxed`: a claim hands nothing over, since an unclaimed shard is empty.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};

use super::shard::OWNED;

const PLACES: usize = 8 * OWNED;
/// Of a place, above the thread pointer: the number of the shard.
const NUMBER_BITS: u32 = OWNED.trailing_zeros();
const POINTER_BITS: u32 = usize::BITS - NUMBER_BITS;

/// A thread pointer in each place, with the number of its shard above; 0: free.
#[repr(transparent)]
pub(super) struct Places([AtomicUsize; PLACES]);

/// The claims of a heap. All zero: no shard may be claimed.
///
/// Apart from the places, which a module with one thread doesn't touch.
#[repr(C)]
pub(super) struct Claims {
    /// The thread pointer of the first shard's owner, who needs no place in the table; 0: there are no claims.
    first: AtomicUsize,
    /// Shards that have been claimed. More than there are: some threads came too late.
    count: AtomicU32,
}

impl Claims {
    /// Lets threads claim shards, the calling one the first.
    #[cfg(feature = "gateway")]
    pub(super) fn allow(&self) {
        self.count.store(1, Relaxed);
        self.first.store(super::lock::thread_pointer(), Relaxed);
    }

    /// How many shards have been claimed.
    #[cfg(feature = "gateway")]
    pub(super) fn count(&self) -> usize {
        (self.count.load(Relaxed) as usize).min(OWNED)
    }

    /// The shard of the thread `me`, if that is easily found.
    #[inline(always)]
    pub(super) fn look(&self, places: &Places, me: usize) -> Option<usize> {
        if self.first.load(Relaxed) == me {
            return Some(0);
        }
        number(places.0[place_of(me)].load(Relaxed), me)
    }

    /// The shard of the thread `me`; claims one if it has none. `None`: there is none left.
    pub(super) fn find(&self, places: &Places, me: usize) -> Option<usize> {
        if self.first.load(Relaxed) == 0 || me >> POINTER_BITS != 0 {
            return None;
        }
        let home = place_of(me);
        let mut fresh = None;
        for step in 0..PLACES {
            let place = &places.0[(home + step) % PLACES];
            let mut taken = place.load(Relaxed);
            if taken == 0 {
                // Nobody gives a claim up, so whoever has one finds it before the first free place.
                let number = fresh.or_else(|| self.take_number())?;
                fresh = Some(number);
                match place.compare_exchange(0, number << POINTER_BITS | me, Relaxed, Relaxed) {
                    Ok(_) => return Some(number),
                    Err(other) => taken = other,
                }
            }
            if let Some(number) = number(taken, me) {
                return Some(number);
            }
        }
        None
    }

    /// The number of a shard that nobody has claimed.
    fn take_number(&self) -> Option<usize> {
        // Looked at first: after the last one the line stays with everybody.
        let left = |count: u32| (count as usize) < OWNED;
        if !left(self.count.load(Relaxed)) {
            return None;
        }
        let number = self.count.fetch_add(1, Relaxed);
        left(number).then_some(number as usize)
    }
}

/// Where the search for a thread begins.
#[inline(always)]
pub(super) fn place_of(me: usize) -> usize {
    me.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (usize::BITS - PLACES.trailing_zeros())
}

/// The number of the shard, if that place is the thread's.
#[inline(always)]
fn number(place: usize, me: usize) -> Option<usize> {
    let difference = place ^ me;
    (difference << NUMBER_BITS == 0).then_some(difference >> POINTER_BITS)
}

#[cfg(all(test, feature = "gateway"))]
mod tests {
    use super::super::lock::thread_pointer;
    use super::*;

    fn none() -> (Claims, Box<Places>) {
        let claims = Claims {
            first: AtomicUsize::new(0),
            count: AtomicU32::new(0),
        };
        (
            claims,
            Box::new(Places([const { AtomicUsize::new(0) }; PLACES])),
        )
    }

    #[test]
    fn every_thread_has_a_shard_of_its_own_until_there_is_none_left() {
        let (claims, places) = none();
        claims.allow();
        assert_eq!(claims.look(&places, thread_pointer()), Some(0));
        // Stacks as the C library maps them, and many threads that begin their search at the same place.
        let apart = (0..).map(|thread| 0x7e00_0000_06c0 + thread * 0x20_1000);
        let threads: Vec<usize> = crowd().take(9).chain(apart).take(OWNED - 1).collect();
        for (index, me) in threads.iter().enumerate() {
            assert_eq!(
                claims.look(&places, *me),
                None,
                "it has claimed nothing yet"
            );
            assert_eq!(claims.find(&places, *me), Some(index + 1));
        }
        assert_eq!(claims.find(&places, 0x1000), None, "there is none left");
        for (index, me) in threads.iter().enumerate() {
            assert_eq!(
                claims.find(&places, *me),
                Some(index + 1),
                "it is found again"
            );
        }
        let at_once = threads
            .iter()
            .filter(|me| claims.look(&places, **me).is_some());
        assert!(at_once.count() >= threads.len() - 12);
        assert_eq!(claims.count(), OWNED);
    }

    #[test]
    fn nothing_is_claimed_where_claims_are_not_allowed() {
        let (claims, places) = none();
        assert_eq!(claims.look(&places, 0x7f00_0000_06c0), None);
        assert_eq!(claims.find(&places, 0x7f00_0000_06c0), None);
        assert_eq!(claims.count(), 0);
    }

    /// Thread pointers whose search begins at the same place.
    fn crowd() -> impl Iterator<Item = usize> {
        let first = 0x7f00_0000_06c0;
        let all = (first..).step_by(64);
        all.filter(move |me| place_of(*me) == place_of(first))
    }

    #[test]
    fn threads_that_claim_at_the_same_time_get_different_shards() {
        let threads: Vec<usize> = crowd().take(32).collect();
        for _ in 0..500 {
            let (claims, places) = none();
            claims.allow();
            let start = std::sync::Barrier::new(4);
            let claim = |threads: &[usize]| {
                start.wait();
                let numbers = threads.iter().map(|me| claims.find(&places, *me));
                numbers.collect::<Vec<_>>()
            };
            let claimed: Vec<Option<usize>> = std::thread::scope(|scope| {
                let claim = &claim;
                let parts = threads.chunks(8);
                let running: Vec<_> = parts.map(|part| scope.spawn(move || claim(part))).collect();
                let claimed = running.into_iter().map(|thread| thread.join());
                claimed
                    .flat_map(|numbers| numbers.expect("it ends well"))
                    .collect()
            });
            let found: Vec<_> = threads.iter().map(|me| claims.find(&places, *me)).collect();
            assert_eq!(found, claimed, "they are found again");
            let mut numbers: Vec<usize> = claimed.into_iter().flatten().collect();
            numbers.sort_unstable();
            assert_eq!(
                numbers,
                Vec::from_iter(1..=32),
                "each has its own, and none is lost"
            );
        }
    }
}
