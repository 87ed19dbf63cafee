//! Loading and unloading under the model checker, together with the shipped protection: every order
//! of events that the memory model allows, up to a number of preemptions.
//!
//! Worlds are shared by `std`'s `Arc`: loom's would add orders of drops, and abort the process where a model comes to a
//! deadlock.
//!
//! `cargo xtask model`

use loom::thread;

use super::*;
use crate::host::life::library::{Busy, BusyKind, Departure, Holders, Memory};
use crate::host::protection::{Barrier, OperationSlot, ThreadBlock};

static INFO: ModuleInfo = ModuleInfo {
    name: "modelled",
    entry: "",
    first: 0,
    count: 1,
    pinned: false,
};

unsafe fn drop_nothing(_: *mut ()) {}

/// The memory of a loaded copy. The model keeps it, so that a caller that comes too late can tell.
#[derive(Debug)]
struct Image {
    /// 1 while it is mapped.
    mapped: AtomicU64,
    slot: [OperationSlot; 1],
}

/// A loaded copy.
#[derive(Debug)]
struct Copy {
    image: Arc<Image>,
    held: Option<Arc<Held>>,
}

/// What threads hold of a copy: so many thread-locals, of which so many are just being destroyed.
#[derive(Debug)]
struct Held {
    pending: AtomicU64,
    letting_go: AtomicU64,
}

impl Held {
    fn by(threads: u64) -> Self {
        Self {
            pending: AtomicU64::new(threads),
            letting_go: AtomicU64::new(0),
        }
    }
}

impl Holders for Held {
    fn release_here(&self) {
        self.letting_go.fetch_add(1, Ordering::SeqCst);
        // A thread that holds nothing comes by as well.
        let one_less = |pending: u64| pending.checked_sub(1);
        let order = Ordering::SeqCst;
        let _ = self.pending.fetch_update(order, order, one_less);
        self.letting_go.fetch_sub(1, Ordering::SeqCst);
    }

    fn names(&self) -> Vec<String> {
        let pending = self.pending.load(Ordering::SeqCst);
        let letting_go = self.letting_go.load(Ordering::SeqCst);
        (0..pending + letting_go)
            .map(|holder| holder.to_string())
            .collect()
    }
}

// SAFETY: a slot in place that nothing calls through.
unsafe impl Library for Copy {
    fn operations(&self) -> &[OperationSlot] {
        &self.image.slot
    }

    fn memory(&self) -> Memory {
        Memory::default()
    }

    fn busy(&self) -> Option<Busy> {
        let threads = self.held.as_ref()?.names();
        (!threads.is_empty()).then(|| Busy::new(BusyKind::ThreadLocals, threads).ending(true))
    }

    fn leave(self: Box<Self>) -> Departure {
        if let Some(held) = &self.held
            && !held.names().is_empty()
        {
            let holders = held.clone();
            return Departure::Waits {
                library: self,
                holders,
            };
        }
        assert_eq!(
            self.image.mapped.swap(0, Ordering::Relaxed),
            1,
            "unloaded only once"
        );
        Departure::Unloaded { bytes: 1 }
    }
}

/// One module and all copies that were ever loaded of it.
struct World {
    protection: Protection,
    policy: Policy,
    module: ModuleCell,
    copies: std::sync::Mutex<Vec<Arc<Image>>>,
    held: Option<Arc<Held>>,
}

impl World {
    fn new(barrier: Barrier, held: Option<Arc<Held>>) -> Arc<Self> {
        let policy = Policy::default();
        Arc::new(Self {
            protection: Protection::with_barrier(1, barrier),
            module: ModuleCell::new(&INFO, 0),
            policy,
            copies: std::sync::Mutex::default(),
            held,
        })
    }

    fn load(&self) -> Box<dyn Library> {
        let image = Arc::new_cyclic(|image: &std::sync::Weak<Image>| Image {
            mapped: AtomicU64::new(1),
            slot: [OperationSlot {
                thunk: image.as_ptr().cast(),
                drop_result: drop_nothing,
            }],
        });
        let mut copies = self.copies.lock().expect("nothing panics with it");
        // The first copy is held, those that follow are not.
        let held = self.held.clone().filter(|_| copies.is_empty());
        copies.push(image.clone());
        Box::new(Copy { image, held })
    }

    /// A call: what `Runtime::enter` does, on a thread whose block is handed in.
    fn call(&self, block: &ThreadBlock) {
        loop {
            if let Some(inside) = self.protection.enter_on(block, 0) {
                // SAFETY: the module has one operation.
                let slot = unsafe { inside.operation(0) };
                // SAFETY: `World::copies` keeps all images.
                let image = unsafe { &*slot.thunk.cast::<Image>() };
                let mapped = image.mapped.load(Ordering::Relaxed);
                assert_eq!(mapped, 1, "inside an unloaded copy");
                return;
            }
            self.module
                .ensure_loaded(
                    &self.protection,
                    &self.policy,
                    || Duration::ZERO,
                    || Ok(self.load()),
                )
                .expect("it loads");
        }
    }

