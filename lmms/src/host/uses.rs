//! When modules are used, and how often: the books that decisions rest on.
//!
//! # How calls are noted
//! - As long as a module's calls are rare, each takes the slow path and notes its end here, with the
//!   exact time (a [`Stamp`]).
//! - Once they are frequent, the module is *watched*: they go straight through, which only counts
//!   them, and a look at the counters each [`TICK`] notes those that have ended since. What is known of
//!   a watched module is exact to one tick.
//! - When they are rare again, the fast table is closed. The module stays *draining* until those are
//!   out that no stamp will note. Then nobody looks, and nothing wakes up.
//!
//! So a module was in use until its last call ended or its last guard was dropped; while one is inside,
//! it is in use. A call counts for heat when it ends.
//!
//! What ticks depends on how the clock moves: a thread of the process (`ticker`) while the system's clock
//! does, a clock that is moved by hand before it moves. On any other clock no module is ever watched.
//!
//! # Invariants
//! - The books of a module are only changed under its lock, and only forwards: `noted` calls, the time of
//!   use and its order never fall, whoever looks when, and with counters however old.
//! - While a module is neither watched nor draining, every call inside it has a stamp.
//! - No foreign code runs under the lock: callers read the clock before they take it.

#![forbid(unsafe_code)]

pub(crate) mod alarm;
mod ticker;

use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::host::clock::{Clock, Moves, Watcher, nanoseconds};
use crate::host::decision::heat::{CallWindow, Heat, HeatThresholds};
use crate::host::decision::policy::Policy;
use crate::host::protection::{Counts, Entered, Protection};
use crate::host::uses::alarm::Alarm;
use crate::sync::{AtomicU64, AtomicUsize, Mutex, MutexGuard, Ordering, Unpoisoned as _};

/// How often watched modules are looked at.
pub(crate) const TICK: Duration = Duration::from_millis(100);

/// So many calls within a tick are frequent. To note them one by one then takes longer than to wake a
/// thread that looks.
const FREQUENT: u64 = 64;

/// So few within a tick are rare again.
const RARE: u64 = 16;

/// How the calls of a module are noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Noted {
    /// Each by its stamp.
    Stamped,
    /// By a look at the counters each tick.
    Watched,
    /// By stamps again, and by looks those that were let in while it was watched.
    Draining,
}

/// One module's use.
#[derive(Debug)]
struct Book {
    window: CallWindow,
    /// Calls that have ended, as far as they were noted.
    noted: u64,
    /// When it was last in use, and the number of that use among those of all modules.
    last_used: Duration,
    order: u64,
    /// It has run since it was last trimmed.
    untrimmed: bool,
    critical_since_load: bool,
    how: Noted,
    /// Calls inside that have a stamp.
    stamps: u64,
    /// The tick of the last stamp, and how many there were in it.
    burst: (u64, u64),
}

/// What is known about a module's use. Times are on the gateway's clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Use {
    /// Calls that have ended.
    pub(crate) calls: u64,
    /// Those in the heat window.
    pub(crate) recent_calls: u64,
    pub(crate) cools_at: Option<Duration>,
    pub(crate) critical_since_load: bool,
    pub(crate) last_used: Duration,
    pub(crate) order: u64,
    pub(crate) untrimmed: bool,
}

/// The use of all modules of a gateway.
#[derive(Debug)]
pub(crate) struct Uses {
    protection: Arc<Protection>,
    clock: Arc<dyn Clock>,
    heat: HeatThresholds,
    books: Box<[Mutex<Book>]>,
    moves: Moves,
    /// Numbers uses in their order.
    order: AtomicU64,
    /// How many modules are watched or draining.
    watched: AtomicUsize,
    alarm: Arc<Alarm>,
    this: Weak<Self>,
}

// Who holds a stamp holds this. A clock that panics does so before a lock is taken, and the books only change forwards:
// what is seen after a panic is as good as before.
impl UnwindSafe for Uses {}
impl RefUnwindSafe for Uses {}

impl Uses {
    pub(crate) fn new(
        protection: Arc<Protection>,
        modules: usize,
        policy: &Policy,
        clock: Arc<dyn Clock>,
        alarm: Arc<Alarm>,
    ) -> Arc<Self> {
        Arc::new_cyclic(|this: &Weak<Self>| Self {
            protection,
            heat: policy.heat,
            books: (0..modules)
                .map(|_| Mutex::new(Book::new(policy.new_window())))
                .collect(),
            moves: clock.tell(this.clone()),
            clock,
            order: AtomicU64::new(1),
            watched: AtomicUsize::new(0),
            alarm,
            this: this.clone(),
        })
    }

    /// Enters `module` by way of the slow path; `None` if the gate is closed. The stamp is to be
    /// dropped first.
    pub(crate) fn enter(&self, module: usize) -> Option<(Stamp<'_>, Entered<'_>)> {
        let entered = self.protection.enter_slow(module)?;
        Some((self.stamp(module), entered))
    }

