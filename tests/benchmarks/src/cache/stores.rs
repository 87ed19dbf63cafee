//! Caches and maps, each used as its own documents show, with 64 bytes for a text.

#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use benchmark_work as work;
use cached::{Cached, TimedSizedCache};

use crate::fixture::{self, Probe};

/// What is remembered.
pub type Block = [u8; 64];

const TIME_TO_LIVE: Duration = Duration::from_secs(3600);

/// How often a store had to work a result out.
static COMPUTED: AtomicU64 = AtomicU64::new(0);

/// How often a store had to work a result out so far.
pub fn computed() -> u64 {
    COMPUTED.load(Ordering::Relaxed)
}

fn compute(key: &str) -> Block {
    COMPUTED.fetch_add(1, Ordering::Relaxed);
    work::block(key)
}

/// Those that have a bound and remove something when it is reached.
pub struct Bounded {
    /// moka, with a time to live.
    pub moka: moka::sync::Cache<String, Block>,
    /// quick_cache.
    pub quick: quick_cache::sync::Cache<String, Block>,
    /// scc's cache.
    pub scc: scc::HashCache<String, Block>,
    /// What the macro of `cached` makes of a bound and a time to live.
    pub cached: Mutex<TimedSizedCache<String, Block>>,
    /// LMMS.
    pub probe: Probe,
}

impl Bounded {
    /// Each with room for so many results; `bytes` is what these take in LMMS's cache.
    pub fn new(results: usize, bytes: u64) -> Result<Self, String> {
        Ok(Self {
            moka: moka::sync::Cache::builder()
                .max_capacity(results as u64)
                .time_to_live(TIME_TO_LIVE)
                .build(),
            quick: quick_cache::sync::Cache::new(results),
            // From the start as large as it may become: as it grows, it drops what is too much for a bucket.
            scc: scc::HashCache::with_capacity(results, results),
            cached: Mutex::new(TimedSizedCache::with_size_and_lifespan(
                results,
                TIME_TO_LIVE,
            )),
            probe: fixture::open_with(|builder| builder.cache_bytes(bytes))?,
        })
    }

    /// From moka, computed if it isn't there.
    pub fn moka(&self, key: &str) -> Block {
        self.moka.get_with_by_ref(key, || compute(key))
    }

    /// From quick_cache.
    pub fn quick(&self, key: &str) -> Block {
        let Ok(block) = self
            .quick
            .get_or_insert_with(key, || Ok::<_, Infallible>(compute(key)));
        block
    }

    /// From scc.
    pub fn scc(&self, key: &str) -> Block {
        let found = self.scc.read_sync(key, |_, block| *block);
        found.unwrap_or_else(|| {
            let entry = self.scc.entry_sync(key.to_owned());
            *entry.or_put_with(|| compute(key)).1.get()
        })
    }

    /// From `cached`, as a function with its macro does it: unlocked while it computes.
    pub fn cached(&self, key: &str) -> Block {
        if let Some(block) = lock(&self.cached).cache_get(key) {
            return *block;
        }
        let block = compute(key);
        lock(&self.cached).cache_set(key.to_owned(), block);
        block
    }

    /// From LMMS.
    pub fn lmms(&self, key: &str) -> Block {
        let found = self.probe.probe().remembered_block(key);
        found.unwrap_or_else(|error| {
            fixture::failed(error);
            [0; 64]
        })
    }

    /// Results that LMMS had to call the module for.
    pub fn lmms_computed(&self) -> u64 {
        self.probe.statistics().cache.misses
    }
}

/// Those without a bound.
#[derive(Default)]
pub struct Maps {
    /// papaya.
    pub papaya: papaya::HashMap<String, Block>,
    /// dashmap.
    pub dashmap: dashmap::DashMap<String, Block>,
    /// The standard library's.
    pub std: Mutex<HashMap<String, Block>>,
    /// The same map behind another lock.
    pub parking_lot: parking_lot::Mutex<HashMap<String, Block>>,
}

impl Maps {
    /// Puts it into each.
    pub fn insert(&self, key: &str) {
        let block = work::block(key);
        self.papaya.pin().insert(key.to_owned(), block);
        self.dashmap.insert(key.to_owned(), block);
        lock(&self.std).insert(key.to_owned(), block);
        self.parking_lot.lock().insert(key.to_owned(), block);
    }
}

/// Locks it, whoever panicked.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
