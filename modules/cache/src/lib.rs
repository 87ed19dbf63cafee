//! An explicit key-value cache with lifetimes and a byte limit.
//!
//! Values are text or bytes. Each has a time to live, on the gateway's wall clock; where the limit is reached the least
//! recently used go first. This is not the cache of operation results that the gateway keeps: here callers decide what
//! is kept, and they count on it. So while there are live values the module refuses to be unloaded.

#![forbid(unsafe_code)]

lmms::module!(veto = veto);

pub mod maintenance;
pub mod values;

mod store;

/// Why the module can't be unloaded now.
pub fn veto() -> Option<String> {
    store::lock().reason_to_stay()
}
