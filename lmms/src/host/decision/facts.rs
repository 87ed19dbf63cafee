//! What a decision goes by: what is known about each module, and about all together.

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::host::cache::LiveEntries;
use crate::host::clock::as_seconds;

/// How short memory is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pressure {
    /// There is enough.
    #[default]
    None,
    /// The system or the control group is short of memory: unload what can be unloaded.
    High,
}

/// What is known about a module. Times are on the gateway's monotonic clock.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ModuleView {
    /// Which module this is; only its verdict's [`Verdict::module`](crate::decision::Verdict::module) depends on it,
    /// and the order among modules of whose last uses nothing tells which was first.
    pub index: u32,
    /// Whether it is loaded. Only resident modules get a verdict.
    pub resident: bool,
    /// Calls in flight and guards held. A load should hold one until its first call.
    pub references: u64,
    /// Calls in the policy's heat window.
    pub recent_calls: u64,
    /// When its heat could next fall: [`CallWindow::cools_at`](crate::heat::CallWindow::cools_at).
    pub cools_at: Option<Duration>,
    /// Whether it has been critical at some time since it was loaded.
    pub critical_since_load: bool,
    /// Its results in the cache.
    pub cached: LiveEntries,
    /// When it was last in use.
    pub last_used: Duration,
    /// Numbers the last uses of all modules: of those that were last used at the same moment, the one with the smallest
    /// number goes first.
    pub use_order: u64,
    /// How often in a row it was loaded again right after having been unloaded; lengthens its grace.
    pub ping_pongs: u32,
    /// What it holds in memory, mapped and heap, in bytes.
    pub bytes: u64,
    /// Whether one of its operations is pinned.
    pub pinned: bool,
    /// Why it can't be unloaded safely, if so.
    pub unload_unsafe: Option<Arc<str>>,
    /// Why it objects to being unloaded, as far as it has been asked. Ask the modules that a decision would unload, put
    /// in what they answer, and decide again until no answer is new.
    pub veto: Option<Arc<str>>,
    /// What of it runs or is held outside of calls, as far as that was found when it should go. To be treated like
    /// [`veto`](Self::veto).
    pub busy: Option<Arc<str>>,
}

impl ModuleView {
    /// A resident module about which nothing else is known yet.
    pub fn resident(index: u32) -> ModuleView {
        ModuleView {
            index,
            resident: true,
            ..ModuleView::default()
        }
    }
}

/// What makes a sweep unload a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cause {
    /// Memory pressure.
    Pressure,
    /// More modules are resident than the policy wants.
    TooManyResident,
    /// The resident modules hold more bytes than the policy wants.
    TooManyBytes,
}

/// What a sweep saw of all modules together, and what it leaves if all that it wants to unload can be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SweepFacts {
    /// When it decided.
    #[serde(serialize_with = "as_seconds")]
    pub now: Duration,
    /// Whether it went by memory pressure.
    pub pressed: bool,
    /// Modules resident before.
    pub resident: usize,
    /// Modules left.
    pub remaining: usize,
    /// [`Policy::max_resident`](crate::Policy::max_resident).
    pub max_resident: usize,
    /// Bytes held before.
    pub bytes: u64,
    /// Bytes left.
    pub remaining_bytes: u64,
    /// [`Policy::resident_bytes`](crate::Policy::resident_bytes).
    pub resident_bytes: Option<u64>,
    /// COLD modules left that could be unloaded: as long as there is one, no WARM module is.
    pub cold_left: usize,
    /// [`Policy::heat_window`](crate::Policy::heat_window).
    #[serde(serialize_with = "as_seconds")]
    pub heat_window: Duration,
}

impl SweepFacts {
    /// Why another module should go after those already chosen; `None` if what is left fits.
    pub fn wants_room(&self) -> Option<Cause> {
        if self.pressed {
            Some(Cause::Pressure)
        } else if self.remaining > self.max_resident {
            Some(Cause::TooManyResident)
        } else if self
            .resident_bytes
            .is_some_and(|budget| self.remaining_bytes > budget)
        {
            Some(Cause::TooManyBytes)
        } else {
            None
        }
    }
}
