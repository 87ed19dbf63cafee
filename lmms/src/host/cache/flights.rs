//! Results on their way: of threads that miss the same result at once, one computes it, and the others wait for it.
//!
//! A *flight* is one computation of one result. The thread that computes *leads* it; others that want the result
//! *join*.
//!
//! # Nobody waits for itself
//! What a leader does is unknown, so a flight is joined only where that can't matter, and computed once more everywhere
//! else:
//! - A thread that would wait for itself, by way of other leaders that wait, doesn't join (`host/reentrance/waits.rs`).
//! - A thread that a leader may be waiting for without anybody knowing doesn't join: its caller says so (`may_wait`).
//! - Some of that can't be known, such as locks of the application's. Nobody waits for longer than [`LONGEST`].
//!
//! # What joins what
//! A flight that began before an invalidation is joined by nobody that comes after it. One that comes to nothing, by an
//! error or a panic, is followed by another of those who waited, and they wait once more; then they compute side by
//! side. So whoever waits for what always fails takes three times as long at most, however many they are.
//!
//! No lock is held while anything else runs: an operation, or the destructor of a result.

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{CachedResult, Generation};
use crate::host::reentrance::waits::{self, Awaited};
use crate::sync::{
    AtomicBool, Condvar, Mutex, MutexGuard, Ordering, ThreadId, Unpoisoned as _, this_thread,
};

/// How long a computation may keep others waiting.
pub(super) const LONGEST: Duration = Duration::from_secs(5);

/// How many flights a thread waits for in vain.
const PATIENCE: usize = 2;

/// How often a thread looks whether a flight has landed before it sleeps: for about as long as falling asleep and being
/// woken takes, which is longer than most computations.
const LOOKS: usize = if cfg!(lmms_loom) { 0 } else { 100 };

/// One computation of one result.
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) operation: u32,
    pub(super) arguments: Box<[u8]>,
    /// From before the computation began.
    pub(super) generation: Generation,
    leader: ThreadId,
    /// A hint for those who don't sleep yet: `stage` decides.
    has_landed: AtomicBool,
    stage: Mutex<Stage>,
    landed: Condvar,
}

struct Stage {
    progress: Progress,
    /// Threads that sleep until it lands. Nobody else has to be woken, which takes a system call.
    asleep: usize,
}

enum Progress {
    Flying,
    /// With a result, or without.
    Landed(Option<CachedResult>),
}

/// What became of a look for a result on its way.
pub(super) enum Boarding {
    /// It arrived.
    Arrived(CachedResult),
    /// The calling thread has to compute it.
    Leads(Arc<Flight>),
}

/// The flights of a shard.
#[derive(Debug, Default)]
pub(super) struct Flights(Mutex<Vec<Arc<Flight>>>);

impl Flights {
    /// Waits for the result if another thread is computing it and `may_wait` allows to; else the calling thread is to
    /// compute it: as the leader, if there is none.
    pub(super) fn board(
        &self,
        key: (u32, &[u8]),
        generation: impl Fn() -> Generation,
        longest: Duration,
        may_wait: impl Fn() -> bool,
    ) -> Boarding {
        let new = || Arc::new(Flight::new(key, generation()));
        for _ in 0..PATIENCE {
            let mine = new();
            let Some(flight) = self.lead_or_find(&mine) else {
                return Boarding::Leads(mine);
            };
            match flight.wait(longest, &may_wait) {
                Waited::Result(result) => return Boarding::Arrived(result),
                Waited::InVain => {}
                Waited::Refused => return Boarding::Leads(mine),
                Waited::TooLong => {
                    // Its leader may be gone for good: others needn't find that out as well.
                    self.remove(&flight);
                    break;
                }
            }
        }
        let mine = new();
        self.lead_or_find(&mine);
        Boarding::Leads(mine)
    }

    /// The flight that has the result of `mine` in it; `None`: that is `mine` from now on.
    fn lead_or_find(&self, mine: &Arc<Flight>) -> Option<Arc<Flight>> {
        let mut flights = self.lock();
        let same = flights.iter_mut().find(|flight| flight.is_of(mine));
        match same {
            Some(flight) if flight.generation >= mine.generation => return Some(flight.clone()),
            Some(outdated) => *outdated = mine.clone(),
            None => flights.push(mine.clone()),
        }
        None
    }

    /// Ends a flight for those who come from now on.
    pub(super) fn remove(&self, flight: &Arc<Flight>) {
        self.lock().retain(|other| !Arc::ptr_eq(other, flight));
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Flight>>> {
        self.0.lock().unpoisoned()
    }
}

/// How a wait ended.
enum Waited {
    Result(CachedResult),
    /// The flight landed without a result.
    InVain,
    TooLong,
    /// It didn't begin.
    Refused,
}

impl Flight {
    /// Led by the calling thread.
    pub(super) fn new((operation, arguments): (u32, &[u8]), generation: Generation) -> Self {
        Self {
            operation,
            arguments: arguments.into(),
            generation,
            leader: this_thread(),
            has_landed: AtomicBool::new(false),
            stage: Mutex::new(Stage {
                progress: Progress::Flying,
                asleep: 0,
            }),
            landed: Condvar::new(),
        }
    }

    fn is_of(&self, other: &Self) -> bool {
        self.operation == other.operation && self.arguments == other.arguments
    }

    /// Lets those who wait go on, with a result or without. Only the first landing counts.
    pub(super) fn land(&self, result: Option<CachedResult>) {
        let mut stage = self.stage();
        if !matches!(stage.progress, Progress::Flying) {
            return;
        }
        stage.progress = Progress::Landed(result);
        self.has_landed.store(true, Ordering::Relaxed);
        let asleep = stage.asleep;
        drop(stage);
        if asleep > 0 {
            self.landed.notify_all();
        }
    }

    fn wait(&self, longest: Duration, may_wait: impl Fn() -> bool) -> Waited {
        if !may_wait() {
            return self.landing().unwrap_or(Waited::Refused);
        }
        for _ in 0..LOOKS {
            if self.has_landed.load(Ordering::Relaxed) {
                break;
            }
            std::hint::spin_loop();
        }
        if let Some(landed) = self.landing() {
            return landed;
        }
        let awaited = Awaited {
            what: std::ptr::from_ref(self).addr(),
            thread: self.leader,
            module: None,
        };
        let Ok(_waiting) = waits::begin(awaited) else {
            return Waited::Refused;
        };
        let begun = Instant::now();
        let mut stage = self.stage();
        stage.asleep += 1;
        while matches!(stage.progress, Progress::Flying) {
            let left = longest.saturating_sub(begun.elapsed());
            if left.is_zero() {
                stage.asleep -= 1;
                return Waited::TooLong;
            }
            let woken = self.landed.wait_timeout(stage, left);
            (stage, _) = woken.unpoisoned();
        }
        stage.asleep -= 1;
        drop(stage);
        self.landing().unwrap_or(Waited::InVain)
    }

    fn landing(&self) -> Option<Waited> {
        match &self.stage().progress {
            Progress::Flying => None,
            Progress::Landed(Some(result)) => Some(Waited::Result(result.clone())),
            Progress::Landed(None) => Some(Waited::InVain),
        }
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unpoisoned()
    }
}

impl std::fmt::Debug for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.progress {
            Progress::Flying => "Flying",
            Progress::Landed(_) => "Landed",
        })
    }
}

#[cfg(all(test, lmms_loom))]
mod model;
#[cfg(all(test, not(lmms_loom)))]
mod tests;
