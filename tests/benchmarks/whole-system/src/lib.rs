//! The smart home over a recorded day, however its modules came into the program.
//!
//! A *life* is what one process does: it starts, answers events at the times of a simulated clock,
//! and ends. What it measured goes to a file as JSON.

#![forbid(unsafe_code)]

mod live;
mod memory;

pub use live::{Build, live};
pub use memory::{Memory, peak};

use serde::{Deserialize, Serialize};

/// What one process is to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Task {
    /// The home's database.
    pub database: String,
    /// The folder with the built modules, for the build that loads them.
    pub modules: String,
    /// When its first event happens, in seconds since the Unix epoch.
    pub start: f64,
    /// A file of the events, in their order, one as JSON a line: a process that held them all in
    /// memory would measure them.
    pub events: String,
    /// Seconds that pass behind the last event.
    pub rest: f64,
    /// Seconds of simulated time between two samples of memory.
    pub sample_every: f64,
    /// Where the record goes.
    pub record: String,
}

/// One thing that is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Event {
    /// Seconds behind the start.
    pub after: f64,
    /// A line of a recording.
    pub line: String,
}

/// What one process measured.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Record {
    /// Memory when it was ready.
    pub ready: Memory,
    /// The most memory it ever had, in bytes.
    pub peak: u64,
    /// Every event.
    pub events: Vec<Answered>,
    /// Memory over time.
    pub samples: Vec<Sample>,
    /// Answers that were errors: some events of the day are wrong on purpose.
    pub errors: u64,
    /// Calls through the gateway, those between modules included.
    pub calls: u64,
    /// Modules loaded.
    pub loads: u64,
    /// Loads that a cached result made unnecessary.
    pub loads_avoided: u64,
    /// Modules unloaded.
    pub unloads: u64,
    /// Bytes that unloads gave back.
    pub reclaimed: u64,
    /// Answers from the cache.
    pub hits: u64,
}

/// How one event went.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answered {
    /// Microseconds to the answer.
    pub answer: f64,
    /// Microseconds of each load that it waited for.
    pub loads: Vec<f64>,
    /// Page faults until the answer.
    pub faults: u64,
    /// Microseconds of sweeping behind it, which a caller doesn't wait for.
    pub sweep: f64,
    /// Resident bytes with the answer, before anything is swept.
    pub resident: u64,
}

/// Memory at a time.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Sample {
    /// Seconds since the start, simulated.
    pub at: f64,
    /// Memory.
    pub memory: Memory,
}
