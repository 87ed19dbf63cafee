//! A gateway to 1,000 modules that are no files.

use std::ops::Deref;

use lmms::__private::{Core, FormSchema, Kwargs, Tables};
use lmms::clock::ManualClock;
use lmms::library::{Departure, Library, Loader, Memory, OperationSlot};
use lmms::{Builder, CallError, Error, Gateway, ModuleInfo, Operations, Policy, Registry, Runtime};
use serde_json::Value;

/// How many.
pub const MODULES: usize = 1000;

/// A gateway whose modules have no operations.
#[derive(Debug)]
pub struct Crowd(Core);

const LETTERS: [[u8; 4]; MODULES] = {
    let mut names = [*b"m000"; MODULES];
    let mut index = 0;
    while index < MODULES {
        names[index][1] = b'0' + (index / 100) as u8;
        names[index][2] = b'0' + (index / 10 % 10) as u8;
        names[index][3] = b'0' + (index % 10) as u8;
        index += 1;
    }
    names
};

static NAMES: [[u8; 4]; MODULES] = LETTERS;

static TABLE: [ModuleInfo; MODULES] = {
    let mut modules = [const {
        ModuleInfo {
            name: "",
            entry: "",
            first: 0,
            count: 0,
            pinned: false,
        }
    }; MODULES];
    let mut index = 0;
    while index < MODULES {
        modules[index].name = match str::from_utf8(&NAMES[index]) {
            Ok(name) => name,
            Err(_) => "",
        };
        index += 1;
    }
    modules
};

static REGISTRY: Registry = Registry {
    gateway: "Crowd",
    modules: &TABLE,
    tables: Tables {
        text: "",
        rows: &[],
        fingerprints: &[],
        details: &[],
        names: &[0; 2],
        caches: &[],
    },
};

// SAFETY: no operation is in the tables.
unsafe impl Gateway for Crowd {
    const REGISTRY: &'static Registry = &REGISTRY;

    unsafe fn from_core(core: Core) -> Self {
        Self(core)
    }

    fn core(&self) -> &Core {
        &self.0
    }

    fn describe(_: usize, _: &mut FormSchema) {}

    fn by_name(&self, _: &mut Kwargs) -> Result<Value, CallError<Value>> {
        Ok(Value::Null)
    }
}

impl Deref for Crowd {
    type Target = Runtime;

    fn deref(&self) -> &Runtime {
        self.0.runtime()
    }
}

#[derive(Debug)]
struct Nothing;

// SAFETY: these modules have no operations.
unsafe impl Loader for Nothing {
    fn load(&self, _: &'static ModuleInfo, _: Operations) -> Result<Box<dyn Library>, Error> {
        Ok(Box::new(Self))
    }
}

// SAFETY: as above.
unsafe impl Library for Nothing {
    fn operations(&self) -> &[OperationSlot] {
        &[]
    }

    fn memory(&self) -> Memory {
        Memory {
            mapped: 1000,
            heap: 1000,
        }
    }

    fn leave(self: Box<Self>) -> Departure {
        Departure::Unloaded { bytes: 2000 }
    }
}

/// All modules loaded, on a clock that is moved by hand.
pub fn open() -> Result<(Crowd, ManualClock), Error> {
    let clock = ManualClock::new();
    let crowd = Builder::<Crowd>::new()
        .loader(Nothing)
        .policy(Policy::default().max_resident(MODULES).heed_pressure(false))
        .clock(clock.clone())
        .open()?;
    for module in &TABLE {
        crowd.load(module.name)?;
    }
    Ok((crowd, clock))
}
