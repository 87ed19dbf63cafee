//! One part of the cache. The holder of its lock may change it; meanwhile everybody may look into its index.
//!
//! Nothing is dropped in here: what is removed goes into [`Removed`].
#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::hits::Hits;
use super::index::{Filling, Index, Record, Replaced};
use super::owners::Owners;
use super::{CacheStatistics, CachedResult};
use crate::boundary::contain::contain;
use crate::sync::{AtomicBool, Ordering};

/// An entry's place in the slab and the index, its record, and the counters of two `Arc`s, with room to grow.
pub(super) const ENTRY_OVERHEAD: usize = size_of::<Option<Entry>>() + size_of::<Record>() + 64;

/// A result with its key.
pub(super) struct Entry {
    record: Arc<Record>,
    size: u64,
    /// Which of the shard's sources it belongs to.
    source: u32,
    /// Among all entries: from oldest to newest.
    in_queue: Links,
    /// Among the entries of its source: from the first to expire to the last.
    in_source: Links,
}

/// A result to be stored.
pub(super) struct NewEntry<'a> {
    pub(super) hash: u64,
    pub(super) operation: u32,
    pub(super) module: u32,
    pub(super) arguments: &'a [u8],
    pub(super) value: CachedResult,
    pub(super) size: u64,
    pub(super) expires: Duration,
    pub(super) hits: Arc<Hits>,
}

/// What is in a shard no more. Readers may still look at it: to be dropped when they are gone, and outside of any lock.
#[derive(Default)]
pub(super) struct Removed {
    pub(super) entries: Vec<Entry>,
    size: u64,
    tables: Vec<Replaced>,
}

impl Removed {
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.tables.is_empty()
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.size += other.size;
        self.entries.extend(other.entries);
        self.tables.extend(other.tables);
    }

    /// Drops all of it: each by itself, since a result's destructor is the application's and may panic.
    pub(super) fn drop_each(self) {
        for entry in self.entries {
            contain("that destroys a result", || drop(entry));
        }
    }

    /// Bytes that the entries were charged for.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    fn push(&mut self, entry: Entry) {
        self.size += entry.size;
        self.entries.push(entry);
    }
}

/// What was found under the lock.
pub(super) enum Found {
    /// A result that was not there a moment ago.
    Hit(Arc<Record>),
    Miss,
}

#[derive(Default)]
pub(super) struct Shard {
    filling: Filling,
    slots: Vec<Option<Entry>>,
    free: Vec<u32>,
    queue: List,
    /// Where SIEVE goes on; at the oldest entry if there is nothing.
    hand: Option<u32>,
    sources: Vec<Source>,
    source_index: HashMap<(u32, u32), u32>,
    misses: u64,
    insertions: u64,
    evictions: u64,
    expirations: u64,
    invalidations: u64,
}

/// An operation and the module that serves it. Its results usually live equally long, so that their list is in order
/// of expiry without effort.
struct Source {
    operation: u32,
    module: u32,
    entries: List,
    count: u64,
}

impl Shard {
    /// Looks again, and counts the miss; what has expired is removed.
    pub(super) fn look_up(
        &mut self,
        index: &Index,
        hash: u64,
        (operation, arguments): (u32, &[u8]),
        now: Duration,
        removed: &mut Removed,
    ) -> Found {
        if let Some(at) = index.slot_of(hash)
            && let Some(entry) = &self.slots[at as usize]
            && entry.record.is_of(operation, arguments)
        {
            if now < entry.record.expires {
                entry.record.note_use();
                return Found::Hit(entry.record.clone());
            }
            self.expirations += 1;
            self.remove(index, at, removed);
        }
        self.misses += 1;
        Found::Miss
    }

