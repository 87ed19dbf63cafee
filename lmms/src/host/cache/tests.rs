//! What the cache promises, by example.
#![forbid(unsafe_code)]

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use super::*;

pub(super) const OVERHEAD: u64 = ResultCache::ENTRY_OVERHEAD as u64;

pub(super) fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn store(
    cache: &ResultCache,
    operation: u32,
    arguments: &[u8],
    value: impl Any + Send + Sync,
    now: u64,
    ttl: u64,
) -> Insertion {
    let new = NewResult {
        operation,
        module: operation / 10,
        arguments,
        value: Arc::new(value),
        bytes: 100,
        expires: seconds(now + ttl),
        generation: cache.generation(operation),
    };
    cache.insert(new, seconds(now))
}

pub(super) fn number(
    cache: &ResultCache,
    operation: u32,
    arguments: &[u8],
    now: u64,
) -> Option<u64> {
    cache.read(operation, arguments, seconds(now), |value| {
        *value.downcast_ref::<u64>().unwrap()
    })
}

#[test]
fn finds_a_result_by_operation_and_arguments_until_it_expires() {
    let cache = ResultCache::new(10_000);
    store(&cache, 1, b"a", 11u64, 0, 60);
    store(&cache, 1, b"b", 12u64, 0, 60);
    store(&cache, 2, b"a", 21u64, 0, 60);
    assert_eq!(
        [
            number(&cache, 1, b"a", 1),
            number(&cache, 1, b"b", 1),
            number(&cache, 2, b"a", 59)
        ],
        [Some(11), Some(12), Some(21)]
    );
    assert_eq!(
        [
            number(&cache, 2, b"b", 1),
            number(&cache, 1, b"", 1),
            number(&cache, 1, b"a", 60)
        ],
        [None; 3]
    );
    store(&cache, 1, b"b", 13u64, 2, 60);
    assert_eq!(number(&cache, 1, b"b", 61), Some(13));
    assert_eq!(store(&cache, 1, b"c", 14u64, 60, 0), Insertion::Expired);

    let counted = cache.statistics();
    assert_eq!(
        (counted.hits, counted.misses, counted.insertions),
        (4, 3, 4)
    );
    assert_eq!(
        (counted.entries, counted.expirations, counted.evictions),
        (2, 1, 0)
    );
    assert_eq!(counted.bytes, 2 * (OVERHEAD + 101));
    assert_eq!(
        [
            cache.operation_hits(1),
            cache.operation_hits(2),
            cache.operation_hits(3)
        ],
        [3, 1, 0]
    );
}

#[test]
fn a_cached_none_is_a_hit() {
    let cache = ResultCache::new(10_000);
    store(&cache, 1, b"a", None::<String>, 0, 60);
    let hit = cache.get(1, b"a", seconds(1)).expect("it was stored");
    assert_eq!(hit.downcast_ref::<Option<String>>(), Some(&None));
}

#[test]
fn spares_what_was_used_and_evicts_the_oldest_of_the_rest() {
    let cache = ResultCache::with_shards(4 * (OVERHEAD + 101), 1);
    for (at, key) in [b"a", b"b", b"c", b"d"].into_iter().enumerate() {
        store(&cache, 1, key, at as u64, 0, 60);
    }
    number(&cache, 1, b"a", 1);
    number(&cache, 1, b"c", 1);
    store(&cache, 1, b"e", 4u64, 1, 60);
    store(&cache, 1, b"f", 5u64, 1, 60);
    // The hand has passed over `a` and `c`, and goes on to the newer ones before it comes back to `a`.
    store(&cache, 1, b"g", 6u64, 1, 60);
    store(&cache, 1, b"h", 7u64, 1, 60);
    store(&cache, 1, b"i", 8u64, 1, 60);
    let left: Vec<&str> = ["a", "b", "c", "d", "e", "f", "g", "h", "i"]
        .into_iter()
        .filter(|key| number(&cache, 1, key.as_bytes(), 2).is_some())
        .collect();
    assert_eq!(left, ["a", "c", "h", "i"]);
    assert_eq!(cache.statistics().evictions, 5);
}

