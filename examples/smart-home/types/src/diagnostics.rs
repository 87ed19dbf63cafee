//! What the `debug` interface reports about the process and the home.
use std::time::Duration;

/// How well something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, lmms::Portable)]
pub enum HealthStatus {
    /// Works.
    Healthy,
    /// Works, with something to look at.
    Degraded,
    /// Does not work.
    Unhealthy,
}

/// How well the application and its home are.
#[derive(Debug, Clone, PartialEq, lmms::Portable)]
pub struct HealthReport {
    /// The worst of the parts.
    pub status: HealthStatus,
    /// When this was found: time since the Unix epoch.
    pub at: Duration,
    /// The parts.
    pub parts: Vec<PartHealth>,
}

/// How well one part is.
#[derive(Debug, Clone, PartialEq, lmms::Portable)]
pub struct PartHealth {
    /// Which part: `home`, `memory`, …
    pub part: String,
    /// How well it is.
    pub status: HealthStatus,
    /// What was found.
    pub detail: String,
    /// How long it took to find out.
    pub took: Duration,
}

/// What is known about the running process.
#[derive(Debug, Clone, PartialEq, lmms::Portable)]
pub struct Diagnostics {
    /// When this was gathered: time since the Unix epoch.
    pub at: Duration,
    /// How long the gateway has been running.
    pub uptime: Duration,
    /// The process.
    pub process: ProcessInfo,
    /// Files mapped into the process, counted by what they are.
    pub memory: MemoryMap,
    /// The gateway's own statistics, a JSON document.
    pub statistics: String,
}

/// The process in numbers. What the system does not tell is 0.
#[derive(Debug, Clone, PartialEq, Eq, Default, lmms::Portable)]
pub struct ProcessInfo {
    /// Its id.
    pub id: u32,
    /// Resident memory in bytes.
    pub resident_bytes: u64,
    /// The largest resident memory so far, in bytes.
    pub peak_resident_bytes: u64,
    /// Address space in bytes.
    pub virtual_bytes: u64,
    /// Memory swapped out, in bytes.
    pub swapped_bytes: u64,
    /// How many threads it has.
    pub threads: u32,
    /// How many files it has open.
    pub open_files: u32,
    /// Processor time used so far, user and system.
    pub processor_time: Duration,
    /// How long ago it was started.
    pub running_for: Duration,
}

/// A thread of the process.
#[derive(Debug, Clone, PartialEq, Eq, lmms::Portable)]
pub struct ThreadInfo {
    /// Its id.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// What it does: `running`, `sleeping`, `waiting for disk`, …
    pub state: String,
    /// Processor time it used so far.
    pub processor_time: Duration,
}

/// What is mapped into the process.
#[derive(Debug, Clone, PartialEq, Eq, Default, lmms::Portable)]
pub struct MemoryMap {
    /// Memory without a file behind it, in bytes of address space.
    pub anonymous_bytes: u64,
    /// Threads' stacks and the heap the system manages, in bytes of address space.
    pub heap_and_stack_bytes: u64,
    /// Files, largest first.
    pub files: Vec<MappedFile>,
}

/// A file mapped into the process.
#[derive(Debug, Clone, PartialEq, Eq, lmms::Portable)]
pub struct MappedFile {
    /// Its path.
    pub path: String,
    /// How much of the address space it takes.
    pub bytes: u64,
    /// How much of that is code.
    pub code_bytes: u64,
    /// Whether the file was removed or replaced since.
    pub deleted: bool,
}

/// A limit the system sets the process.
#[derive(Debug, Clone, PartialEq, Eq, lmms::Portable)]
pub struct LimitInfo {
    /// What is limited: `Max open files`.
    pub name: String,
    /// The limit in force; `None` where there is none.
    pub soft: Option<u64>,
    /// What it may be raised to; `None` where there is no limit.
    pub hard: Option<u64>,
    /// The unit the system gives.
    pub unit: String,
}

/// How long a check took.
#[derive(Debug, Clone, PartialEq, Eq, lmms::Portable)]
pub struct CheckTiming {
    /// The check.
    pub check: String,
    /// How often it was run.
    pub rounds: u32,
    /// The fastest run.
    pub fastest: Duration,
    /// The run in the middle.
    pub median: Duration,
    /// The slowest run.
    pub slowest: Duration,
    /// What went wrong, if anything.
    pub failure: Option<String>,
}

/// How much something matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, lmms::Portable)]
pub enum Severity {
    /// Worth knowing.
    Notice,
    /// Should be looked at.
    Warning,
    /// Will not work.
    Error,
}

/// Something found while checking.
#[derive(Debug, Clone, PartialEq, Eq, lmms::Portable)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// What it is about: a device's id, `home`.
    pub subject: String,
    /// What was found, and what to do about it.
    pub message: String,
}

/// An environment variable.
#[derive(Debug, Clone, PartialEq, Eq, lmms::Portable)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value, or what is left of it once secrets are taken out.
    pub value: String,
    /// Whether something was taken out.
    pub redacted: bool,
}
