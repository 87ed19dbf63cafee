//! Modules that are no files: functions of this test behind the loader's seam.

use lmms::__private::{
    self as private, Core, KeyBuilder, Kwargs, Outcome, Pin, Row, Signature, Tables,
};
use lmms::clock::ManualClock;
use lmms::decision::Pressure;
use lmms::library::{
    Busy, DedicatedThread, Departure, Holders, Library, Loader, Memory, OperationSlot,
};
use lmms::pressure::PressureSource;
use lmms::registry::{Text, name_hash};
use lmms::{
    Builder, CacheInfo, CallError, Context, Error, Gateway, ModuleInfo, Operations, Policy,
    Registry, Runtime,
};
use serde_json::Value;

use std::cell::Cell;
use std::collections::HashMap;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub const MODULES: usize = 12;
/// Each module has `double` (plain), `find` (cached) and `fail`.
pub const OPERATIONS: usize = 3;
pub const TTL: Duration = Duration::from_secs(300);

type Double = fn(u64) -> Outcome<u64>;
type Find = fn(&str) -> Outcome<Option<String>>;
type Fail = fn(&str) -> Outcome<Result<String, String>>;

static FIND_RUNS: AtomicU64 = AtomicU64::new(0);

/// A name that `find` remembers on its thread: see [`was_armed`].
pub const ARMED_BY: &str = "armed";

thread_local!(static ARMED: Cell<bool> = const { Cell::new(false) });

/// As if `find` had been asked for [`ARMED_BY`] on this thread.
pub fn arm() {
    ARMED.set(true);
}

/// Whether `find` was asked for [`ARMED_BY`] on this thread since the last time.
pub fn was_armed() -> bool {
    ARMED.take()
}

fn double(number: u64) -> Outcome<u64> {
    if number == 13 {
        return Outcome::Panicked;
    }
    Outcome::Returned(ManuallyDrop::new(number * 2))
}

fn find(name: &str) -> Outcome<Option<String>> {
    FIND_RUNS.fetch_add(1, Ordering::Relaxed);
    if name == ARMED_BY {
        arm();
    }
    let found = (name != "nobody").then(|| name.to_uppercase());
    Outcome::Returned(ManuallyDrop::new(found))
}

fn fail(name: &str) -> Outcome<Result<String, String>> {
    let answer = if name.is_empty() {
        Err("no name".to_owned())
    } else {
        Ok(name.to_owned())
    };
    Outcome::Returned(ManuallyDrop::new(answer))
}

/// What the operations' names and parameters are made of.
const TEXT: &str = "m00m01m02m03m04m05m06m07m08m09m10m11doublefailfindnumberu64";

const fn place(start: u32, length: u32) -> Text {
    [start, start + length]
}

/// Three details of each operation, which are empty, and a parameter.
const DETAILS: [Text; 5] = [
    place(0, 0),
    place(0, 0),
    place(0, 0),
    place(50, 6),
    place(56, 3),
];

const NAME_PLACES: [Text; OPERATIONS] = [place(36, 6), place(42, 4), place(46, 4)];

const OPERATION_NAMES: [&str; OPERATIONS] = ["double", "fail", "find"];

const fn operation(module: usize, slot: usize) -> Row {
    Row {
        interface: place(3 * module as u32, 3),
        name: NAME_PLACES[slot],
        module: module as u32,
        details: 0,
        cache: slot as u32,
        form: 0,
        parameters: (slot == 0) as u16,
        optional: 0,
        pinned: module == PINNED && slot == 0,
        context: false,
        deprecated: false,
        hidden: false,
    }
}

const CACHES: [CacheInfo; 2] = [
    CacheInfo {
        ttl: TTL,
        share: private::share::<Result<String, String>>,
        view: private::view::<Result<String, String>>,
    },
    CacheInfo {
        ttl: TTL,
        share: private::share::<Option<String>>,
        view: private::view::<Option<String>>,
    },
];

const FINGERPRINTS: [[u64; Tables::PIECE]; 2] = {
    let mut fingerprints = [[0; Tables::PIECE]; 2];
    let mut index = 0;
    while index < MODULES * OPERATIONS {
        let interface = INTERFACES[index / OPERATIONS];
        let name = OPERATION_NAMES[index % OPERATIONS];
        fingerprints[index / Tables::PIECE][index % Tables::PIECE] =
            Signature::new(interface, name, false).result(<u64 as lmms::Portable>::SHAPE);
        index += 1;
    }
    fingerprints
};

