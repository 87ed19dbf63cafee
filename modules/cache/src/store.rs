//! The cached values.

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use home_types::cache::{CacheError, CacheMetadata, CacheStats};
use lru::LruCache;

/// The cache of this process.
pub(crate) fn lock() -> MutexGuard<'static, Store> {
    static STORE: LazyLock<Mutex<Store>> = LazyLock::new(|| Mutex::new(Store::new()));
    STORE.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) const DEFAULT_TTL: u64 = 300;
const MAX_TTL: u64 = 365 * 24 * 3600;
const DEFAULT_LIMIT: u64 = 8 << 20;
const LIMITS: std::ops::RangeInclusive<u64> = 4096..=1 << 32;
const LONGEST_KEY: usize = 512;
/// What an entry takes beside key and value: two map nodes and the bookkeeping.
const OVERHEAD: u64 = 160;

/// A cached value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Bytes(Vec<u8>),
}

impl Value {
    pub(crate) fn len(&self) -> usize {
        match self {
            Value::Text(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
        }
    }

    /// What it is, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) => "text",
            Value::Bytes(_) => "bytes",
        }
    }
}

struct Entry {
    value: Value,
    source_module: Option<String>,
    set_at: Duration,
    expires_at: Duration,
    reads: u64,
}

/// The values, the least recently used first to go. `now` is always the time since the Unix epoch.
pub(crate) struct Store {
    entries: LruCache<String, Entry>,
    bytes: u64,
    max_bytes: u64,
    /// The last time that was told, and when that was, so that a veto can tell the time too.
    clock: Option<(Duration, Instant)>,
    counts: CacheStats,
}

impl Store {
    pub(crate) fn new() -> Store {
        Store {
            entries: LruCache::unbounded(),
            bytes: 0,
            max_bytes: DEFAULT_LIMIT,
            clock: None,
            counts: CacheStats::default(),
        }
    }

    /// Sets a value; the least recently used go if the limit needs it.
    pub(crate) fn set(
        &mut self,
        now: Duration,
        key: &str,
        value: Value,
        ttl: u64,
        source_module: Option<&str>,
    ) -> Result<(), CacheError> {
        check_key(key)?;
        let expires_at = expiry(now, ttl)?;
        let source_module = source_module.map(str::to_owned);
        let entry = Entry {
            value,
            source_module,
            set_at: now,
            expires_at,
            reads: 0,
        };
        let bytes = size(key, &entry);
        if bytes > self.max_bytes {
            return Err(CacheError::TooLarge {
                bytes,
                max_bytes: self.max_bytes,
            });
        }
        self.tell(now);
        self.remove(key);
        self.make_room(now, self.max_bytes - bytes);
        self.bytes += bytes;
        self.counts.sets += 1;
        self.entries.put(key.to_owned(), entry);
        Ok(())
    }

    /// Reads a live value and marks it as used.
    pub(crate) fn get(&mut self, now: Duration, key: &str) -> Option<&Value> {
        self.tell(now);
        if self.expire(now, key) {
            self.counts.misses += 1;
            return None;
        }
        match self.entries.get_mut(key) {
            Some(entry) => {
                entry.reads += 1;
                self.counts.hits += 1;
                Some(&entry.value)
            }
            None => {
                self.counts.misses += 1;
                None
            }
        }
    }

    /// Whether there is a live value; neither counts nor marks it.
    pub(crate) fn contains(&mut self, now: Duration, key: &str) -> bool {
        self.tell(now);
        self.entries
            .peek(key)
            .is_some_and(|entry| entry.expires_at > now)
    }

    /// Changes a live value in place; its time to live stays.
    pub(crate) fn replace(&mut self, key: &str, value: Value) {
        if let Some(entry) = self.entries.get_mut(key) {
            self.bytes = self.bytes - entry.value.len() as u64 + value.len() as u64;
            entry.value = value;
        }
    }

    pub(crate) fn metadata(&mut self, now: Duration, key: &str) -> Option<CacheMetadata> {
        self.tell(now);
        let entry = self
            .entries
            .peek(key)
            .filter(|entry| entry.expires_at > now)?;
        Some(CacheMetadata {
            text: matches!(entry.value, Value::Text(_)),
            bytes: entry.value.len() as u64,
            source_module: entry.source_module.clone(),
            set_at: entry.set_at.as_secs(),
            expires_at: entry.expires_at.as_secs(),
            remaining_seconds: (entry.expires_at - now).as_secs(),
            reads: entry.reads,
        })
    }

    /// Gives a live value a new time to live; says whether there was one.
    pub(crate) fn touch(&mut self, now: Duration, key: &str, ttl: u64) -> Result<bool, CacheError> {
        let expires_at = expiry(now, ttl)?;
        self.tell(now);
        if self.expire(now, key) {
            return Ok(false);
        }
        let entry = self.entries.get_mut(key);
        Ok(entry.map(|entry| entry.expires_at = expires_at).is_some())
    }

    /// Removes a value; says whether it was live.
    pub(crate) fn delete(&mut self, now: Duration, key: &str) -> bool {
        self.tell(now);
        self.remove(key).is_some_and(|entry| entry.expires_at > now)
    }