    /// Stores a result. Of two keys with the same hash, the later displaces the earlier.
    pub(super) fn insert(&mut self, index: &Index, new: NewEntry<'_>, removed: &mut Removed) {
        if let Some(at) = index.slot_of(new.hash) {
            self.remove(index, at, removed);
        }
        let source = self.source(new.operation, new.module);
        let at = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            (self.slots.len() - 1) as u32
        });
        let record = Arc::new(Record {
            hash: new.hash,
            operation: new.operation,
            slot: at,
            arguments: new.arguments.into(),
            value: new.value,
            owners: Owners::default(),
            expires: new.expires,
            used: AtomicBool::new(false),
            hits: new.hits,
        });
        removed
            .tables
            .extend(index.insert(&record, &mut self.filling));
        self.slots[at as usize] = Some(Entry {
            record,
            size: new.size,
            source,
            in_queue: Links::default(),
            in_source: Links::default(),
        });
        let newest = self.queue.last;
        self.queue
            .insert_after(newest, at, &mut self.slots, |entry| &mut entry.in_queue);

        let source = source as usize;
        let mut earlier = self.sources[source].entries.last;
        while let Some(entry) = earlier.and_then(|at| self.slots[at as usize].as_ref())
            && entry.record.expires > new.expires
        {
            earlier = entry.in_source.before;
        }
        self.sources[source]
            .entries
            .insert_after(earlier, at, &mut self.slots, |entry| &mut entry.in_source);
        self.sources[source].count += 1;
        self.insertions += 1;
    }

    /// Removes the entry that SIEVE chooses; one that has expired is as good as any. False if there is none.
    pub(super) fn evict(&mut self, index: &Index, now: Duration, removed: &mut Removed) -> bool {
        while let Some(at) = self.hand.or(self.queue.first)
            && let Some(entry) = &self.slots[at as usize]
        {
            let expired = entry.record.expires <= now;
            if !expired && entry.record.used.load(Ordering::Relaxed) {
                entry.record.used.store(false, Ordering::Relaxed);
                self.hand = entry.in_queue.after;
                continue;
            }
            if expired {
                self.expirations += 1;
            } else {
                self.evictions += 1;
            }
            self.remove(index, at, removed);
            return true;
        }
        false
    }

    /// Removes the entries of the sources (operation, module) that are to be forgotten.
    pub(super) fn invalidate(
        &mut self,
        index: &Index,
        forget: impl Fn(u32, u32) -> bool,
        removed: &mut Removed,
    ) {
        let before = removed.entries.len();
        for source in 0..self.sources.len() {
            if forget(self.sources[source].operation, self.sources[source].module) {
                while let Some(at) = self.sources[source].entries.first {
                    self.remove(index, at, removed);
                }
            }
        }
        self.invalidations += (removed.entries.len() - before) as u64;
        if self.queue.first.is_none() {
            // Give the tables back, too.
            self.slots = Vec::new();
            self.free = Vec::new();
            removed.tables.extend(index.clear(&mut self.filling));
        }
    }

    pub(super) fn remove_expired(&mut self, index: &Index, now: Duration, removed: &mut Removed) {
        let before = removed.entries.len();
        for source in 0..self.sources.len() {
            while let Some(at) = self.sources[source].entries.first
                && let Some(entry) = &self.slots[at as usize]
                && entry.record.expires <= now
            {
                self.remove(index, at, removed);
            }
        }
        self.expirations += (removed.entries.len() - before) as u64;
    }

    /// Module, number of entries, first and last expiry, of each source that has entries.
    pub(super) fn for_each_source(&self, mut each: impl FnMut(u32, u64, Duration, Duration)) {
        for source in &self.sources {
            let expiry = |at: Option<u32>| Some(self.slots[at? as usize].as_ref()?.record.expires);
            if let (Some(first), Some(last)) =
                (expiry(source.entries.first), expiry(source.entries.last))
            {
                each(source.module, source.count, first, last);
            }
        }
    }

    pub(super) fn add_statistics(&self, sum: &mut CacheStatistics) {
        sum.entries += self.sources.iter().map(|source| source.count).sum::<u64>();
        sum.misses += self.misses;
        sum.insertions += self.insertions;
        sum.evictions += self.evictions;
        sum.expirations += self.expirations;
        sum.invalidations += self.invalidations;
    }

    fn remove(&mut self, index: &Index, at: u32, removed: &mut Removed) {
        let Some(entry) = self.slots[at as usize].take() else {
            return;
        };
        index.remove(entry.record.hash, &mut self.filling);
        self.free.push(at);
        if self.hand == Some(at) {
            self.hand = entry.in_queue.after;
        }
        self.queue
            .unlink(entry.in_queue, &mut self.slots, |entry| &mut entry.in_queue);
        let source = &mut self.sources[entry.source as usize];
        source
            .entries
            .unlink(entry.in_source, &mut self.slots, |entry| {
                &mut entry.in_source
            });
        source.count -= 1;
        removed.push(entry);
    }

    fn source(&mut self, operation: u32, module: u32) -> u32 {
        let sources = &mut self.sources;
        *self
            .source_index
            .entry((operation, module))
            .or_insert_with(|| {
                sources.push(Source {
                    operation,
                    module,
                    entries: List::default(),
                    count: 0,
                });
                (sources.len() - 1) as u32
            })
    }
}

