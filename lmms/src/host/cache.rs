//! Results of operations, kept for a while: a call that finds its answer here needs no module.
//!
//! A result is found by its operation *and* its encoded arguments. It lives until it expires, is invalidated, or has to
//! make room: the cache holds a bounded number of bytes. What to evict is chosen by SIEVE (Zhang et al., NSDI '24):
//! entries queue up in the order in which they came, a hand walks from old to new, spares what was used since it last
//! came by, and takes the first that was not. A hit thus sets a flag instead of moving the entry in a list, and in
//! measurements 7 to 10 points more of a skewed load hit than with least-recently-used.
//!
//! Of threads that miss the same result at once, one computes it and the others wait for it (`host/cache/flights.rs`).
//!
//! A hit takes no lock and writes to nothing that another thread uses: it looks into a table that is only ever taken
//! apart when nobody reads. A thread that removes a result waits for that, which costs a `membarrier` system call.
//!
//! The cache reads no clock: each method takes the time. A result expires after seconds or minutes, so a coarse clock
//! is good enough for [`ResultCache::get`], and several times cheaper than a precise one, which takes as long as the
//! hit.
mod computation;
mod flights;
mod hash;
mod hits;
mod index;
#[cfg(all(test, lmms_loom))]
mod model;
#[cfg(test)]
mod model_tests;
mod owners;
mod shard;
mod statistics;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt::{self, Debug, Formatter};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use crate::host::protection::Protection;
use crate::sync::Unpoisoned as _;
use flights::Flights;
use hash::KeyHasher;
use hits::Hits;
use index::{Index, Record};
use shard::{Found, NewEntry, Removed, Shard};

pub use crate::host::registry::CachedResult;
pub(crate) use computation::{Computation, Missed};
pub(crate) use index::Hit;
pub use owners::Lease;
pub use statistics::{CacheStatistics, LiveEntries};

/// A result to be stored.
pub struct NewResult<'a> {
    /// The operation it is of.
    pub operation: u32,
    /// The module it comes from.
    pub module: u32,
    /// The encoded arguments.
    pub arguments: &'a [u8],
    /// The result.
    pub value: CachedResult,
    /// How much memory the value holds, in bytes.
    pub bytes: usize,
    /// When it expires; from then on it is a miss.
    pub expires: Duration,
    /// [`ResultCache::generation`] of the operation from *before* it was executed: an invalidation since then means
    /// that the result may rest on what is no longer true.
    pub generation: Generation,
}

/// Identifies the time between two invalidations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub struct Generation(u64);

/// What became of a result to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Insertion {
    /// It is in the cache.
    Stored,
    /// It is larger than the whole cache, or others are taking up all of it at this moment.
    NoRoom,
    /// It has expired already.
    Expired,
    /// Its operation or module was invalidated while it was being computed.
    Outdated,
}

/// The cache. All methods may be called from any number of threads.
pub struct ResultCache {
    shards: Box<[Padded]>,
    hasher: KeyHasher,
    /// Knows who reads.
    readers: Arc<Protection>,
    /// By operation.
    hits: Mutex<HashMap<u32, Arc<Hits>>>,
    budget: u64,
    /// Bytes in the shards and bytes reserved for entries on their way in; never more than the budget.
    bytes: AtomicU64,
    /// The shard that gives up an entry next.
    victim: AtomicUsize,
    /// Out of reach, but somebody may still have been reading it.
    kept: Mutex<Removed>,
    /// There may be such.
    keeps: AtomicBool,
    /// How often a result came from another thread's computation.
    joined: AtomicU64,
    /// Counts invalidations; operations share a counter, which at worst keeps a good result out.
    generations: [AtomicU64; GENERATIONS],
}

const GENERATIONS: usize = 64;

/// Few enough that a sweep can visit them all, enough that threads seldom meet.
const SHARDS: usize = 32;

/// A shard on cache lines of its own.
#[repr(align(128))]
struct Padded {
    index: Index,
    books: Mutex<Shard>,
    flights: Flights,
}

impl ResultCache {
    /// Bytes that an entry is charged for besides its arguments and its value.
    pub const ENTRY_OVERHEAD: usize = shard::ENTRY_OVERHEAD;