/// The module with a pinned operation.
pub const PINNED: usize = 11;

const INTERFACES: [&str; MODULES] = [
    "m00", "m01", "m02", "m03", "m04", "m05", "m06", "m07", "m08", "m09", "m10", "m11",
];

const MODULE_TABLE: [ModuleInfo; MODULES] = {
    let mut modules = [const {
        ModuleInfo {
            name: "",
            entry: "",
            first: 0,
            count: OPERATIONS as u32,
            pinned: false,
        }
    }; MODULES];
    let mut index = 0;
    while index < MODULES {
        modules[index].name = INTERFACES[index];
        modules[index].first = (index * OPERATIONS) as u32;
        modules[index].pinned = index == PINNED;
        index += 1;
    }
    modules
};

const OPERATION_TABLE: [Row; MODULES * OPERATIONS] = {
    let mut operations = [const { operation(0, 0) }; MODULES * OPERATIONS];
    let mut index = 0;
    while index < MODULES * OPERATIONS {
        operations[index] = operation(index / OPERATIONS, index % OPERATIONS);
        index += 1;
    }
    operations
};

const CAPACITY: usize = 128;

const NAMES: [u32; CAPACITY] = {
    let mut slots = [0; CAPACITY];
    let mut index = 0;
    while index < MODULES * OPERATIONS {
        let interface = INTERFACES[index / OPERATIONS];
        let hash = name_hash(interface, OPERATION_NAMES[index % OPERATIONS]);
        let mut slot = (hash ^ hash >> 32) as usize & (CAPACITY - 1);
        while slots[slot] != 0 {
            slot = (slot + 1) & (CAPACITY - 1);
        }
        slots[slot] = index as u32 + 1;
        index += 1;
    }
    slots
};

#[derive(Debug)]
pub struct Fakes {
    core: Core,
}

// SAFETY: the tables fit together, and each operation has the cache functions of its result.
unsafe impl Gateway for Fakes {
    const REGISTRY: &'static Registry = &Registry {
        gateway: "Fakes",
        modules: &MODULE_TABLE,
        tables: Tables {
            text: TEXT,
            rows: &OPERATION_TABLE,
            fingerprints: &FINGERPRINTS,
            details: &DETAILS,
            names: &NAMES,
            caches: &CACHES,
        },
    };

    unsafe fn from_core(core: Core) -> Self {
        Self { core }
    }

    fn core(&self) -> &Core {
        &self.core
    }

    fn by_name(&self, kwargs: &mut Kwargs) -> Result<Value, CallError<Value>> {
        let operation = kwargs.operation().index();
        assert_eq!(
            operation % OPERATIONS,
            0,
            "only `double` is called by name here"
        );
        let number: u64 = kwargs.argument()?;
        kwargs.finish()?;
        private::json(self.double_of(operation / OPERATIONS, number))
    }
}

impl Deref for Fakes {
    type Target = Runtime;

    fn deref(&self) -> &Runtime {
        self.core.runtime()
    }
}

macro_rules! per_module {
    ($self:ident, $module:ident, $call:ident::<$slot:literal, $t:ty, $r:ty>($($arg:expr),*)) => {
        // SAFETY: slots and types are those of the fake libraries below.
        unsafe {
            match $module {
                0 => private::$call::<0, $slot, $t, $r>(&$self.core, $($arg),*),
                1 => private::$call::<1, $slot, $t, $r>(&$self.core, $($arg),*),
                2 => private::$call::<2, $slot, $t, $r>(&$self.core, $($arg),*),
                3 => private::$call::<3, $slot, $t, $r>(&$self.core, $($arg),*),
                4 => private::$call::<4, $slot, $t, $r>(&$self.core, $($arg),*),
                5 => private::$call::<5, $slot, $t, $r>(&$self.core, $($arg),*),
                6 => private::$call::<6, $slot, $t, $r>(&$self.core, $($arg),*),
                7 => private::$call::<7, $slot, $t, $r>(&$self.core, $($arg),*),
                8 => private::$call::<8, $slot, $t, $r>(&$self.core, $($arg),*),
                9 => private::$call::<9, $slot, $t, $r>(&$self.core, $($arg),*),
                10 => private::$call::<10, $slot, $t, $r>(&$self.core, $($arg),*),
                _ => private::$call::<11, $slot, $t, $r>(&$self.core, $($arg),*),
            }
        }
    };
}

