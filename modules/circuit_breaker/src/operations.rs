//! Asking breakers, telling them how calls went, looking at them, changing them by hand.

use home_types::circuit_breaker::{Breaker, BreakerError, BreakerState, BreakerStats, Permission};
use lmms::{Context, operation};

use crate::breakers::lock;

/// Asks whether a call may be made now; record how it went afterwards. Makes the breaker if there is none: it opens
/// after `failure_threshold` failures in a row (5 if not given), for `timeout` seconds (60 if not given).
#[operation(interface = "circuit_breaker")]
pub fn allow(
    cx: &Context,
    name: &str,
    failure_threshold: Option<u32>,
    timeout: Option<u64>,
) -> Result<Permission, BreakerError> {
    lock().allow(cx.unix_time(), name, failure_threshold, timeout)
}

/// Records that a call succeeded; closes a breaker that is on trial. Gives the state that follows.
#[operation(interface = "circuit_breaker")]
pub fn record_success(cx: &Context, name: &str) -> Result<BreakerState, BreakerError> {
    lock().record(cx.unix_time(), name, Ok(()))
}

/// Records that a call failed, and why; may open the breaker. Gives the state that follows.
#[operation(interface = "circuit_breaker")]
pub fn record_failure(
    cx: &Context,
    name: &str,
    error: Option<&str>,
) -> Result<BreakerState, BreakerError> {
    lock().record(cx.unix_time(), name, Err(error))
}

/// Gives a breaker, made if there is none; `failure_threshold` and `timeout` (in seconds) change those it has, if
/// given.
#[operation(interface = "circuit_breaker")]
pub fn get(
    cx: &Context,
    name: &str,
    failure_threshold: Option<u32>,
    timeout: Option<u64>,
) -> Result<Breaker, BreakerError> {
    lock().get(cx.unix_time(), name, failure_threshold, timeout)
}

/// Gives all breakers, by name.
#[operation(interface = "circuit_breaker")]
pub fn get_all_states(cx: &Context) -> Vec<Breaker> {
    lock().all(cx.unix_time())
}

/// Tells how many breakers are in which state, and how many calls succeeded, failed and were refused.
#[operation(interface = "circuit_breaker")]
pub fn get_stats(cx: &Context) -> BreakerStats {
    lock().stats(cx.unix_time())
}

/// Opens a breaker at once, as for maintenance, and says why; it tries again after its timeout.
#[operation(interface = "circuit_breaker")]
pub fn trip(cx: &Context, name: &str, reason: &str) -> Result<(), BreakerError> {
    lock().trip(cx.unix_time(), name, reason)
}

/// Closes a breaker; says whether it was open or on trial.
#[operation(interface = "circuit_breaker")]
pub fn reset(name: &str) -> Result<bool, BreakerError> {
    lock().reset(name)
}

/// Closes all breakers; gives how many were open or on trial.
#[operation(interface = "circuit_breaker")]
pub fn reset_all() -> u32 {
    lock().reset_all()
}

/// Forgets a breaker with its counts and settings; says whether there was one.
#[operation(interface = "circuit_breaker")]
pub fn remove(name: &str) -> bool {
    lock().remove(name)
}
