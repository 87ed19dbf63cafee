//! Where a shard's results are: a table that is read without a lock.
//!
//! Open addressing with linear probing. A place holds a record, or a mark where one was, or nothing.
//!
//! # Invariants
//! - **INDEX-1** Only the holder of the shard's lock writes, so no record disappears while you hold it.
//! - **INDEX-2** A record or a table that readers could reach is only dropped after a
//!   [`wait_for_readers`](crate::host::protection::Protection::wait_for_readers) that began when they no longer could
//!   (PROTECTION-4). All that read are readings of the cache's own protection, which is the one that is waited for.
//!
//! # Orderings
//! Records and tables are published with Release and found with Acquire.

use std::any::Any;
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::Duration;

use super::hits::Hits;
use super::owners::{Lease, Owners};
use crate::host::protection::Reading;
use crate::sync::{AtomicBool, AtomicPtr, Ordering};

/// A result with its key, as readers see it.
pub(super) struct Record {
    pub(super) hash: u64,
    pub(super) operation: u32,
    /// Where its shard keeps the rest of the entry.
    pub(super) slot: u32,
    pub(super) arguments: Box<[u8]>,
    pub(super) value: Arc<dyn Any + Send + Sync>,
    pub(super) owners: Owners,
    pub(super) expires: Duration,
    /// Used since SIEVE's hand last came by.
    pub(super) used: AtomicBool,
    pub(super) hits: Arc<Hits>,
}

impl Record {
    /// Whether it is of this operation with these arguments.
    #[inline]
    pub(super) fn is_of(&self, operation: u32, arguments: &[u8]) -> bool {
        self.operation == operation && same(&self.arguments, arguments)
    }

    #[inline]
    pub(super) fn note_use(&self) {
        // Read first: a result in steady use is written to by nobody.
        if !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        }
    }
}

/// Whether two keys are the same: short ones without a call of the C library's, which takes longer than to compare
/// them.
#[inline(always)]
fn same(one: &[u8], other: &[u8]) -> bool {
    const SHORT: usize = 64;
    if one.len() != other.len() {
        return false;
    }
    let (Some(tail), true) = (one.last_chunk::<8>(), one.len() <= SHORT) else {
        return one == other;
    };
    // The last eight bytes may overlap the last whole part.
    let parts = one.as_chunks::<8>().0.iter().zip(other.as_chunks::<8>().0);
    let mut parts = parts.map(|(one, other)| u64::from_le_bytes(*one) ^ u64::from_le_bytes(*other));
    parts.all(|difference| difference == 0) && other.last_chunk::<8>() == Some(tail)
}

/// A record that was found. It isn't dropped before this is.
pub(crate) struct Hit<'r> {
    record: NonNull<Record>,
    reading: Reading<'r>,
}

impl Hit<'_> {
    #[inline(always)]
    pub(super) fn record(&self) -> &Record {
        // SAFETY: INDEX-2: the reader still reads.
        unsafe { self.record.as_ref() }
    }

    /// The thread's reading.
    #[inline(always)]
    pub(super) fn reading(&self) -> &Reading<'_> {
        &self.reading
    }

    /// The result.
    #[inline(always)]
    pub(crate) fn value(&self) -> &Arc<dyn Any + Send + Sync> {
        &self.record().value
    }

    /// What keeps the result where it lies, as long as anybody has it.
    #[inline(always)]
    pub(crate) fn keep(&self) -> Arc<Lease> {
        let record = self.record();
        record.owners.another(&record.value, &self.reading)
    }
}

/// Places, a power of two of them.
struct Table(Box<[AtomicPtr<Record>]>);

/// The records of a shard by their hash. Of one hash there is one record at most.
pub(super) struct Index {
    /// Null: none yet.
    table: AtomicPtr<Table>,
}

/// What only the holder of the shard's lock needs to know of the index.
#[derive(Default)]
pub(super) struct Filling {
    /// Records.
    live: usize,
    /// Records, and places where one was.
    taken: usize,
}

/// A table out of the readers' reach: to be dropped when they are gone (INDEX-2).
pub(super) struct Replaced(NonNull<Table>);

// SAFETY: it owns its table, which is made of atomics, and no record.
unsafe impl Send for Replaced {}

impl Drop for Replaced {
    fn drop(&mut self) {
        // SAFETY: made by `Box::into_raw` in `make_room`, and in nobody's reach (INDEX-2).
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

const SMALLEST: usize = 8;

/// Where a record was: readers go on past it.
fn gone() -> *mut Record {
    std::ptr::dangling_mut()
}

impl Index {
    pub(super) fn new() -> Self {
        Self {
            table: AtomicPtr::new(std::ptr::null_mut()),
        }
    }

    /// The record of that hash.
    #[inline]
    pub(super) fn find<'r>(&self, hash: u64, _reading: &'r Reading<'_>) -> Option<&'r Record> {
        // SAFETY: INDEX-2: the reader still reads.
        let table: &'r Table = unsafe { self.table.load(Ordering::Acquire).as_ref() }?;
        let (_, record) = table.find(hash)?;
        // SAFETY: as above.
        Some(unsafe { &*record })
    }

    /// The record of that hash if it is the right one, to be looked at as long as the hit lives.
    #[inline]
    pub(super) fn hit<'r>(
        &self,
        hash: u64,
        reading: Reading<'r>,
        is_right: impl FnOnce(&Record) -> bool,
    ) -> Option<Hit<'r>> {
        let record = self
            .find(hash, &reading)
            .filter(|record| is_right(record))?;
        let record = NonNull::from(record);
        Some(Hit { record, reading })
    }

