//! Single values: text, numbers written as text, and bytes, such as pictures.

use std::time::Duration;

use home_types::cache::{CacheError, CacheMetadata};
use lmms::{Context, operation};

use crate::store::{DEFAULT_TTL, Store, Value, lock};

/// Reads a text; gives none if there is none or it expired.
#[operation(interface = "cache")]
pub fn get(cx: &Context, key: &str) -> Result<Option<String>, CacheError> {
    match lock().get(cx.unix_time(), key) {
        None => Ok(None),
        Some(Value::Text(text)) => Ok(Some(text.clone())),
        Some(other) => Err(wrong_type(key, "text", other.kind())),
    }
}

/// Sets a text for `ttl` seconds (300 if not given), on behalf of a module if that is given.
#[operation(interface = "cache")]
pub fn set(
    cx: &Context,
    key: &str,
    value: &str,
    ttl: Option<u64>,
    source_module: Option<&str>,
) -> Result<(), CacheError> {
    let value = Value::Text(value.to_owned());
    lock().set(
        cx.unix_time(),
        key,
        value,
        ttl.unwrap_or(DEFAULT_TTL),
        source_module,
    )
}

/// Sets a text only if there is no live value yet; says whether it did. Of several callers at once one succeeds.
#[operation(interface = "cache")]
pub fn add(
    cx: &Context,
    key: &str,
    value: &str,
    ttl: Option<u64>,
    source_module: Option<&str>,
) -> Result<bool, CacheError> {
    let (mut store, now) = (lock(), cx.unix_time());
    if store.contains(now, key) {
        return Ok(false);
    }
    let value = Value::Text(value.to_owned());
    store.set(now, key, value, ttl.unwrap_or(DEFAULT_TTL), source_module)?;
    Ok(true)
}

/// Adds `by` (1 if not given) to a number, in one step; gives the sum. A missing number is 0 and lives `ttl` seconds
/// (300 if not given); a present one keeps its time to live.
#[operation(interface = "cache")]
pub fn increment(
    cx: &Context,
    key: &str,
    by: Option<i64>,
    ttl: Option<u64>,
) -> Result<i64, CacheError> {
    let (mut store, now) = (lock(), cx.unix_time());
    let by = by.unwrap_or(1);
    let present = number(&mut store, now, key)?;
    let sum = present.unwrap_or(0).saturating_add(by);
    let value = Value::Text(sum.to_string());
    match present {
        Some(_) => store.replace(key, value),
        None => store.set(now, key, value, ttl.unwrap_or(DEFAULT_TTL), None)?,
    }
    Ok(sum)
}

/// Reads bytes; gives none if there are none or they expired. Text is read with `get`.
#[operation(interface = "cache")]
pub fn get_bytes(cx: &Context, key: &str) -> Result<Option<Vec<u8>>, CacheError> {
    match lock().get(cx.unix_time(), key) {
        None => Ok(None),
        Some(Value::Bytes(bytes)) => Ok(Some(bytes.clone())),
        Some(other) => Err(wrong_type(key, "bytes", other.kind())),
    }
}

/// Sets bytes for `ttl` seconds (300 if not given), on behalf of a module if that is given.
#[operation(interface = "cache")]
pub fn set_bytes(
    cx: &Context,
    key: &str,
    value: &[u8],
    ttl: Option<u64>,
    source_module: Option<&str>,
) -> Result<(), CacheError> {
    let value = Value::Bytes(value.to_vec());
    lock().set(
        cx.unix_time(),
        key,
        value,
        ttl.unwrap_or(DEFAULT_TTL),
        source_module,
    )
}

/// Says whether there is a live value; does not count as a read.
#[operation(interface = "cache")]
pub fn exists(cx: &Context, key: &str) -> bool {
    lock().contains(cx.unix_time(), key)
}

/// Removes a value; says whether it was still alive.
#[operation(interface = "cache")]
pub fn delete(cx: &Context, key: &str) -> bool {
    lock().delete(cx.unix_time(), key)
}

/// Tells type, length, owner, age and reads of a live value; does not count as a read.
#[operation(interface = "cache")]
pub fn get_metadata(cx: &Context, key: &str) -> Option<CacheMetadata> {
    lock().metadata(cx.unix_time(), key)
}

/// Lets a live value live `ttl` seconds from now; says whether there was one.
#[operation(interface = "cache")]
pub fn touch(cx: &Context, key: &str, ttl: u64) -> Result<bool, CacheError> {
    lock().touch(cx.unix_time(), key, ttl)
}

fn wrong_type(key: &str, expected: &str, found: &str) -> CacheError {
    CacheError::WrongType {
        key: key.to_owned(),
        expected: expected.to_owned(),
        found: found.to_owned(),
    }
}

fn number(store: &mut Store, now: Duration, key: &str) -> Result<Option<i64>, CacheError> {
    match store.get(now, key) {
        None => Ok(None),
        Some(Value::Text(text)) => match text.trim().parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(wrong_type(key, "a whole number", "other text")),
        },
        Some(other) => Err(wrong_type(key, "a whole number", other.kind())),
    }
}