    /// Removes the values of which `gone` says so (key, module they belong to); gives how many.
    pub(crate) fn delete_where(&mut self, gone: impl Fn(&str, Option<&str>) -> bool) -> u64 {
        self.take(|key, entry| gone(key, entry.source_module.as_deref()))
    }

    /// Removes the values that have expired; gives how many.
    pub(crate) fn cleanup(&mut self, now: Duration) -> u64 {
        self.tell(now);
        let expired = self.take(|_, entry| entry.expires_at <= now);
        self.counts.expirations += expired;
        expired
    }

    /// The keys of live values that begin with `prefix`, in order.
    pub(crate) fn keys(&mut self, now: Duration, prefix: &str) -> Vec<String> {
        self.tell(now);
        let live = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.expires_at > now);
        let mut keys: Vec<String> = live
            .map(|(key, _)| key)
            .filter(|key| key.starts_with(prefix))
            .cloned()
            .collect();
        keys.sort();
        keys
    }

    /// Sets the byte limit, which values may have to go for; gives the previous one. No limit is the default.
    pub(crate) fn set_limit(
        &mut self,
        now: Duration,
        limit: Option<u64>,
    ) -> Result<u64, CacheError> {
        let max_bytes = limit.unwrap_or(DEFAULT_LIMIT);
        if !LIMITS.contains(&max_bytes) {
            let (minimum, maximum) = (*LIMITS.start(), *LIMITS.end());
            return Err(CacheError::InvalidLimit {
                max_bytes,
                minimum,
                maximum,
            });
        }
        self.make_room(now, max_bytes);
        Ok(std::mem::replace(&mut self.max_bytes, max_bytes))
    }

    pub(crate) fn stats(&mut self, now: Duration) -> CacheStats {
        self.tell(now);
        let live_entries = self.live(now);
        CacheStats {
            live_entries,
            expired_entries: self.entries.len() as u64 - live_entries,
            bytes: self.bytes,
            max_bytes: self.max_bytes,
            ..self.counts.clone()
        }
    }

    /// Why the module can't be unloaded now. On a simulated clock that runs ahead this counts values as live a little
    /// longer.
    pub(crate) fn reason_to_stay(&self) -> Option<String> {
        let now = self
            .clock
            .map(|(time, told)| time + told.elapsed())
            .unwrap_or_default();
        let live = self.live(now);
        if live > 0 {
            return Some(format!(
                "holds {live} live cached values ({} bytes); `cache.clear` gives them up",
                self.bytes
            ));
        }
        (self.max_bytes != DEFAULT_LIMIT).then(|| {
            format!(
                "its limit is set to {} bytes; `cache.set_limit` takes it back",
                self.max_bytes
            )
        })
    }

    fn live(&self, now: Duration) -> u64 {
        self.entries
            .iter()
            .filter(|(_, entry)| entry.expires_at > now)
            .count() as u64
    }

    fn tell(&mut self, now: Duration) {
        self.clock = Some((now, Instant::now()));
    }

    /// Removes the value if it has expired; says whether it had.
    fn expire(&mut self, now: Duration, key: &str) -> bool {
        let expired = self
            .entries
            .peek(key)
            .is_some_and(|entry| entry.expires_at <= now);
        if expired {
            self.remove(key);
            self.counts.expirations += 1;
        }
        expired
    }

    fn make_room(&mut self, now: Duration, max_bytes: u64) {
        while self.bytes > max_bytes {
            let Some((key, entry)) = self.entries.pop_lru() else {
                break;
            };
            self.bytes -= size(&key, &entry);
            match entry.expires_at <= now {
                true => self.counts.expirations += 1,
                false => self.counts.evictions += 1,
            }
        }
    }

    fn remove(&mut self, key: &str) -> Option<Entry> {
        let entry = self.entries.pop(key)?;
        self.bytes -= size(key, &entry);
        Some(entry)
    }

    fn take(&mut self, gone: impl Fn(&str, &Entry) -> bool) -> u64 {
        let found = self.entries.iter().filter(|(key, entry)| gone(key, entry));
        let keys: Vec<String> = found.map(|(key, _)| key.clone()).collect();
        keys.iter().filter(|key| self.remove(key).is_some()).count() as u64
    }
}

fn size(key: &str, entry: &Entry) -> u64 {
    let source = entry.source_module.as_ref().map_or(0, String::len);
    OVERHEAD + (key.len() + source + entry.value.len()) as u64
}

fn check_key(key: &str) -> Result<(), CacheError> {
    let reason = if key.is_empty() {
        "it is empty".to_owned()
    } else if key.len() > LONGEST_KEY {
        format!(
            "it has {} bytes; at most {LONGEST_KEY} are possible",
            key.len()
        )
    } else if key.contains(char::is_control) {
        "it contains control characters".to_owned()
    } else {
        return Ok(());
    };
    Err(CacheError::InvalidKey { reason })
}

fn expiry(now: Duration, ttl: u64) -> Result<Duration, CacheError> {
    if (1..=MAX_TTL).contains(&ttl) {
        Ok(now.saturating_add(Duration::from_secs(ttl)))
    } else {
        Err(CacheError::InvalidTtl {
            ttl,
            maximum: MAX_TTL,
        })
    }
}

#[cfg(test)]
mod tests;
