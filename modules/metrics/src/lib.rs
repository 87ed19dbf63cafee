//! Counters, gauges and latency distributions of the smart home.
//!
//! A metric has a name and labels; each combination is a series. Distributions are DDSketches: quantiles are exact to 1
//! % with a few kilobytes, however many values there were. The number of series is bounded, so that labels made from
//! outside input can't use up the memory. While there are measurements the module refuses to be unloaded.

#![forbid(unsafe_code)]

lmms::module!(veto = veto);

pub mod events;
pub mod export;
pub mod series;
pub mod summaries;

mod registry;

/// Why the module can't be unloaded now.
pub fn veto() -> Option<String> {
    registry::lock().reason_to_stay()
}
