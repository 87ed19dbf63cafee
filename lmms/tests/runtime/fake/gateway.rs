//! A gateway to operations of this test, as `gateway!` would write it.

use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lmms::__private::{
    self as private, CallOutcome, Core, KeyBuilder, Kwargs, Pin, Row, Signature, Tables,
};
use lmms::registry::{Text, name_hash};
use lmms::{CacheInfo, CallError, Context, Gateway, ModuleInfo, Registry, Runtime};
use serde_json::Value;

pub const MODULES: usize = 12;
/// Each module has `double` (plain), `find` (cached) and `fail`.
pub const OPERATIONS: usize = 3;
pub const TTL: Duration = Duration::from_secs(300);

pub(super) type Double = fn(u64) -> CallOutcome<u64>;
pub(super) type Find = fn(&str) -> CallOutcome<Option<String>>;
pub(super) type Fail = fn(&str) -> CallOutcome<Result<String, String>>;

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

pub(super) fn double(number: u64) -> CallOutcome<u64> {
    if number == 13 {
        return CallOutcome::Panicked;
    }
    CallOutcome::Returned(ManuallyDrop::new(number * 2))
}

pub(super) fn find(name: &str) -> CallOutcome<Option<String>> {
    FIND_RUNS.fetch_add(1, Ordering::Relaxed);
    if name == ARMED_BY {
        arm();
    }
    let found = (name != "nobody").then(|| name.to_uppercase());
    CallOutcome::Returned(ManuallyDrop::new(found))
}

pub(super) fn fail(name: &str) -> CallOutcome<Result<String, String>> {
    let answer = if name.is_empty() {
        Err("no name".to_owned())
    } else {
        Ok(name.to_owned())
    };
    CallOutcome::Returned(ManuallyDrop::new(answer))
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

pub(super) const INTERFACES: [&str; MODULES] = [
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

    fn describe(_: usize, types: &mut private::FormSchema) {
        types.argument::<u64>();
        types.returned::<u64>();
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