#[test]
fn an_expired_entry_makes_room_even_if_it_was_used() {
    let cache = ResultCache::with_shards(2 * (OVERHEAD + 101), 1);
    store(&cache, 1, b"a", 1u64, 0, 10);
    store(&cache, 1, b"b", 2u64, 0, 60);
    number(&cache, 1, b"a", 1);
    store(&cache, 1, b"c", 3u64, 10, 60);
    assert_eq!(
        [number(&cache, 1, b"b", 11), number(&cache, 1, b"c", 11)],
        [Some(2), Some(3)]
    );
    assert_eq!(
        (cache.statistics().evictions, cache.statistics().expirations),
        (0, 1)
    );
}

#[test]
fn room_comes_from_all_parts_and_what_never_fits_evicts_nothing() {
    let cache = ResultCache::with_shards(10 * (OVERHEAD + 101), 16);
    for key in 0..10u8 {
        assert_eq!(store(&cache, 1, &[key], 0u64, 0, 60), Insertion::Stored);
    }
    let room = cache.budget() - OVERHEAD;
    assert_eq!(
        store(&cache, 1, &vec![0; room as usize - 99], 0u64, 0, 60),
        Insertion::NoRoom
    );
    assert_eq!(cache.statistics().entries, 10);
    assert_eq!(
        store(&cache, 1, &vec![0; room as usize - 100], 0u64, 0, 60),
        Insertion::Stored
    );
    assert_eq!(
        (cache.statistics().entries, cache.bytes()),
        (1, cache.budget())
    );
}

#[test]
fn many_that_make_room_for_one_are_waited_for_once() {
    const SMALL: u64 = 500;
    let cache = ResultCache::new(SMALL * (OVERHEAD + 102));
    for key in 0..SMALL as u16 {
        store(&cache, 1, &key.to_le_bytes(), 0u64, 0, 60);
    }
    let waits = || cache.readers.waits.load(Ordering::Relaxed);
    let before = waits();
    // As large as 400 of them.
    let large = vec![1; (400 * (OVERHEAD + 102) - OVERHEAD) as usize - 100];
    assert_eq!(store(&cache, 2, &large, 0u64, 0, 60), Insertion::Stored);
    let counted = cache.statistics();
    assert_eq!((counted.evictions, counted.entries), (400, 101));
    assert_eq!(counted.bytes, cache.budget());
    // Not once for each. A thread of another test may be reading just then, and is waited for once more.
    let waits = waits() - before;
    assert!((1..10).contains(&waits), "{waits}");
}

#[test]
fn forgets_by_operation_and_by_module() {
    let cache = ResultCache::new(100_000);
    for operation in [10, 11, 20] {
        for key in 0..20u8 {
            store(&cache, operation, &[key], 0u64, 0, 60);
        }
    }
    assert_eq!(cache.invalidate_operation(10), 20);
    assert_eq!(
        (number(&cache, 10, &[0], 1), number(&cache, 11, &[0], 1)),
        (None, Some(0))
    );
    assert_eq!(cache.invalidate_module(1), 20);
    assert_eq!(
        (number(&cache, 11, &[0], 1), number(&cache, 20, &[0], 1)),
        (None, Some(0))
    );
    assert_eq!(cache.clear(), 20);
    let counted = cache.statistics();
    assert_eq!(
        (counted.entries, counted.bytes, counted.invalidations),
        (0, 0, 60)
    );
}

#[test]
fn keeps_out_what_was_computed_before_an_invalidation() {
    let cache = ResultCache::new(10_000);
    let late = |generation| {
        let new = NewResult {
            operation: 10,
            module: 1,
            arguments: b"a",
            value: Arc::new(0u64),
            bytes: 8,
            expires: seconds(9),
            generation,
        };
        cache.insert(new, seconds(0))
    };
    let invalidations: [fn(&ResultCache) -> u64; 3] = [
        |cache| cache.invalidate_operation(10),
        |cache| cache.invalidate_module(1),
        ResultCache::clear,
    ];
    for invalidate in invalidations {
        let before = cache.generation(10);
        invalidate(&cache);
        assert_eq!(late(before), Insertion::Outdated);
        assert_eq!(cache.bytes(), 0);
    }
    let before = cache.generation(10);
    cache.invalidate_operation(11);
    assert_eq!(late(before), Insertion::Stored);
}