    /// An empty cache that holds at most so many bytes.
    pub fn new(budget: u64) -> ResultCache {
        ResultCache::with_shards(budget, SHARDS)
    }

    /// The same with so many parts, rounded up to a power of two, that can be used at the same time.
    pub fn with_shards(budget: u64, shards: usize) -> ResultCache {
        ResultCache::read_with(Arc::new(Protection::new(0)), budget, shards)
    }

    /// An empty cache whose readers count where the callers of modules do.
    pub(crate) fn with_readers(readers: Arc<Protection>, budget: u64) -> ResultCache {
        ResultCache::read_with(readers, budget, SHARDS)
    }

    fn read_with(readers: Arc<Protection>, budget: u64, shards: usize) -> ResultCache {
        let shards = shards.clamp(1, 1 << 10).next_power_of_two();
        let shard = || Padded {
            index: Index::new(),
            books: Mutex::default(),
            flights: Flights::default(),
        };
        ResultCache {
            shards: (0..shards).map(|_| shard()).collect(),
            hasher: KeyHasher::random(),
            readers,
            hits: Mutex::default(),
            budget,
            bytes: AtomicU64::new(0),
            victim: AtomicUsize::new(0),
            kept: Mutex::default(),
            keeps: AtomicBool::new(false),
            joined: AtomicU64::new(0),
            generations: [const { AtomicU64::new(0) }; GENERATIONS],
        }
    }

    /// The result of `operation` for these encoded arguments, if there is one that has not expired. A value that says
    /// "nothing" (a cached `None`) is a hit like any other.
    #[inline]
    pub fn get(&self, operation: u32, arguments: &[u8], now: Duration) -> Option<CachedResult> {
        self.read(operation, arguments, now, CachedResult::clone)
    }

    /// Like [`get`](ResultCache::get), but hands the value to `copy` where it lies: threads that read the same result
    /// don't meet at a counter.
    ///
    /// Threads that remove results wait for `copy`: it must be quick, and must not use the cache.
    #[inline]
    pub fn read<R>(
        &self,
        operation: u32,
        arguments: &[u8],
        now: Duration,
        copy: impl FnOnce(&CachedResult) -> R,
    ) -> Option<R> {
        match self.find(operation, arguments, now) {
            Some(hit) => Some(copy(hit.value())),
            None => {
                let value = self.find_locked(operation, arguments, now)?;
                Some(copy(&value))
            }
        }
    }

