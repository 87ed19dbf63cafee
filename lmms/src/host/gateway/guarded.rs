//! The application's clock, pressure source and loader, as LMMS asks them.
//!
//! Each is wrapped when it is handed to the builder. The wrapper marks the thread, so that what is asked of the gateway
//! from inside doesn't come back here for ever, and a panic ends in it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::boundary::contain::contain;
use crate::boundary::error::Error;
use crate::host::clock::{Clock, Moves, Watcher, nanoseconds};
use crate::host::decision::facts::Pressure;
use crate::host::decision::pressure::PressureSource;
use crate::host::life::library::{
    Busy, BusyKind, Departure, Holders, Library, Loader, Memory, OperationSlot,
};
use crate::host::reentrance::inside::{self, Inside};
use crate::host::registry::{ModuleInfo, Operations};
use crate::host::threads::dedicated::DedicatedThread;

/// A clock that stands still where the one inside panics, or asks the gateway for the time.
#[derive(Debug)]
pub(crate) struct GuardedClock<C> {
    inner: C,
    /// The last readings, in nanoseconds.
    monotonic: AtomicU64,
    unix: AtomicU64,
}

impl<C: Clock> GuardedClock<C> {
    pub(crate) fn new(inner: C) -> Self {
        Self {
            inner,
            monotonic: AtomicU64::new(0),
            unix: AtomicU64::new(0),
        }
    }

    fn ask(&self, last: &AtomicU64, read: impl FnOnce(&C) -> Duration) -> Duration {
        let read = || {
            let _inside = inside::mark_once(Inside::Clock)?;
            contain("of a clock", || read(&self.inner))
        };
        match read() {
            Some(now) => {
                last.store(nanoseconds(now), Ordering::Relaxed);
                now
            }
            None => Duration::from_nanos(last.load(Ordering::Relaxed)),
        }
    }
}

impl<C: Clock> Clock for GuardedClock<C> {
    fn monotonic(&self) -> Duration {
        self.ask(&self.monotonic, C::monotonic)
    }

    fn coarse(&self) -> Duration {
        self.ask(&self.monotonic, C::coarse)
    }

    fn unix_time(&self) -> Duration {
        self.ask(&self.unix, C::unix_time)
    }

    fn tell(&self, watcher: Weak<dyn Watcher>) -> Moves {
        let told = contain("of a clock", || self.inner.tell(watcher));
        told.unwrap_or(Moves::Untold)
    }
}

/// A source that tells of no pressure where the one inside panics, or asks the gateway what that asks it for.
#[derive(Debug)]
pub(crate) struct GuardedPressure<P>(pub(crate) P);

impl<P: PressureSource> PressureSource for GuardedPressure<P> {
    fn pressure(&self) -> Pressure {
        let ask = || {
            let _inside = inside::mark_once(Inside::Pressure)?;
            contain("of a pressure source", || self.0.pressure())
        };
        ask().unwrap_or(Pressure::None)
    }
}

/// A loader whose panics are errors, and whose libraries are guarded as well.
#[derive(Debug)]
pub(crate) struct GuardedLoader<L>(pub(crate) L);

// SAFETY: the libraries are those of the loader inside.
unsafe impl<L: Loader> Loader for GuardedLoader<L> {
    fn load(
        &self,
        module: &'static ModuleInfo,
        operations: Operations,
    ) -> Result<Box<dyn Library>, Error> {
        let panicked = |what: &str| Error::Start {
            module: module.name.to_owned(),
            message: format!("{what} panicked"),
        };
        let load = || self.0.load(module, operations);
        let library = contain("of a loader", load).ok_or_else(|| panicked("the loader"))??;
        // Asked here and now, while no lock is held.
        let ask = || (library.operations().into(), library.thread());
        let Some((operations, thread)) = contain("of a library", ask) else {
            // What it is made of may be in use by its own threads.
            std::mem::forget(library);
            return Err(panicked("its library"));
        };
        Ok(Box::new(GuardedLibrary {
            inner: library,
            operations,
            thread,
        }))
    }

    fn available(&self) -> Vec<String> {
        contain("of a loader", || self.0.available()).unwrap_or_default()
    }
}

#[derive(Debug)]
struct GuardedLibrary {
    inner: Box<dyn Library>,
    operations: Box<[OperationSlot]>,
    thread: Option<Arc<DedicatedThread>>,
}

impl GuardedLibrary {
    /// Asks what is asked while the module's books may be locked.
    fn ask<R>(&self, ask: impl FnOnce(&dyn Library) -> R) -> Option<R> {
        let _inside = inside::mark(Inside::Library);
        contain("of a library", || ask(&*self.inner))
    }
}

// SAFETY: it hands on what the library inside says; one that panicked on leaving is never said to be gone.
unsafe impl Library for GuardedLibrary {
    fn operations(&self) -> &[OperationSlot] {
        &self.operations
    }

    fn thread(&self) -> Option<Arc<DedicatedThread>> {
        self.thread.clone()
    }

    fn memory(&self) -> Memory {
        self.ask(|library| library.memory()).unwrap_or_default()
    }

    fn build(&self) -> Option<[u8; 32]> {
        self.ask(|library| library.build()).flatten()
    }

    fn trim(&self) {
        self.ask(|library| library.trim());
    }

    fn unload_unsafe(&self) -> Option<Arc<str>> {
        let asked = self.ask(|library| library.unload_unsafe());
        asked.unwrap_or_else(|| Some("its library panicked when it was asked whether it is".into()))
    }

