//! Named circuit breakers that keep a failing service from being asked.
//!
//! A caller asks `allow`, makes its call, and records how it went. After `failure_threshold` failures in a row (5) the
//! breaker opens and refuses calls for `timeout` seconds (60). Then it lets one call through on trial: if that succeeds
//! the breaker closes, if it fails it opens again. A trial of which nothing is heard for another `timeout` is given up,
//! and the next may try. While any breaker is not closed the module refuses to be unloaded.

#![forbid(unsafe_code)]

lmms::module!(veto = veto);

pub mod operations;

mod breakers;

/// Why the module can't be unloaded now.
pub fn veto() -> Option<String> {
    breakers::lock().reason_to_stay()
}