impl Fakes {
    pub fn core(&self) -> &Core {
        &self.core
    }

    pub fn double_of(&self, module: usize, number: u64) -> Result<u64, CallError> {
        let invoke = |thunk: Double, _: &Context| thunk(number);
        per_module!(self, module, call::<0, Double, u64>(invoke))
    }

    pub fn find_in(&self, module: usize, name: &str) -> Result<Option<String>, CallError> {
        let operation = module * OPERATIONS + 2;
        let key = |key: &mut KeyBuilder| key.text(name);
        let invoke = |thunk: Find, _: &Context| thunk(name);
        per_module!(
            self,
            module,
            call_cached::<2, Find, Option<String>>(operation, key, invoke)
        )
    }

    pub fn fail_in(&self, module: usize, name: &str) -> Result<String, CallError<String>> {
        let operation = module * OPERATIONS + 1;
        let key = |key: &mut KeyBuilder| key.text(name);
        let invoke = |thunk: Fail, _: &Context| thunk(name);
        private::answer(per_module!(
            self,
            module,
            call_cached::<1, Fail, Result<String, String>>(operation, key, invoke)
        ))
    }

    pub fn pin(&self, module: usize) -> Pin<'_> {
        Pin::new(&self.core, module).expect("fakes load")
    }
}

/// How many times `find` has run in this process.
pub fn find_runs() -> u64 {
    FIND_RUNS.load(Ordering::Relaxed)
}

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
    scripts: Scripts,
    left: std::sync::mpsc::Sender<&'static str>,
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
            return Departure::Retired {
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

/// A source of pressure that a test turns on.
#[derive(Clone, Debug, Default)]
pub struct ManualPressure(pub Arc<AtomicBool>);

impl PressureSource for ManualPressure {
    fn pressure(&self) -> Pressure {
        if self.0.load(Ordering::Relaxed) {
            Pressure::High
        } else {
            Pressure::None
        }
    }
}

/// A gateway on fakes, with all that moves it.
pub struct Stage {
    pub fakes: Fakes,
    pub clock: ManualClock,
    pub scripts: Scripts,
    pub pressure: ManualPressure,
    pub left: std::sync::mpsc::Receiver<&'static str>,
}

impl Stage {
    pub fn new(policy: Policy) -> Self {
        Self::build(policy, |builder, clock| builder.clock(clock.clone()))
    }

    pub fn build(
        policy: Policy,
        configure: impl FnOnce(Builder<Fakes>, &ManualClock) -> Builder<Fakes>,
    ) -> Self {
        let clock = ManualClock::new();
        let scripts = Scripts::default();
        let pressure = ManualPressure::default();
        let (sender, left) = std::sync::mpsc::channel();
        let builder = Builder::<Fakes>::new()
            .loader(FakeLoader {
                scripts: scripts.clone(),
                left: sender,
            })
            .pressure(pressure.clone())
            .policy(policy);
        let fakes = configure(builder, &clock)
            .open()
            .expect("no file is needed");
        Self {
            fakes,
            clock,
            scripts,
            pressure,
            left,
        }
    }

    pub fn script(&self, module: usize, write: impl FnOnce(&mut Script)) {
        let mut scripts = self.scripts.lock().expect("no test panics with it");
        write(scripts.entry(INTERFACES[module]).or_default());
    }

    pub fn loads(&self, module: usize) -> u64 {
        let scripts = self.scripts.lock().expect("no test panics with it");
        scripts
            .get(INTERFACES[module])
            .map_or(0, |script| script.loads)
    }

    pub fn trims(&self, module: usize) -> u64 {
        let scripts = self.scripts.lock().expect("no test panics with it");
        scripts
            .get(INTERFACES[module])
            .map_or(0, |script| script.trims)
    }

    pub fn resident(&self, module: usize) -> bool {
        self.fakes
            .is_resident(INTERFACES[module])
            .expect("the module exists")
    }

    pub fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}