    fn veto(&self) -> Option<String> {
        let asked = contain("of a library", || self.inner.veto());
        asked.unwrap_or_else(|| Some("its library panicked when it was asked".to_owned()))
    }

    fn busy(&self) -> Option<Busy> {
        let asked = self.ask(|library| library.busy());
        asked.unwrap_or_else(|| Some(unknown()))
    }

    fn busy_at_a_glance(&self) -> Option<Busy> {
        let asked = self.ask(|library| library.busy_at_a_glance());
        asked.unwrap_or_else(|| Some(unknown()))
    }

    fn is_held(&self) -> bool {
        // One that can't tell is not waited for: nothing says that it is ever let go.
        self.ask(|library| library.is_held()).unwrap_or(false)
    }

    fn leave(self: Box<Self>) -> Departure {
        let Self {
            inner,
            operations,
            thread,
        } = *self;
        match contain("of a library", || inner.leave()) {
            Some(Departure::Waits { library, holders }) => Departure::Waits {
                library: Box::new(Self {
                    inner: library,
                    operations,
                    thread,
                }),
                holders: Arc::new(GuardedHolders(holders)),
            },
            Some(Departure::Stuck { library, reason }) => Departure::Stuck {
                library: Box::new(Self {
                    inner: library,
                    operations: Box::default(),
                    thread: None,
                }),
                reason,
            },
            Some(gone @ (Departure::Unloaded { .. } | Departure::Leaked { .. })) => gone,
            None => Departure::Stuck {
                library: Box::new(Lost),
                reason: "its library panicked on leaving: what is left of it stays".to_owned(),
            },
        }
    }
}

/// What holds a sealed library. It is never said to be free when it can't tell.
#[derive(Debug)]
struct GuardedHolders(Arc<dyn Holders>);

impl Holders for GuardedHolders {
    fn release_here(&self) {
        contain("of a library", || self.0.release_here());
    }

    fn names(&self) -> Vec<String> {
        let _inside = inside::mark(Inside::Library);
        contain("of a library", || self.0.names()).unwrap_or_else(unknown_names)
    }
}

fn unknown_names() -> Vec<String> {
    vec!["unknown ones: its library panicked when it was asked".to_owned()]
}

/// What stands against unloading a module whose library can't tell.
fn unknown() -> Busy {
    Busy::new(BusyKind::Threads, unknown_names())
}

/// What is left of a library that panicked on leaving.
#[derive(Debug)]
struct Lost;

// SAFETY: it has no operations and never goes.
unsafe impl Library for Lost {
    fn operations(&self) -> &[OperationSlot] {
        &[]
    }

    fn memory(&self) -> Memory {
        Memory::default()
    }

    fn leave(self: Box<Self>) -> Departure {
        Departure::Stuck {
            library: self,
            reason: "it is lost".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pressure_source_that_panics_tells_of_no_pressure() {
        #[derive(Debug)]
        struct Panics;
        impl PressureSource for Panics {
            fn pressure(&self) -> Pressure {
                panic!("on purpose");
            }
        }
        assert_eq!(GuardedPressure(Panics).pressure(), Pressure::None);
        assert_eq!(inside::innermost(), None);
    }

    /// Leaves as it is told to, and panics when it is asked for its memory.
    #[derive(Debug)]
    struct Leaves {
        stuck: bool,
    }

    // SAFETY: it has no operations, and never says that it is gone.
    unsafe impl Library for Leaves {
        fn operations(&self) -> &[OperationSlot] {
            &[]
        }

        fn memory(&self) -> Memory {
            assert_eq!(inside::innermost(), Some(Inside::Library));
            panic!("on purpose");
        }

        fn is_held(&self) -> bool {
            inside::innermost() == Some(Inside::Library)
        }

        fn leave(self: Box<Self>) -> Departure {
            if self.stuck {
                let reason = "on purpose".to_owned();
                return Departure::Stuck {
                    library: self,
                    reason,
                };
            }
            Departure::Waits {
                library: self,
                holders: Arc::new(PanickingHolders),
            }
        }
    }

    #[derive(Debug)]
    struct PanickingHolders;

    impl Holders for PanickingHolders {
        fn release_here(&self) {
            panic!("on purpose");
        }

        fn names(&self) -> Vec<String> {
            panic!("on purpose");
        }
    }

    fn leave(stuck: bool) -> Departure {
        let library = GuardedLibrary {
            inner: Box::new(Leaves { stuck }),
            operations: Box::default(),
            thread: None,
        };
        Box::new(library).leave()
    }

    #[test]
    fn what_a_stuck_library_leaves_is_guarded_and_says_whether_it_is_held() {
        let Departure::Stuck { library, .. } = leave(true) else {
            panic!("it is stuck");
        };
        assert!(library.is_held());
        assert_eq!(library.memory(), Memory::default());
        let Departure::Stuck { library, .. } = library.leave() else {
            panic!("it is stuck again");
        };
        assert_eq!(library.memory(), Memory::default());
    }

    #[test]
    fn holders_that_panic_still_hold() {
        let Departure::Waits { library, holders } = leave(false) else {
            panic!("it waits");
        };
        holders.release_here();
        assert_eq!(holders.names(), unknown_names());
        assert_eq!(library.memory(), Memory::default());
        assert_eq!(inside::innermost(), None);
    }
}