    /// A stamp for who is inside.
    fn stamp(&self, module: usize) -> Stamp<'_> {
        if self.protection.is_watched(module) {
            return Stamp { uses: None, module };
        }
        self.book(module).stamps += 1;
        let uses = Some(self);
        Stamp { uses, module }
    }

    /// `module` is in use now, otherwise than by a call.
    pub(crate) fn touch(&self, module: usize) {
        let (now, order) = self.moment();
        self.book(module).used(now, order);
    }

    /// `module` is about to be used for the first time since it was loaded.
    pub(crate) fn loaded(&self, module: usize) {
        let (now, order) = self.moment();
        let mut book = self.book(module);
        book.used(now, order);
        book.critical_since_load = book.window.heat(now, &self.heat) == Heat::Critical;
    }

    /// `module` has been trimmed.
    pub(crate) fn trimmed(&self, module: usize) {
        self.book(module).untrimmed = false;
    }

    /// The number of the module's last use, which another use will raise.
    pub(crate) fn last_order(&self, module: usize) -> u64 {
        self.book(module).order
    }

    /// What is known about `module` now. `counts` may be a little older; `held`: by a guard.
    pub(crate) fn look(&self, module: usize, counts: Counts, held: bool, now: Duration) -> Use {
        let order = self.next_order();
        let mut book = self.book(module);
        book.look(counts, held, now, order, &self.heat);
        Use {
            calls: book.noted,
            recent_calls: book.window.total(now),
            cools_at: book.window.cools_at(now, &self.heat),
            critical_since_load: book.critical_since_load,
            last_used: book.last_used,
            order: book.order,
            untrimmed: book.untrimmed,
        }
    }

    /// Looks at the modules that are watched. Whether any still is.
    pub(crate) fn tick(&self) -> bool {
        if self.is_watching() {
            let now = self.clock.monotonic();
            (0..self.books.len()).for_each(|module| self.tick_of(module, now));
            self.alarm.remind(now);
        }
        self.is_watching()
    }

    /// Whether any module is to be looked at each tick.
    pub(crate) fn is_watching(&self) -> bool {
        self.watched.load(Ordering::SeqCst) > 0
    }

    fn tick_of(&self, module: usize, now: Duration) {
        let mut book = self.book(module);
        if book.how == Noted::Stamped {
            return;
        }
        let counts = self.protection.count(module);
        let order = self.next_order();
        let fresh = book.look(counts, false, now, order, &self.heat);
        let is_rare = book.how == Noted::Watched && fresh < RARE;
        // Stamps begin and end under this lock: more inside than stamps means some without.
        let is_drained = book.how == Noted::Draining && counts.inside <= book.stamps;
        if is_rare && self.protection.unwatch(module).is_ok() {
            book.how = Noted::Draining;
        } else if is_drained {
            book.how = Noted::Stamped;
            self.watched.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// A call with a stamp ends.
    fn ends(&self, module: usize) {
        let (now, order) = self.moment();
        let frequent = {
            let mut book = self.book(module);
            book.stamps -= 1;
            book.note(1, now, &self.heat);
            book.used(now, order);
            book.is_frequent(now)
        };
        if frequent {
            self.watch(module);
        }
        self.alarm.remind(now);
    }

    #[cold]
    fn watch(&self, module: usize) {
        let ticks = match self.moves {
            Moves::Steadily => ticker::runs(),
            Moves::Told => true,
            Moves::Untold => false,
        };
        if !ticks {
            return;
        }
        {
            let mut book = self.book(module);
            match book.how {
                Noted::Watched => return,
                Noted::Draining => {}
                Noted::Stamped => {
                    self.watched.fetch_add(1, Ordering::SeqCst);
                }
            }
            book.how = Noted::Watched;
            self.protection.watch(module);
        }
        if self.moves == Moves::Steadily {
            ticker::look_after(&self.this);
        }
    }

    /// The time, and a number for what happens now.
    fn moment(&self) -> (Duration, u64) {
        let now = self.clock.monotonic();
        (now, self.next_order())
    }

    fn next_order(&self) -> u64 {
        self.order.fetch_add(1, Ordering::Relaxed)
    }

    fn book(&self, module: usize) -> MutexGuard<'_, Book> {
        self.books[module].lock().unpoisoned()
    }
}

impl Watcher for Uses {
    fn before_move(&self) {
        self.tick();
    }
}

impl Book {
    fn new(window: CallWindow) -> Self {
        Self {
            window,
            noted: 0,
            last_used: Duration::ZERO,
            order: 0,
            untrimmed: false,
            critical_since_load: false,
            how: Noted::Stamped,
            stamps: 0,
            burst: (0, 0),
        }
    }

    fn used(&mut self, now: Duration, order: u64) {
        (self.last_used, self.order) = (self.last_used, self.order).max((now, order));
        self.untrimmed = true;
    }

    fn note(&mut self, calls: u64, now: Duration, heat: &HeatThresholds) {
        self.noted += calls;
        self.window.feed(now, calls);
        self.critical_since_load |= self.window.heat(now, heat) == Heat::Critical;
    }

    /// Notes the calls that the counters have and stamps didn't note; how many.
    fn look(
        &mut self,
        counts: Counts,
        held: bool,
        now: Duration,
        order: u64,
        heat: &HeatThresholds,
    ) -> u64 {
        // Others may have looked at newer counters meanwhile, and a stamp is ahead of its call's exit.
        let fresh = counts.ended.saturating_sub(self.noted);
        self.note(fresh, now, heat);
        if fresh > 0 || counts.inside > 0 || held {
            self.used(now, order);
        }
        fresh
    }

    /// Whether there were many stamps in this tick.
    fn is_frequent(&mut self, now: Duration) -> bool {
        let tick = nanoseconds(now) / nanoseconds(TICK);
        self.burst = match self.burst {
            (same, calls) if same == tick => (tick, calls + 1),
            _ => (tick, 1),
        };
        self.how != Noted::Watched && self.burst.1 >= FREQUENT
    }
}

/// Notes the end of a call that took the slow path, on drop; unless the module is watched.
#[derive(Debug)]
pub(crate) struct Stamp<'u> {
    uses: Option<&'u Uses>,
    module: usize,
}

impl Drop for Stamp<'_> {
    fn drop(&mut self) {
        if let Some(uses) = self.uses {
            uses.ends(self.module);
        }
    }
}

#[cfg(all(test, lmms_loom))]
mod model;
#[cfg(all(test, not(lmms_loom)))]
mod tests;
