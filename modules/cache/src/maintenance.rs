//! All values together.

use home_types::cache::{CacheError, CacheStats};
use lmms::{Context, operation};

use crate::store::lock;

/// Lists the keys of live values that begin with `prefix` (all if not given), in order, at most `limit` (1000 if not
/// given).
#[operation(interface = "cache")]
pub fn list_keys(cx: &Context, prefix: Option<&str>, limit: Option<u32>) -> Vec<String> {
    let mut keys = lock().keys(cx.unix_time(), prefix.unwrap_or_default());
    keys.truncate(limit.unwrap_or(1000) as usize);
    keys
}

/// Removes the values whose key begins with `prefix`; gives how many.
#[operation(interface = "cache")]
pub fn delete_by_prefix(prefix: &str) -> u64 {
    lock().delete_where(|key, _| key.starts_with(prefix))
}

/// Removes the values that were set on behalf of a module; gives how many.
#[operation(interface = "cache")]
pub fn delete_by_source(source_module: &str) -> u64 {
    lock().delete_where(|_, source| source == Some(source_module))
}

/// Removes all values; gives how many.
#[operation(interface = "cache")]
pub fn clear() -> u64 {
    lock().delete_where(|_, _| true)
}

/// Removes the values that have expired; gives how many. Without it they go when they are read or room is needed.
#[operation(interface = "cache")]
pub fn cleanup_expired(cx: &Context) -> u64 {
    lock().cleanup(cx.unix_time())
}

/// Sets how many bytes may be held (4 KiB to 4 GiB; 8 MiB if not given); gives the previous limit.
#[operation(interface = "cache")]
pub fn set_limit(cx: &Context, max_bytes: Option<u64>) -> Result<u64, CacheError> {
    lock().set_limit(cx.unix_time(), max_bytes)
}

/// Tells how many values and bytes there are, and how many reads, misses, evictions and expirations there were.
#[operation(interface = "cache")]
pub fn get_stats(cx: &Context) -> CacheStats {
    lock().stats(cx.unix_time())
}
