//! A loader and libraries that do as a test says.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use lmms::library::{
    Busy, DedicatedThread, Departure, Holders, Library, Loader, Memory, OperationSlot,
};
use lmms::{Error, ModuleInfo, Operations};

use super::gateway::{Double, Fail, Find, OPERATIONS, double, fail, find};

/// What a test says about one module, and what happened to it.
#[derive(Debug, Default)]
pub struct Script {
    pub load_error: Option<String>,
    pub load_panics: bool,
    pub veto: Option<String>,
    pub busy: Option<Busy>,
    /// It is busy only when asked again, as when something starts before the gate is sealed.
    pub busy_when_sealed: bool,
    /// It is busy only when asked first.
    pub busy_once: bool,
    pub retires: bool,
    /// Threads that hold it when it leaves; each release takes the last one away.
    pub holders: Vec<String>,
    pub heap: u64,
    pub dedicated: bool,
    pub build: Option<[u8; 32]>,
    /// Called while it is loaded, and while it leaves: as a log subscriber might be.
    pub meanwhile: Meanwhile,
    /// Called in the method of that name, which may not return.
    pub hooks: HashMap<&'static str, Meanwhile>,
    pub loads: u64,
    pub trims: u64,
    pub leaves: u64,
}

/// Something to do, and whether anything should be done.
#[derive(Clone, Default)]
pub struct Meanwhile(pub Option<Arc<dyn Fn() + Send + Sync>>);

impl std::fmt::Debug for Meanwhile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() {
            "something"
        } else {
            "nothing"
        })
    }
}

impl Meanwhile {
    fn run(&self) {
        if let Some(action) = &self.0 {
            action();
        }
    }
}

pub type Scripts = Arc<Mutex<HashMap<&'static str, Script>>>;

#[derive(Debug)]
pub struct FakeLoader {
    pub(super) scripts: Scripts,
    pub(super) left: std::sync::mpsc::Sender<&'static str>,
}

#[derive(Debug)]
struct FakeLibrary {
    name: &'static str,
    slots: Vec<OperationSlot>,
    scripts: Scripts,
    thread: Option<Arc<DedicatedThread>>,
    build: Option<[u8; 32]>,
    left: std::sync::mpsc::Sender<&'static str>,
}

unsafe fn drop_as<R>(result: *mut ()) {
    // SAFETY: the runtime hands an initialised result of the operation.
    unsafe { result.cast::<R>().drop_in_place() };
}

// SAFETY: a slot for each operation, with a function of its type that doesn't unwind.
unsafe impl Loader for FakeLoader {
    fn available(&self) -> Vec<String> {
        let scripts = self.scripts.lock().expect("no test panics with it");
        scripts.keys().map(|module| (*module).to_owned()).collect()
    }

    fn load(
        &self,
        module: &'static ModuleInfo,
        operations: Operations,
    ) -> Result<Box<dyn Library>, Error> {
        assert_eq!(operations.len(), OPERATIONS);
        let mut scripts = self.scripts.lock().expect("no test panics with it");
        let script = scripts.entry(module.name).or_default();
        if let Some(message) = &script.load_error {
            return Err(Error::Start {
                module: module.name.to_owned(),
                message: message.clone(),
            });
        }
        let panics = script.load_panics;
        script.loads += 1;
        let (dedicated, build) = (script.dedicated, script.build);
        let meanwhile = script.meanwhile.clone();
        drop(scripts);
        meanwhile.run();
        assert!(!panics, "on purpose");
        let slot = |thunk: *const (), drop_result: unsafe fn(*mut ())| {
            // SAFETY: a function of this test, and the destructor of its result.
            unsafe { OperationSlot::new(thunk, drop_result) }
        };
        Ok(Box::new(FakeLibrary {
            name: module.name,
            slots: vec![
                slot(double as Double as *const (), drop_as::<u64>),
                slot(fail as Fail as *const (), drop_as::<Result<String, String>>),
                slot(find as Find as *const (), drop_as::<Option<String>>),
            ],
            scripts: self.scripts.clone(),
            thread: dedicated.then(|| DedicatedThread::start(module.name).expect("a thread")),
            build,
            left: self.left.clone(),
        }))
    }
}

impl FakeLibrary {
    fn script<R>(&self, read: impl FnOnce(&mut Script) -> R) -> R {
        let mut scripts = self.scripts.lock().expect("no test panics with it");
        read(scripts.entry(self.name).or_default())
    }

    fn hook(&self, method: &str) {
        let hook = self.script(|script| script.hooks.get(method).cloned());
        hook.unwrap_or_default().run();
    }
}

// SAFETY: the slots stay in place; functions of this program never go.
unsafe impl Library for FakeLibrary {
    fn operations(&self) -> &[OperationSlot] {
        self.hook("operations");
        &self.slots
    }

    fn thread(&self) -> Option<Arc<DedicatedThread>> {
        self.thread.clone()
    }

    fn memory(&self) -> Memory {
        self.hook("memory");
        Memory {
            mapped: 1000,
            heap: self.script(|script| script.heap),
        }
    }

    fn build(&self) -> Option<[u8; 32]> {
        self.build
    }

    fn trim(&self) {
        self.hook("trim");
        self.script(|script| script.trims += 1);
    }

    fn unload_unsafe(&self) -> Option<Arc<str>> {
        self.hook("unload_unsafe");
        None
    }

    fn veto(&self) -> Option<String> {
        self.hook("veto");
        self.script(|script| script.veto.clone())
    }

    fn busy(&self) -> Option<Busy> {
        self.hook("busy");
        self.script(|script| {
            if std::mem::take(&mut script.busy_when_sealed) {
                return None;
            }
            if std::mem::take(&mut script.busy_once) {
                return script.busy.take();
            }
            script.busy.clone()
        })
    }

    fn leave(self: Box<Self>) -> Departure {
        self.hook("leave");
        self.script(|script| script.meanwhile.clone()).run();
        let (retires, held) = self.script(|script| {
            script.leaves += 1;
            (script.retires, !script.holders.is_empty())
        });
        if held {
            let (name, scripts) = (self.name, self.scripts.clone());
            return Departure::Waits {
                library: self,
                holders: Arc::new(FakeHolders { name, scripts }),
            };
        }
        let _ = self.left.send(self.name);
        if retires {
            return Departure::Stuck {
                library: self,
                reason: "stuck".to_owned(),
            };
        }
        Departure::Unloaded { bytes: 1234 }
    }
}

#[derive(Debug)]
struct FakeHolders {
    name: &'static str,
    scripts: Scripts,
}

impl Holders for FakeHolders {
    fn release_here(&self) {
        let mut scripts = self.scripts.lock().expect("no test panics with it");
        scripts.entry(self.name).or_default().holders.pop();
    }

    fn names(&self) -> Vec<String> {
        let mut scripts = self.scripts.lock().expect("no test panics with it");
        scripts.entry(self.name).or_default().holders.clone()
    }
}