    /// The result, where it lies. Threads that remove results wait for the hit to be dropped. `None`: ask
    /// [`miss`](ResultCache::miss).
    #[inline]
    pub(crate) fn find(&self, operation: u32, arguments: &[u8], now: Duration) -> Option<Hit<'_>> {
        let hash = self.hasher.hash(operation, arguments);
        let is_right = |record: &Record| record.is_of(operation, arguments) && now < record.expires;
        let hit = self
            .shard(hash)
            .index
            .hit(hash, self.readers.read(), is_right)?;
        hit.record().note_use();
        hit.record().hits.count(hit.reading());
        Some(hit)
    }

    /// As [`find`](ResultCache::find), but under the lock, which tells for certain.
    #[cold]
    #[inline(never)]
    fn find_locked(&self, operation: u32, arguments: &[u8], now: Duration) -> Option<CachedResult> {
        let mut removed = Removed::default();
        let hash = self.hasher.hash(operation, arguments);
        let shard = self.shard(hash);
        let key = (operation, arguments);
        let found = shard
            .lock()
            .look_up(&shard.index, hash, key, now, &mut removed);
        self.release(removed);
        match found {
            Found::Hit(record) => {
                record.hits.count_shared();
                Some(record.value.clone())
            }
            Found::Miss => None,
        }
    }

    /// To be asked for *before* executing an operation whose result is to be stored.
    pub fn generation(&self, operation: u32) -> Generation {
        Generation(self.generations[stripe(operation)].load(Ordering::Acquire))
    }

    /// Stores a result, in place of an earlier one for the same arguments, and evicts others as necessary. An entry
    /// that is larger than the whole budget evicts nothing and isn't stored.
    pub fn insert(&self, new: NewResult<'_>, now: Duration) -> Insertion {
        if new.expires <= now {
            return Insertion::Expired;
        }
        let size = (new.arguments.len() as u64)
            .saturating_add(new.bytes as u64)
            .saturating_add(ResultCache::ENTRY_OVERHEAD as u64);
        if !self.reserve(size, now) {
            return Insertion::NoRoom;
        }
        let entry = NewEntry {
            hash: self.hasher.hash(new.operation, new.arguments),
            operation: new.operation,
            module: new.module,
            arguments: new.arguments,
            value: new.value,
            size,
            expires: new.expires,
            hits: self.hits_of(new.operation),
        };
        let mut removed = Removed::default();
        let shard = self.shard(entry.hash);
        let mut books = shard.lock();
        // Under the lock: an invalidation that this doesn't see has yet to visit this shard, and will find the entry.
        if self.generation(new.operation) != new.generation {
            drop(books);
            self.bytes.fetch_sub(size, Ordering::AcqRel);
            return Insertion::Outdated;
        }
        books.insert(&shard.index, entry, &mut removed);
        drop(books);
        self.release(removed);
        Insertion::Stored
    }

    /// Removes all results of an operation, and keeps out those being computed. Returns how many were removed.
    pub fn invalidate_operation(&self, operation: u32) -> u64 {
        self.generations[stripe(operation)].fetch_add(1, Ordering::AcqRel);
        self.remove_from_all(|shard, index, removed| {
            shard.invalidate(index, |of, _| of == operation, removed);
        })
    }

    /// Removes all results that came from a module, and keeps out those being computed. Returns how many were removed.
    pub fn invalidate_module(&self, module: u32) -> u64 {
        self.next_generation();
        self.remove_from_all(|shard, index, removed| {
            shard.invalidate(index, |_, from| from == module, removed);
        })
    }

    /// Removes all results, and keeps out those being computed. Returns how many were removed.
    pub fn clear(&self) -> u64 {
        self.next_generation();
        self.remove_from_all(|shard, index, removed| shard.invalidate(index, |_, _| true, removed))
    }

    /// Removes what has expired. Otherwise that happens when an expired result is looked up, when room is needed, and
    /// when live entries are counted. Returns how many were removed.
    pub fn remove_expired(&self, now: Duration) -> u64 {
        self.remove_from_all(|shard, index, removed| shard.remove_expired(index, now, removed))
    }

    /// The results of one module that have not expired. Takes time for each operation in the cache; for all modules
    /// together there is [`live_by_module`](ResultCache::live_by_module).
    pub fn live_entries(&self, module: u32, now: Duration) -> LiveEntries {
        let mut live = LiveEntries::default();
        self.count_live(now, |of, count, first, last| {
            if of == module {
                live.add(count, first, last);
            }
        });
        live
    }

    /// Writes the live results of module `n` to `live[n]`, for all modules in one pass. Takes time for each operation
    /// in the cache, not for each entry, except those that expired since the last time: these are removed.
    pub fn live_by_module(&self, now: Duration, live: &mut [LiveEntries]) {
        live.fill(LiveEntries::default());
        self.count_live(now, |module, count, first, last| {
            if let Some(live) = live.get_mut(module as usize) {
                live.add(count, first, last);
            }
        });
    }

    /// The most bytes it may hold.
    pub fn budget(&self) -> u64 {
        self.budget
    }

    /// Bytes it holds now: arguments, values, and [`ENTRY_OVERHEAD`](ResultCache::ENTRY_OVERHEAD) for each entry.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// How often a result of this operation was found.
    pub fn operation_hits(&self, operation: u32) -> u64 {
        let hits = self.hits.lock().unpoisoned();
        hits.get(&operation).map_or(0, |hits| hits.sum())
    }

    /// Sums up what the shards counted.
    pub fn statistics(&self) -> CacheStatistics {
        let mut sum = CacheStatistics {
            bytes: self.bytes(),
            budget: self.budget,
            ..CacheStatistics::default()
        };
        for shard in &self.shards {
            shard.lock().add_statistics(&mut sum);
        }
        let hits = self.hits.lock().unpoisoned();
        sum.hits = hits.values().map(|hits| hits.sum()).sum();
        sum.joined = self.joined.load(Ordering::Relaxed);
        sum
    }

    #[inline]
    fn shard(&self, hash: u64) -> &Padded {
        // Bits that the shard's own table doesn't look at first.
        &self.shards[(hash >> 40) as usize & (self.shards.len() - 1)]
    }

    /// The counters of an operation.
    fn hits_of(&self, operation: u32) -> Arc<Hits> {
        let mut hits = self.hits.lock().unpoisoned();
        let hits = hits
            .entry(operation)
            .or_insert_with(|| Arc::new(Hits::new()));
        hits.clone()
    }

    /// Reserves room for an entry; false if there is none to be had.
    fn reserve(&self, size: u64, now: Duration) -> bool {
        if size > self.budget {
            return false;
        }
        let fits = |used: u64| used.checked_add(size).filter(|sum| *sum <= self.budget);
        loop {
            let reserved = self
                .bytes
                .fetch_update(Ordering::AcqRel, Ordering::Acquire, fits);
            let Err(used) = reserved else {
                return true;
            };
            let removed = self.evict(used.saturating_add(size) - self.budget, now);
            if removed.is_empty() || !self.release(removed) {
                return false;
            }
        }
    }

    /// Evicts entries of so many bytes, or all there are: from the shards in turn, all of them after one wait.
    fn evict(&self, bytes: u64, now: Duration) -> Removed {
        let mut removed = Removed::default();
        let mut empty = 0;
        while removed.size() < bytes && empty < self.shards.len() {
            let next = self.victim.fetch_add(1, Ordering::Relaxed);
            let shard = &self.shards[next & (self.shards.len() - 1)];
            let evicted = shard.lock().evict(&shard.index, now, &mut removed);
            empty = if evicted { 0 } else { empty + 1 };
        }
        removed
    }

    /// Drops what is in no shard (any more) when nobody reads it, outside of any lock: dropping a value may take long,
    /// or call back.
    ///
    /// What somebody reads all the same is kept for the next time. `false`: nothing was dropped.
    fn release(&self, removed: Removed) -> bool {
        // Relaxed: what it misses has its turn later.
        if removed.is_empty() && !self.keeps.load(Ordering::Relaxed) {
            return true;
        }
        let mut due = std::mem::take(&mut *self.kept());
        self.keeps.store(false, Ordering::Relaxed);
        due.extend(removed);
        if !self.readers.wait_for_readers() {
            self.kept().extend(due);
            self.keeps.store(true, Ordering::Relaxed);
            return false;
        }
        self.bytes.fetch_sub(due.size(), Ordering::AcqRel);
        due.drop_each();
        true
    }

    fn kept(&self) -> MutexGuard<'_, Removed> {
        self.kept.lock().unpoisoned()
    }

    fn remove_from_all(&self, remove: impl Fn(&mut Shard, &Index, &mut Removed)) -> u64 {
        let mut removed = Removed::default();
        for shard in &self.shards {
            remove(&mut shard.lock(), &shard.index, &mut removed);
        }
        let count = removed.entries.len() as u64;
        self.release(removed);
        count
    }

    fn count_live(&self, now: Duration, mut each: impl FnMut(u32, u64, Duration, Duration)) {
        let mut expired = Removed::default();
        for shard in &self.shards {
            let mut books = shard.lock();
            books.remove_expired(&shard.index, now, &mut expired);
            books.for_each_source(&mut each);
        }
        self.release(expired);
    }

    fn next_generation(&self) {
        for generation in &self.generations {
            generation.fetch_add(1, Ordering::AcqRel);
        }
    }
}

impl Padded {
    fn lock(&self) -> MutexGuard<'_, Shard> {
        // Nothing in a shard's methods can panic halfway; should it happen all the same, a cache need not fail for it.
        self.books.lock().unpoisoned()
    }
}

impl Debug for ResultCache {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResultCache")
            .field("statistics", &self.statistics())
            .finish_non_exhaustive()
    }
}

fn stripe(operation: u32) -> usize {
    operation as usize % GENERATIONS
}