#[test]
fn counts_a_modules_live_results() {
    let cache = ResultCache::new(100_000);
    let live = |module, now| cache.live_entries(module, seconds(now));
    assert_eq!(live(1, 0), LiveEntries::default());
    let none = LiveEntries {
        last_expiry: seconds(9),
        ..LiveEntries::default()
    };
    assert!(!none.any_at(seconds(0)));
    for (operation, ttl) in [(10, 30), (10, 10), (10, 20), (11, 50), (20, 99)] {
        store(&cache, operation, &[ttl as u8], 0u64, 0, ttl);
    }
    let counted = |count, first, last| LiveEntries {
        count,
        first_expiry: seconds(first),
        last_expiry: seconds(last),
    };
    assert_eq!(
        [live(1, 0), live(1, 10), live(1, 30)],
        [counted(4, 10, 50), counted(3, 20, 50), counted(1, 50, 50)]
    );
    assert_eq!(
        [live(1, 50), live(2, 50), live(3, 50)],
        [
            LiveEntries::default(),
            counted(1, 99, 99),
            LiveEntries::default()
        ]
    );
    let mut by_module = [counted(7, 7, 7); 3];
    cache.live_by_module(seconds(51), &mut by_module);
    assert_eq!(
        by_module,
        [
            LiveEntries::default(),
            LiveEntries::default(),
            counted(1, 99, 99)
        ]
    );
    assert_eq!(cache.remove_expired(seconds(99)), 1);
    assert!(live(2, 0) == LiveEntries::default() && cache.bytes() == 0);
}

#[test]
fn keys_with_the_same_hash_displace_each_other() {
    let (mut shard, index) = (Shard::default(), Index::new());
    let mut store = |arguments, value: u64| {
        let new = NewEntry {
            hash: 5,
            operation: 1,
            module: 0,
            arguments,
            value: Arc::new(value),
            size: 1,
            expires: seconds(9),
            hits: Arc::new(Hits::new()),
        };
        let mut removed = Removed::default();
        shard.insert(&index, new, &mut removed);
        removed.entries.len()
    };
    let readers = Protection::new(0);
    let read = |operation, arguments: &[u8]| {
        let reading = readers.read();
        let record = index.find(5, &reading)?;
        let value = record.value.downcast_ref::<u64>().copied();
        value.filter(|_| record.is_of(operation, arguments))
    };
    assert_eq!(store(b"a", 1), 0);
    assert_eq!(
        [read(1, b"a"), read(1, b"b"), read(2, b"a")],
        [Some(1), None, None]
    );
    assert_eq!(store(b"b", 2), 1);
    assert_eq!([read(1, b"a"), read(1, b"b")], [None, Some(2)]);
}

/// Readers under load while others remove what they read: the values say when they are dropped.
#[test]
fn what_is_read_is_not_dropped_meanwhile() {
    /// A number that is set to rubbish when it is dropped.
    struct Marked(AtomicU64);
    impl Drop for Marked {
        fn drop(&mut self) {
            self.0.store(u64::MAX, Ordering::Relaxed);
        }
    }
    const KEYS: u64 = 16;
    let cache = ResultCache::new(1 << 20);
    let enough = AtomicU64::new(0);
    let rounds = if cfg!(miri) { 100 } else { 20_000 };
    thread::scope(|scope| {
        for reader in 0..2 {
            let (cache, enough) = (&cache, &enough);
            scope.spawn(move || {
                let mut scratch = vec![0_u64; 1 << 16];
                let mut key: u64 = reader;
                while enough.load(Ordering::Relaxed) == 0 {
                    key = key.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
                    // A full store buffer, so that entering shows late.
                    for step in 0..8 {
                        scratch[((key >> 40) as usize + step * 511) % (1 << 16)] = key;
                    }
                    let wanted = (key >> 32) % KEYS;
                    let found = cache.read(1, &wanted.to_le_bytes(), seconds(1), |value| {
                        let Marked(value) = value.downcast_ref().unwrap();
                        value.load(Ordering::Relaxed)
                    });
                    assert!(
                        found.is_none_or(|value| value == wanted),
                        "{found:?} of {wanted}"
                    );
                }
            });
        }
        for round in 0..rounds {
            let key: u64 = round % KEYS;
            store(
                &cache,
                1,
                &key.to_le_bytes(),
                Marked(AtomicU64::new(key)),
                0,
                60,
            );
            if round % 1000 == 999 {
                cache.clear();
            }
        }
        enough.store(1, Ordering::Relaxed);
    });
    let statistics = cache.statistics();
    assert!(statistics.hits > 0, "{statistics:?}");
}