/// The ends of a doubly linked list through the slots.
#[derive(Default)]
struct List {
    first: Option<u32>,
    last: Option<u32>,
}

#[derive(Clone, Copy, Default)]
struct Links {
    before: Option<u32>,
    after: Option<u32>,
}

/// Which of an entry's links a list runs through.
type WhichLinks = fn(&mut Entry) -> &mut Links;

impl List {
    /// Links the entry at `at` in after `before`, or as the first.
    fn insert_after(
        &mut self,
        before: Option<u32>,
        at: u32,
        slots: &mut [Option<Entry>],
        which: WhichLinks,
    ) {
        let after = match before {
            Some(before) => {
                links_at(before, slots, which).and_then(|links| links.after.replace(at))
            }
            None => self.first.replace(at),
        };
        match after.and_then(|after| links_at(after, slots, which)) {
            Some(links) => links.before = Some(at),
            None => self.last = Some(at),
        }
        if let Some(links) = links_at(at, slots, which) {
            *links = Links { before, after };
        }
    }

    /// Joins the neighbours of an entry that is gone.
    fn unlink(&mut self, gone: Links, slots: &mut [Option<Entry>], which: WhichLinks) {
        match gone
            .before
            .and_then(|before| links_at(before, slots, which))
        {
            Some(links) => links.after = gone.after,
            None => self.first = gone.after,
        }
        match gone.after.and_then(|after| links_at(after, slots, which)) {
            Some(links) => links.before = gone.before,
            None => self.last = gone.before,
        }
    }
}

fn links_at(at: u32, slots: &mut [Option<Entry>], which: WhichLinks) -> Option<&mut Links> {
    slots[at as usize].as_mut().map(which)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_whose_destructor_panics_takes_no_other_along() {
        struct Panics(Arc<std::sync::atomic::AtomicUsize>);
        impl Drop for Panics {
            fn drop(&mut self) {
                self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                panic!("on purpose");
            }
        }
        let (mut shard, index) = (Shard::default(), Index::new());
        let mut removed = Removed::default();
        let dropped = Arc::<std::sync::atomic::AtomicUsize>::default();
        for hash in 0..3 {
            let new = NewEntry {
                hash,
                operation: 1,
                module: 1,
                arguments: &[],
                value: Arc::new(Panics(dropped.clone())),
                size: 1,
                expires: Duration::from_secs(9),
                hits: Arc::new(Hits::new()),
            };
            shard.insert(&index, new, &mut removed);
        }
        shard.invalidate(&index, |_, _| true, &mut removed);
        removed.drop_each();
        assert_eq!(dropped.load(std::sync::atomic::Ordering::Relaxed), 3);
    }

    #[test]
    fn entries_take_the_slots_of_those_that_are_gone() {
        let (mut shard, index) = (Shard::default(), Index::new());
        let mut removed = Removed::default();
        for hash in 0..100 {
            let new = NewEntry {
                hash,
                operation: 1,
                module: 1,
                arguments: &[],
                value: Arc::new(()),
                size: 1,
                expires: Duration::from_secs(9),
                hits: Arc::new(Hits::new()),
            };
            shard.insert(&index, new, &mut removed);
            if hash >= 3 {
                assert!(shard.evict(&index, Duration::ZERO, &mut removed));
            }
        }
        assert_eq!((shard.slots.len(), removed.entries.len()), (4, 97));
        let kept: Vec<_> = (0..100)
            .filter(|hash| index.slot_of(*hash).is_some())
            .collect();
        assert_eq!(kept, [97, 98, 99]);
        assert!(
            removed.tables.len() > 10,
            "places where one was are used again"
        );
        shard.invalidate(&index, |_, _| true, &mut removed);
        assert_eq!(
            (
                removed.entries.len(),
                shard.slots.capacity(),
                shard.free.len()
            ),
            (100, 0, 0)
        );
        assert_eq!(index.slot_of(97), None);
    }
}
