//! What follows a look-up that found nothing: the result comes from another thread, or is computed here.

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::flights::{Boarding, Flight, LONGEST};
use super::{CachedResult, Insertion, NewResult, ResultCache};

/// What a look-up that found nothing came to.
pub(crate) enum Missed<'c> {
    /// The result is there after all.
    Found(CachedResult),
    /// The calling thread has to compute it.
    Compute(Computation<'c>),
}

/// A result that the calling thread is computing, and that others may be waiting for.
///
/// Dropped without a result, it lets others compute it.
#[derive(Debug)]
#[must_use]
pub(crate) struct Computation<'c> {
    cache: &'c ResultCache,
    flight: Arc<Flight>,
}

impl Computation<'_> {
    pub(crate) fn operation(&self) -> usize {
        self.flight.operation as usize
    }

    /// Hands the result to those who wait for it, and stores it.
    pub(crate) fn finish(
        self,
        module: u32,
        value: CachedResult,
        bytes: usize,
        expires: Duration,
        now: Duration,
    ) -> Insertion {
        self.flight.land(Some(value.clone()));
        let new = NewResult {
            operation: self.flight.operation,
            module,
            arguments: &self.flight.arguments,
            value,
            bytes,
            expires,
            generation: self.flight.generation,
        };
        // On the way until it is in the cache: who comes meanwhile finds it in one place or the other.
        self.cache.insert(new, now)
    }
}

impl Drop for Computation<'_> {
    fn drop(&mut self) {
        let Flight {
            operation,
            arguments,
            ..
        } = &*self.flight;
        let shard = self
            .cache
            .shard(self.cache.hasher.hash(*operation, arguments));
        // First: who waited in vain must not find it again.
        shard.flights.remove(&self.flight);
        self.flight.land(None);
    }
}

impl ResultCache {
    /// What [`find`](ResultCache::find) didn't find: from another thread that is computing it, if `may_wait` allows to
    /// wait for that; or it is there by now; or the calling thread has to compute it.
    #[cold]
    #[inline(never)]
    pub(crate) fn miss(
        &self,
        operation: u32,
        arguments: &[u8],
        now: Duration,
        may_wait: impl Fn() -> bool,
    ) -> Missed<'_> {
        let shard = self.shard(self.hasher.hash(operation, arguments));
        let generation = || self.generation(operation);
        let key = (operation, arguments);
        let boarding = match self.budget {
            // Turned off: each for itself.
            0 => Boarding::Leads(Arc::new(Flight::new(key, generation()))),
            _ => shard.flights.board(key, generation, LONGEST, may_wait),
        };
        let flight = match boarding {
            Boarding::Arrived(value) => {
                self.joined.fetch_add(1, Ordering::Relaxed);
                return Missed::Found(value);
            }
            Boarding::Leads(flight) => flight,
        };
        let computation = Computation {
            cache: self,
            flight,
        };
        // The thread that led before this one has stored what it found.
        match self.find_locked(operation, arguments, now) {
            Some(value) => {
                computation.flight.land(Some(value.clone()));
                Missed::Found(value)
            }
            None => Missed::Compute(computation),
        }
    }
}