/// Uses the cache when it is dropped: a deadlock if that happens under a lock.
struct Nosy {
    cache: Arc<ResultCache>,
    dropped: Arc<AtomicU64>,
}

impl Drop for Nosy {
    fn drop(&mut self) {
        self.cache.statistics();
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn drops_values_outside_of_its_locks() {
    let cache = Arc::new(ResultCache::with_shards(2 * (OVERHEAD + 101), 1));
    let dropped = Arc::new(AtomicU64::new(0));
    let store_one = |arguments: &[u8], now, ttl| {
        store(
            &cache,
            1,
            arguments,
            Nosy {
                cache: cache.clone(),
                dropped: dropped.clone(),
            },
            now,
            ttl,
        )
    };
    let mut expected = 0;
    let mut one_more_dropped = |what: &str| {
        expected += 1;
        assert_eq!(dropped.load(Ordering::Relaxed), expected, "{what}");
    };
    store_one(b"a", 0, 10);
    assert_eq!(store_one(b"a", 10, 0), Insertion::Expired);
    one_more_dropped("not stored");
    store_one(b"a", 0, 10);
    one_more_dropped("replaced");
    assert!(cache.get(1, b"a", seconds(10)).is_none());
    one_more_dropped("expired");
    for key in [b"a", b"b", b"c"] {
        store_one(key, 0, 10);
    }
    one_more_dropped("evicted");
    cache.live_entries(0, seconds(9));
    store_one(b"d", 0, 20);
    one_more_dropped("evicted");
    cache.live_entries(0, seconds(10));
    one_more_dropped("expired");
    cache.invalidate_operation(1);
    one_more_dropped("invalidated");
    let before = cache.generation(1);
    cache.clear();
    let value = Arc::new(Nosy {
        cache: cache.clone(),
        dropped: dropped.clone(),
    });
    let late = NewResult {
        operation: 1,
        module: 0,
        arguments: b"a",
        value,
        bytes: 0,
        expires: seconds(9),
        generation: before,
    };
    assert_eq!(cache.insert(late, seconds(0)), Insertion::Outdated);
    one_more_dropped("outdated");
}

#[test]
fn a_panic_while_copying_a_value_harms_nothing() {
    let cache = ResultCache::with_shards(10_000, 1);
    store(&cache, 1, b"a", 7u64, 0, 60);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        cache.read(1, b"a", seconds(1), |_| panic!("on purpose"))
    }));
    assert!(panicked.is_err());
    assert_eq!(number(&cache, 1, b"a", 1), Some(7));
    assert_eq!(store(&cache, 1, b"b", 8u64, 0, 60), Insertion::Stored);
}

#[test]
fn threads_share_it_within_its_budget() {
    let cache = ResultCache::with_shards(20 * (OVERHEAD + 104), 4);
    thread::scope(|scope| {
        for worker in 0..3u32 {
            let cache = &cache;
            scope.spawn(move || {
                for round in 0..20_000u32 {
                    let key = round.wrapping_mul(0x9E37_79B9).rotate_left(worker) % 61;
                    match cache.get(key % 5, &key.to_le_bytes(), seconds(1)) {
                        Some(value) => assert_eq!(value.downcast_ref::<u32>(), Some(&key)),
                        None => {
                            store(cache, key % 5, &key.to_le_bytes(), key, 0, 60);
                        }
                    }
                    assert!(cache.bytes() <= cache.budget());
                    if round % 1_000 == 0 {
                        cache.invalidate_operation(round / 1_000 % 5);
                    }
                }
            });
        }
    });
    let counted = cache.statistics();
    assert_eq!(counted.bytes, counted.entries * (OVERHEAD + 104));
    assert_eq!(counted.hits + counted.misses, 60_000);
    cache.clear();
    assert_eq!(cache.bytes(), 0);
}
