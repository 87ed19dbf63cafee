//! One part of the cache, to be used by one thread at a time. Nothing is dropped in here: what is removed is returned.
#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::time::Duration;

use super::hash::Finished;
use super::{CacheStatistics, CachedResult};

/// An entry's place in the slab and the index, and the two counters of its `Arc`, with room to grow.
pub(super) const ENTRY_OVERHEAD: usize = size_of::<Option<Entry>>() + 64;

/// A result with its key.
pub(super) struct Entry {
    hash: u64,
    arguments: Box<[u8]>,
    value: CachedResult,
    expires: Duration,
    size: u64,
    /// Which of the shard's sources it belongs to.
    source: u32,
    /// Used since the hand last came by.
    used: bool,
    /// Among all entries: from oldest to newest.
    in_queue: Links,
    /// Among the entries of its source: from the first to expire to the last.
    in_source: Links,
}

impl Entry {
    pub(super) fn new(
        hash: u64,
        arguments: &[u8],
        value: CachedResult,
        size: u64,
        expires: Duration,
    ) -> Entry {
        Entry {
            hash,
            arguments: arguments.into(),
            value,
            expires,
            size,
            source: 0,
            used: false,
            in_queue: Links::default(),
            in_source: Links::default(),
        }
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }
}

#[derive(Default)]
pub(super) struct Shard {
    /// By the hash of the key. Of two keys with the same hash, the later displaces the earlier.
    index: HashMap<u64, u32, BuildHasherDefault<Finished>>,
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
    hits: u64,
}

impl Shard {
    /// What `read` makes of the value, or a miss and the expired entry that was found instead.
    #[inline]
    pub(super) fn read<R>(
        &mut self,
        hash: u64,
        operation: u32,
        arguments: &[u8],
        now: Duration,
        read: impl FnOnce(&CachedResult) -> R,
    ) -> Result<R, Option<Box<Entry>>> {
        let found = self.index.get(&hash).copied();
        if let Some(at) = found
            && let Some(entry) = &mut self.slots[at as usize]
            && let source = &mut self.sources[entry.source as usize]
            && source.operation == operation
            && *entry.arguments == *arguments
        {
            if now < entry.expires {
                entry.used = true;
                source.hits += 1;
                // Last, so that nothing is left half done should it panic.
                return Ok(read(&entry.value));
            }
            self.misses += 1;
            self.expirations += 1;
            return Err(self.remove(at).map(Box::new));
        }
        self.misses += 1;
        Err(None)
    }

    /// Returns the entry whose place it took.
    pub(super) fn insert(
        &mut self,
        mut entry: Entry,
        operation: u32,
        module: u32,
    ) -> Option<Entry> {
        let displaced = self
            .index
            .get(&entry.hash)
            .copied()
            .and_then(|at| self.remove(at));
        entry.source = self.source(operation, module);
        let (hash, source) = (entry.hash, entry.source as usize);
        let expires = entry.expires;
        let at = match self.free.pop() {
            Some(at) => {
                self.slots[at as usize] = Some(entry);
                at
            }
            None => {
                self.slots.push(Some(entry));
                (self.slots.len() - 1) as u32
            }
        };
        self.index.insert(hash, at);
        let newest = self.queue.last;
        self.queue
            .insert_after(newest, at, &mut self.slots, |entry| &mut entry.in_queue);

        let mut earlier = self.sources[source].entries.last;
        while let Some(entry) = earlier.and_then(|at| self.slots[at as usize].as_ref())
            && entry.expires > expires
        {
            earlier = entry.in_source.before;
        }
        self.sources[source]
            .entries
            .insert_after(earlier, at, &mut self.slots, |entry| &mut entry.in_source);
        self.sources[source].count += 1;
        self.insertions += 1;
        displaced
    }

    /// Removes the entry that SIEVE chooses; one that has expired is as good as any.
    pub(super) fn evict(&mut self, now: Duration) -> Option<Entry> {
        loop {
            let at = self.hand.or(self.queue.first)?;
            let entry = self.slots[at as usize].as_mut()?;
            let expired = entry.expires <= now;
            if entry.used && !expired {
                entry.used = false;
                self.hand = entry.in_queue.after;
                continue;
            }
            if expired {
                self.expirations += 1;
            } else {
                self.evictions += 1;
            }
            return self.remove(at);
        }
    }

    /// Removes the entries of the sources (operation, module) that are to be forgotten.
    pub(super) fn invalidate(
        &mut self,
        forget: impl Fn(u32, u32) -> bool,
        removed: &mut Vec<Entry>,
    ) {
        let before = removed.len();
        for source in 0..self.sources.len() {
            if forget(self.sources[source].operation, self.sources[source].module) {
                while let Some(at) = self.sources[source].entries.first {
                    removed.extend(self.remove(at));
                }
            }
        }
        self.invalidations += (removed.len() - before) as u64;
        if self.queue.first.is_none() {
            // Give the tables back, too.
            self.slots = Vec::new();
            self.free = Vec::new();
            self.index = HashMap::default();
        }
    }

    pub(super) fn remove_expired(&mut self, now: Duration, removed: &mut Vec<Entry>) {
        let before = removed.len();
        for source in 0..self.sources.len() {
            while let Some(at) = self.sources[source].entries.first
                && let Some(entry) = &self.slots[at as usize]
                && entry.expires <= now
            {
                removed.extend(self.remove(at));
            }
        }
        self.expirations += (removed.len() - before) as u64;
    }

    /// Module, number of entries, first and last expiry, of each source that has entries.
    pub(super) fn for_each_source(&self, mut each: impl FnMut(u32, u64, Duration, Duration)) {
        for source in &self.sources {
            let expiry = |at: Option<u32>| Some(self.slots[at? as usize].as_ref()?.expires);
            if let (Some(first), Some(last)) =
                (expiry(source.entries.first), expiry(source.entries.last))
            {
                each(source.module, source.count, first, last);
            }
        }
    }

    pub(super) fn hits_of(&self, operation: u32) -> u64 {
        self.sources
            .iter()
            .filter(|source| source.operation == operation)
            .map(|source| source.hits)
            .sum()
    }

    pub(super) fn add_statistics(&self, sum: &mut CacheStatistics) {
        sum.entries += self.index.len() as u64;
        sum.hits += self.sources.iter().map(|source| source.hits).sum::<u64>();
        sum.misses += self.misses;
        sum.insertions += self.insertions;
        sum.evictions += self.evictions;
        sum.expirations += self.expirations;
        sum.invalidations += self.invalidations;
    }

    fn remove(&mut self, at: u32) -> Option<Entry> {
        let entry = self.slots[at as usize].take()?;
        self.index.remove(&entry.hash);
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
        Some(entry)
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
                    hits: 0,
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
    use std::sync::Arc;

    use super::*;

    #[test]
    fn entries_take_the_slots_of_those_that_are_gone() {
        let mut shard = Shard::default();
        for hash in 0..100 {
            let expires = Duration::from_secs(9);
            shard.insert(Entry::new(hash, &[], Arc::new(()), 1, expires), 1, 1);
            if hash >= 3 {
                assert!(shard.evict(Duration::ZERO).is_some());
            }
        }
        assert_eq!((shard.slots.len(), shard.index.len()), (4, 3));
        let mut removed = Vec::new();
        shard.invalidate(|_, _| true, &mut removed);
        assert_eq!(
            (removed.len(), shard.slots.capacity(), shard.free.len()),
            (3, 0, 0)
        );
    }
}
