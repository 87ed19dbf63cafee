//! What one writes by hand around `libloading` to be able to unload a library some day.

#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use arc_swap::ArcSwap;

use super::{Add, Scatter, libloading, plain};

/// A library and its functions: whoever holds an `Arc` of it keeps it loaded.
#[derive(Debug)]
pub struct Loaded {
    pub(super) add: Add,
    pub(super) scatter: Scatter,
    _library: libloading::Library,
}

impl Loaded {
    pub(super) fn open() -> Result<Self, String> {
        let library = libloading("librival_plain.so")?;
        let (add, scatter) = plain(&library)?;
        let (add, scatter) = (*add, *scatter);
        Ok(Self {
            add,
            scatter,
            _library: library,
        })
    }
}

/// Every call clones an `Arc` of the library and drops it behind the call.
#[derive(Debug)]
pub struct Counted(Arc<Loaded>);

impl Counted {
    /// Opens the library.
    pub fn open() -> Result<Self, String> {
        Ok(Self(Arc::new(Loaded::open()?)))
    }

    /// Calls `add`.
    #[inline(always)]
    pub fn add(&self, left: u64, right: u64) -> u64 {
        let held = self.0.clone();
        (held.add)(left, right)
    }

    /// Calls `scatter`.
    #[inline(always)]
    pub fn scatter(&self, seed: u64) -> u64 {
        let held = self.0.clone();
        (held.scatter)(seed)
    }
}

/// Every call takes a guard of an `ArcSwap`, which whoever unloads would empty.
#[derive(Debug)]
pub struct Swapped(ArcSwap<Loaded>);

impl Swapped {
    /// Opens the library.
    pub fn open() -> Result<Self, String> {
        Ok(Self(ArcSwap::from_pointee(Loaded::open()?)))
    }

    /// Calls `add`.
    #[inline(always)]
    pub fn add(&self, left: u64, right: u64) -> u64 {
        (self.0.load().add)(left, right)
    }

    /// Calls `scatter`.
    #[inline(always)]
    pub fn scatter(&self, seed: u64) -> u64 {
        (self.0.load().scatter)(seed)
    }
}

/// A map of loaded libraries behind a lock, with a reference count and the time of the last use:
/// the original's gateway, as one would write it in Rust.
#[derive(Debug)]
pub struct Locked(RwLock<HashMap<String, Entry>>);

#[derive(Debug)]
struct Entry {
    library: Arc<Loaded>,
    references: AtomicU64,
    last_used: Mutex<Instant>,
}

impl Locked {
    /// Opens the library.
    pub fn open() -> Result<Self, String> {
        let entry = Entry {
            library: Arc::new(Loaded::open()?),
            references: AtomicU64::new(0),
            last_used: Mutex::new(Instant::now()),
        };
        Ok(Self(RwLock::new(HashMap::from([(
            "probe".to_owned(),
            entry,
        )]))))
    }

    /// Calls `add` of a module.
    pub fn add(&self, module: &str, left: u64, right: u64) -> Option<u64> {
        self.call(module, |library| (library.add)(left, right))
    }

    /// Calls `scatter` of a module.
    pub fn scatter(&self, module: &str, seed: u64) -> Option<u64> {
        self.call(module, |library| (library.scatter)(seed))
    }

    fn call(&self, module: &str, call: impl FnOnce(&Loaded) -> u64) -> Option<u64> {
        let modules = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let entry = modules.get(module)?;
        entry.references.fetch_add(1, Ordering::AcqRel);
        let library = entry.library.clone();
        let result = call(&library);
        *entry
            .last_used
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Instant::now();
        entry.references.fetch_sub(1, Ordering::AcqRel);
        Some(result)
    }
}