    fn unload(&self) -> UnloadOutcome {
        self.module
            .unload(&self.protection, Asked::ByHand, || Duration::ZERO)
    }

    fn mapped(&self) -> u64 {
        let copies = self.copies.lock().expect("nothing panics with it");
        copies
            .iter()
            .map(|image| image.mapped.load(Ordering::SeqCst))
            .sum()
    }
}

fn model(preemptions: usize, run: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(run);
}

fn callers_and_an_unloader(barrier: Barrier, preemptions: usize) {
    model(preemptions, move || {
        let world = World::new(barrier, None);
        let callers: Vec<_> = (0..2)
            .map(|_| {
                let world = world.clone();
                let block = world.protection.adopt_block();
                thread::spawn(move || world.call(&block))
            })
            .collect();
        world.unload();
        for caller in callers {
            caller.join().expect("it was answered by a mapped copy");
        }
        assert_eq!(world.protection.references(0), 0);
        let resident = world.module.life().state() == State::Resident;
        assert_eq!(world.mapped(), u64::from(resident));
        let last = world.unload();
        assert_eq!(world.mapped(), 0, "{last}");
    });
}

#[test]
fn callers_always_find_a_mapped_copy_and_none_is_forgotten() {
    callers_and_an_unloader(Barrier::Fences, 3);
}

/// The control: the model sees that the barrier is needed.
#[test]
#[should_panic(expected = "inside an unloaded copy")]
fn a_missing_barrier_is_seen_in_the_whole_too() {
    callers_and_an_unloader(Barrier::Missing, 3);
}

#[test]
fn of_two_unloaders_one_is_told_that_the_other_is_at_it() {
    // Whether the other was at it, or done, in some order of events.
    let told = Arc::new(std::sync::Mutex::new([false; 2]));
    let tells = told.clone();
    model(3, move || {
        let world = World::new(Barrier::Fences, None);
        world.call(&world.protection.adopt_block());
        let other = {
            let world = world.clone();
            thread::spawn(move || world.unload())
        };
        let outcomes = [world.unload(), other.join().expect("it only asks")];
        let [seen_at_it, seen_done] = &mut *tells.lock().expect("nothing panics with it");
        let refusals = world.module.life().history.refusals;
        match &outcomes {
            [UnloadOutcome::Unloaded { .. }, second] | [second, UnloadOutcome::Unloaded { .. }] => {
                match second {
                    UnloadOutcome::Refused {
                        reason: Refusal::InTransition,
                    } => {
                        assert_eq!(refusals, 1);
                        *seen_at_it = true;
                    }
                    UnloadOutcome::NotResident => {
                        assert_eq!(refusals, 0);
                        *seen_done = true;
                    }
                    other => panic!("{other:?}"),
                }
            }
            none => panic!("{none:?}"),
        }
        assert_eq!(world.mapped(), 0);
        // Neither has left anything behind that a caller would wait for.
        world.call(&world.protection.adopt_block());
        assert_eq!(world.mapped(), 1);
    });
    assert_eq!(*told.lock().expect("nothing panics with it"), [true; 2]);
}

/// A caller that finds the gate closed, by either of them, is woken and served.
#[test]
fn two_unloaders_leave_no_caller_waiting() {
    model(2, || {
        let world = World::new(Barrier::Fences, None);
        world.call(&world.protection.adopt_block());
        let other = {
            let world = world.clone();
            thread::spawn(move || drop(world.unload()))
        };
        let caller = {
            let world = world.clone();
            let block = world.protection.adopt_block();
            thread::spawn(move || world.call(&block))
        };
        world.unload();
        other.join().expect("it only asks");
        caller.join().expect("it was answered by a mapped copy");
        let resident = world.module.life().state() == State::Resident;
        assert_eq!(world.mapped(), u64::from(resident));
    });
}

#[test]
fn a_copy_that_waits_for_threads_is_unloaded_by_the_last_of_them() {
    model(3, || {
        let held = Arc::new(Held::by(1));
        let world = World::new(Barrier::Fences, Some(held));
        world.call(&world.protection.adopt_block());
        assert!(matches!(world.unload(), UnloadOutcome::Waiting { .. }));
        let others: Vec<_> = (0..2)
            .map(|_| {
                let world = world.clone();
                thread::spawn(move || world.module.release_waiting_copies().len())
            })
            .collect();
        // Meanwhile a fresh copy serves.
        world.call(&world.protection.adopt_block());
        let unloaded: usize = others
            .into_iter()
            .map(|other| other.join().expect("it lets go"))
            .sum();
        assert_eq!(unloaded, 1, "by one of them");
        assert_eq!(world.mapped(), 1, "the fresh copy");
    });
}
