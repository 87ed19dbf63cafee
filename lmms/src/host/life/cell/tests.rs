//! What unwinds out of a loader or a library leaves the module as usable as before. A gateway's are guarded, so that
//! this is about guards behind guards.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::channel;
use std::thread;

use super::*;
use crate::host::life::library::{Departure, Memory};
use crate::host::protection::OperationSlot;
use crate::host::registry::ModuleInfo;

static INFO: ModuleInfo = ModuleInfo {
    name: "tested",
    entry: "",
    first: 0,
    count: 1,
    pinned: false,
};

unsafe fn drop_nothing(_: *mut ()) {}

/// A library that panics in one method until it is told not to.
#[derive(Debug)]
struct Panics {
    slot: [OperationSlot; 1],
    method: Arc<Mutex<Option<&'static str>>>,
}

impl Panics {
    fn reached(&self, method: &str) {
        let panics = *self.method.lock().expect("nothing panics with it") == Some(method);
        assert!(!panics, "on purpose");
    }
}

// SAFETY: a slot in place that nothing calls through.
unsafe impl Library for Panics {
    fn operations(&self) -> &[OperationSlot] {
        &self.slot
    }

    fn memory(&self) -> Memory {
        Memory::default()
    }

    fn unload_unsafe(&self) -> Option<Arc<str>> {
        self.reached("unload_unsafe");
        None
    }

    fn veto(&self) -> Option<String> {
        self.reached("veto");
        None
    }

    fn busy_at_a_glance(&self) -> Option<Busy> {
        self.reached("busy_at_a_glance");
        None
    }

    fn busy(&self) -> Option<Busy> {
        self.reached("busy");
        None
    }

    fn leave(self: Box<Self>) -> Departure {
        Departure::Unloaded { bytes: 1 }
    }
}

struct World {
    protection: Protection,
    module: ModuleCell,
    method: Arc<Mutex<Option<&'static str>>>,
}

impl World {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            protection: Protection::new(1),
            module: ModuleCell::new(&INFO, 0),
            method: Arc::default(),
        })
    }

    fn new_library(&self) -> Box<dyn Library> {
        let slot = OperationSlot {
            thunk: std::ptr::null(),
            drop_result: drop_nothing,
        };
        Box::new(Panics {
            slot: [slot],
            method: self.method.clone(),
        })
    }

    fn load(&self, load: impl FnOnce() -> Result<Box<dyn Library>, Error>) -> Result<(), Error> {
        let (policy, now) = (Policy::default(), || Duration::ZERO);
        let loaded = self
            .module
            .ensure_loaded(&self.protection, &policy, now, load);
        loaded.map(drop)
    }

    fn unload(&self) -> UnloadOutcome {
        let now = || Duration::ZERO;
        self.module.unload(&self.protection, Asked::ByHand, now)
    }
}

/// Runs `act` on a thread of its own, which has to end.
#[track_caller]
fn in_time<R: Send + 'static>(act: impl FnOnce() -> R + Send + 'static) -> R {
    let (tell, told) = channel();
    thread::spawn(move || tell.send(act()));
    told.recv_timeout(Duration::from_secs(60))
        .expect("it neither hangs nor panics")
}

#[test]
fn a_load_that_unwinds_is_tried_again_by_those_who_wait_for_it() {
    let world = World::new();
    let (waits, waited) = (world.clone(), world.clone());
    let (begun, begins) = channel();
    let first = thread::spawn(move || {
        waited.load(|| {
            begun.send(()).expect("the test waits for it");
            while waited.module.life().callers_waiting == 0 {
                thread::yield_now();
            }
            panic!("on purpose")
        })
    });
    begins.recv().expect("it begins");
    let second = in_time(move || waits.load(|| Ok(waits.new_library())).is_ok());
    assert!(first.join().is_err(), "the panic is the loader's");
    assert!(second);
    assert_eq!(world.module.life().state(), State::Resident);
}

#[test]
fn an_unload_that_unwinds_leaves_the_module_loaded_and_its_gate_open() {
    for method in ["unload_unsafe", "veto", "busy_at_a_glance", "busy"] {
        let world = World::new();
        world.load(|| Ok(world.new_library())).expect("it loads");
        *world.method.lock().expect("nothing panics with it") = Some(method);
        let unloaded = catch_unwind(AssertUnwindSafe(|| world.unload()));
        assert!(unloaded.is_err(), "{method}");
        assert_eq!(world.module.life().state(), State::Resident, "{method}");
        assert!(world.protection.is_open(0), "{method}: its gate is closed");
        let calls = world.clone();
        let again = move || calls.load(|| panic!("it is loaded")).is_ok();
        assert!(in_time(again), "{method}");
        *world.method.lock().expect("nothing panics with it") = None;
        let outcome = world.unload();
        let gone = matches!(outcome, UnloadOutcome::Unloaded { .. });
        assert!(gone, "{method}: {outcome}");
    }
}