    /// The slot of the record of that hash. Under the lock.
    pub(super) fn slot_of(&self, hash: u64) -> Option<u32> {
        let (_, record) = self.table()?.find(hash)?;
        // SAFETY: INDEX-1: it doesn't go meanwhile.
        Some(unsafe { &*record }.slot)
    }

    /// Publishes a record whose hash has none yet. Under the lock; the caller keeps the record alive (INDEX-2).
    pub(super) fn insert(&self, record: &Arc<Record>, filling: &mut Filling) -> Option<Replaced> {
        let replaced = self.make_room(filling);
        let table = self.table().expect("room was made");
        let place = table.vacancy(record.hash);
        filling.live += 1;
        filling.taken += usize::from(place.load(Ordering::Relaxed).is_null());
        place.store(Arc::as_ptr(record).cast_mut(), Ordering::Release);
        replaced
    }

    /// Takes the record of that hash out of reach. Under the lock.
    pub(super) fn remove(&self, hash: u64, filling: &mut Filling) {
        if let Some(table) = self.table()
            && let Some((place, _)) = table.find(hash)
        {
            table.0[place].store(gone(), Ordering::Release);
            filling.live -= 1;
        }
    }

    /// Takes the whole table out of reach, when no record is in it. Under the lock.
    pub(super) fn clear(&self, filling: &mut Filling) -> Option<Replaced> {
        *filling = Filling::default();
        self.replace(std::ptr::null_mut())
    }

    /// Under the lock, or with the index as one's own.
    fn table(&self) -> Option<&Table> {
        // SAFETY: INDEX-1: nobody else replaces it.
        unsafe { self.table.load(Ordering::Relaxed).as_ref() }
    }

    /// A larger table, or one without marks, where the present one is three quarters full.
    fn make_room(&self, filling: &mut Filling) -> Option<Replaced> {
        let places = self.table().map_or(0, |table| table.0.len());
        if (filling.taken + 1) * 4 <= places * 3 {
            return None;
        }
        let wanted = ((filling.live + 1) * 2).next_power_of_two().max(SMALLEST);
        let empty = || AtomicPtr::new(std::ptr::null_mut());
        let larger = Table((0..wanted).map(|_| empty()).collect());
        for (_, record) in self.table().into_iter().flat_map(Table::records) {
            // SAFETY: INDEX-1: it doesn't go meanwhile.
            let hash = unsafe { &*record }.hash;
            larger.vacancy(hash).store(record, Ordering::Relaxed);
        }
        filling.taken = filling.live;
        self.replace(Box::into_raw(Box::new(larger)))
    }

    fn replace(&self, table: *mut Table) -> Option<Replaced> {
        NonNull::new(self.table.swap(table, Ordering::AcqRel)).map(Replaced)
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        // The last user of the cache: nobody reads.
        drop(self.replace(std::ptr::null_mut()));
    }
}

impl Table {
    /// The place and the record of that hash.
    #[inline]
    fn find(&self, hash: u64) -> Option<(usize, *mut Record)> {
        let mask = self.0.len() - 1;
        let mut place = hash as usize & mask;
        loop {
            let record = self.0[place].load(Ordering::Acquire);
            if record.is_null() {
                return None;
            }
            // SAFETY: INDEX-1 or INDEX-2: the caller holds the lock, or reads.
            if record != gone() && unsafe { &*record }.hash == hash {
                return Some((place, record));
            }
            place = (place + 1) & mask;
        }
    }

    /// The first place for a record of that hash. A table is never full.
    fn vacancy(&self, hash: u64) -> &AtomicPtr<Record> {
        let mask = self.0.len() - 1;
        let places =
            (0..self.0.len()).map(|step| &self.0[(hash as usize).wrapping_add(step) & mask]);
        let is_free = |place: &&AtomicPtr<Record>| {
            let record = place.load(Ordering::Relaxed);
            record.is_null() || record == gone()
        };
        places
            .into_iter()
            .find(is_free)
            .expect("a quarter of the places is empty")
    }

    fn records(&self) -> impl Iterator<Item = (usize, *mut Record)> {
        let records = self.0.iter().map(|place| place.load(Ordering::Relaxed));
        records
            .enumerate()
            .filter(|(_, record)| !record.is_null() && *record != gone())
    }
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn keys_of_all_lengths_differ_in_each_byte() {
        for length in 0..100_usize {
            let key: Vec<u8> = (0..length as u8).collect();
            assert!(same(&key, &key.clone()));
            assert!(!same(&key, &[key.as_slice(), &[0]].concat()));
            for byte in 0..length {
                let mut other = key.clone();
                other[byte] ^= 0x40;
                assert!(!same(&key, &other), "byte {byte} of {length}");
            }
        }
    }
}
