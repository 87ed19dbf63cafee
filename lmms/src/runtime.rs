//! The runtime behind a gateway: its modules, its cache, its clock.
//!
//! A generated gateway derefs to it, so its methods are the gateway's.

use crate::cache::{CachedResult, NewResult, ResultCache};
use crate::clock::Clock;
use crate::context::Context;
use crate::decision::Layer;
use crate::dedicated::DedicatedThread;
use crate::error::{CallError, Error, Panic};
use crate::library::Loader;
use crate::lifecycle::{Lifecycle, LoadStep, State};
use crate::policy::Policy;
use crate::pressure::PressureSource;
use crate::protection::{Entered, Protection};
use crate::registry::{ModuleInfo, OperationInfo, Registry};
use crate::sweeper::Alarm;
use crate::{host, peers};

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// What a gateway does at run time: load, protect, unload, remember, and tell about it.
///
/// It is made by [`Builder::open`](crate::Builder::open). All methods may be called from any
/// thread.
#[derive(Debug)]
pub struct Runtime {
    pub(crate) registry: &'static Registry,
    pub(crate) protection: Protection,
    pub(crate) modules: Box<[Module]>,
    pub(crate) cache: ResultCache,
    pub(crate) policy: Policy,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) pressure: Box<dyn PressureSource>,
    pub(crate) alarm: Arc<Alarm>,
    /// Some module waits for a thread's checkpoint. Relaxed: seen at the next one at the latest.
    pub(crate) waiting: AtomicBool,
    /// One sweep at a time.
    pub(crate) sweeping: Mutex<()>,
    pub(crate) sweeps: AtomicU64,
    /// How often each layer kept a module, in the order of [`Layer::ALL`].
    pub(crate) protections_by_layer: [AtomicU64; Layer::ALL.len()],
    loader: Box<dyn Loader>,
    context: Context,
}

/// One module of a runtime.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) info: &'static ModuleInfo,
    pub(crate) pinned: bool,
    /// Owned guards.
    pub(crate) owned: AtomicU64,
    /// Calls that found the module absent and were answered from the cache.
    pub(crate) loads_avoided: AtomicU64,
    /// Whether the loaded library wants its own thread: spares others the lock.
    dedicated: AtomicBool,
    life: Mutex<Lifecycle>,
    changed: Condvar,
}

impl Module {
    pub(crate) fn life(&self) -> MutexGuard<'_, Lifecycle> {
        self.life.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes whoever waits for a load or an unload to end.
    pub(crate) fn notify(&self) {
        self.changed.notify_all();
    }

    fn wait<'m>(&'m self, life: MutexGuard<'m, Lifecycle>) -> MutexGuard<'m, Lifecycle> {
        self.changed
            .wait(life)
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A module entered by way of the slow path.
#[derive(Debug)]
pub(crate) struct Entry<'r> {
    pub(crate) entered: Entered<'r>,
    /// Where its calls must run.
    pub(crate) thread: Option<Arc<DedicatedThread>>,
}

/// What a [`Runtime`] is made of.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) registry: &'static Registry,
    pub(crate) loader: Box<dyn Loader>,
    pub(crate) policy: Policy,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) pressure: Box<dyn PressureSource>,
    pub(crate) cache_bytes: u64,
}

impl Runtime {
    pub(crate) fn new(parts: Parts) -> Arc<Self> {
        let Parts {
            registry,
            loader,
            policy,
            clock,
            pressure,
            cache_bytes,
        } = parts;
        Arc::new_cyclic(|this: &Weak<Self>| {
            let host = this.as_ptr().cast();
            Self {
                registry,
                protection: Protection::new(registry.modules.len()),
                modules: registry
                    .modules
                    .iter()
                    .enumerate()
                    .map(|(index, info)| Module {
                        info,
                        pinned: registry.operations_of(index).iter().any(|op| op.pinned),
                        owned: AtomicU64::new(0),
                        loads_avoided: AtomicU64::new(0),
                        dedicated: AtomicBool::new(false),
                        life: Mutex::new(Lifecycle::new(&policy)),
                        changed: Condvar::new(),
                    })
                    .collect(),
                cache: ResultCache::new(cache_bytes),
                policy,
                clock,
                pressure,
                alarm: Arc::default(),
                waiting: AtomicBool::new(false),
                sweeping: Mutex::new(()),
                sweeps: AtomicU64::new(0),
                protections_by_layer: Default::default(),
                loader,
                // SAFETY: C1: the context lives inside the runtime that its functions get, and is
                // only lent for calls, which keep the runtime alive.
                context: unsafe { Context::new(&peers::TABLE, host) },
            }
        })
    }

    /// All operations and modules.
    pub fn registry(&self) -> &'static Registry {
        self.registry
    }

    /// The numbers that decide how long modules stay.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The clock everything goes by.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    #[inline]
    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    pub(crate) fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    /// Loads `module` without calling anything in it.
    ///
    /// # Errors
    /// There is no such module, or it could not be loaded.
    pub fn load(&self, module: &str) -> Result<(), Error> {
        let module = self.module_index(module)?;
        self.ensure_loaded(module)
    }

    /// Whether `module` is loaded now.
    ///
    /// # Errors
    /// There is no such module.
    pub fn is_resident(&self, module: &str) -> Result<bool, Error> {
        let module = self.module_index(module)?;
        Ok(self.modules[module].life().state() == State::Resident)
    }

    /// Forgets the cached results of one operation; returns how many there were.
    ///
    /// # Errors
    /// There is no such operation.
    pub fn invalidate(&self, interface: &str, operation: &str) -> Result<u64, Error> {
        let index = self.operation_index(interface, operation)?;
        Ok(self.cache.invalidate_operation(index as u32))
    }

    /// Forgets all cached results that came from `module`; returns how many there were.
    ///
    /// # Errors
    /// There is no such module.
    pub fn invalidate_module(&self, module: &str) -> Result<u64, Error> {
        let module = self.module_index(module)?;
        Ok(self.cache.invalidate_module(module as u32))
    }

    pub(crate) fn module_index(&self, module: &str) -> Result<usize, Error> {
        self.registry
            .module(module)
            .ok_or_else(|| Error::UnknownModule {
                module: module.to_owned(),
                known: self.registry.modules.iter().map(|info| info.name).collect(),
            })
    }

    pub(crate) fn operation_index(&self, interface: &str, name: &str) -> Result<usize, Error> {
        self.registry
            .find(interface, name)
            .ok_or_else(|| Error::UnknownOperation {
                operation: format!("{interface}.{name}"),
                similar: self.registry.similar(interface, name),
            })
    }

    /// Enters `module` by way of the slow path: loads it if need be.
    pub(crate) fn enter(&self, module: usize) -> Result<Entry<'_>, Error> {
        loop {
            if let Some(entered) = self.protection.enter_slow(module) {
                let thread = self.thread_of(module);
                return Ok(Entry { entered, thread });
            }
            // It may be unloaded again before this thread is inside: then once more.
            self.ensure_loaded(module)?;
        }
    }

    /// The thread of a module that the caller keeps loaded.
    fn thread_of(&self, module: usize) -> Option<Arc<DedicatedThread>> {
        let module = &self.modules[module];
        // Relaxed: set before the gate was opened, which the caller came through.
        if !module.dedicated.load(Ordering::Relaxed) {
            return None;
        }
        module.life().library()?.thread()
    }

    /// Makes sure that `module` is resident: loads it, or waits for the thread that does.
    fn ensure_loaded(&self, module: usize) -> Result<(), Error> {
        let cell = &self.modules[module];
        let mut life = cell.life();
        loop {
            match life.begin_load(cell.info.name, self.now()) {
                LoadStep::Ready => return Ok(()),
                LoadStep::Wait => life = cell.wait(life),
                LoadStep::Refuse(error) => return Err(error),
                LoadStep::Load => break,
            }
        }
        drop(life);
        let result = self.load_unlocked(module);
        cell.notify();
        if result.is_ok() {
            self.alarm.ring();
        }
        result
    }

    fn load_unlocked(&self, module: usize) -> Result<(), Error> {
        let cell = &self.modules[module];
        let name = cell.info.name;
        let span = tracing::debug_span!("load", module = name).entered();
        let begun = Instant::now();
        let operations = self.registry.operations_of(module);
        let load = AssertUnwindSafe(|| self.loader.load(cell.info, operations));
        let result = catch_unwind(load).unwrap_or_else(|_| {
            Err(Error::Start {
                module: name.to_owned(),
                message: "the loader panicked".to_owned(),
            })
        });
        let took = begun.elapsed();
        let now = self.now();
        let mut life = cell.life();
        match result {
            Ok(library) => {
                let memory = library.memory();
                let thread = library.thread();
                cell.dedicated.store(thread.is_some(), Ordering::Relaxed);
                let table = library.operations().as_ptr();
                let calls = self.protection.calls(module);
                life.loaded(library, &self.policy, now, calls, took);
                // SAFETY: the library holds all the registry's operations (the loader checked) and
                // lives in `life` until the gate is sealed.
                unsafe { self.protection.open(module, table, thread.is_none()) };
                tracing::info!(
                    module = name,
                    microseconds = took.as_micros() as u64,
                    mapped_bytes = memory.mapped,
                    "loaded"
                );
                drop(life);
                drop(span);
                Ok(())
            }
            Err(error) => {
                tracing::warn!(module = name, %error, "load failed");
                life.failed(error.clone(), &self.policy, now);
                Err(error)
            }
        }
    }

    /// The cached result of an operation for these arguments.
    #[inline]
    pub(crate) fn cached(&self, operation: usize, arguments: &[u8]) -> Option<CachedResult> {
        let value = self.cache.get(operation as u32, arguments, self.now())?;
        let module = &self.modules[self.registry.operations[operation].module];
        // A hint is enough: a hit while the module is away is a load that didn't happen.
        if !self
            .protection
            .is_open(self.registry.operations[operation].module)
        {
            module.loads_avoided.fetch_add(1, Ordering::Relaxed);
        }
        Some(value)
    }

    /// Remembers a result.
    pub(crate) fn remember(&self, result: Remembered<'_>) {
        let info = &self.registry.operations[result.operation];
        let Some(cache) = &info.cache else { return };
        let now = self.now();
        self.cache.insert(
            NewResult {
                operation: result.operation as u32,
                module: info.module as u32,
                arguments: result.arguments,
                value: result.value,
                bytes: result.bytes,
                expires: now.saturating_add(cache.ttl),
                generation: result.generation,
            },
            now,
        );
    }

    /// The error for a panic that a thunk caught on this thread just now.
    #[cold]
    #[inline(never)]
    pub(crate) fn panicked(&self, module: usize, slot: usize) -> CallError {
        CallError::Panicked(self.panic_of(module, slot))
    }

    pub(crate) fn panic_of(&self, module: usize, slot: usize) -> Panic {
        let info: &OperationInfo = &self.registry.operations_of(module)[slot];
        let (message, location) = host::take_panic();
        Panic::new(
            self.modules[module].info.name,
            info.full_name(),
            message,
            location,
        )
    }
}

/// A result on its way into the cache.
pub(crate) struct Remembered<'a> {
    pub(crate) operation: usize,
    pub(crate) arguments: &'a [u8],
    pub(crate) value: CachedResult,
    pub(crate) bytes: usize,
    /// From before the operation ran.
    pub(crate) generation: crate::cache::Generation,
}

impl Drop for Runtime {
    /// Modules that can be unloaded are; others stay mapped until the process ends.
    fn drop(&mut self) {
        for module in 0..self.modules.len() {
            if self.modules[module].life().state() == State::Resident {
                let _ = self.unload_module(module, crate::unloading::Asked::Closing);
            }
            // What could not go must not be dropped: code of it may still run.
            let mut life = self.modules[module].life();
            if let Some(library) = life.begin_leave() {
                std::mem::forget(library);
            }
            life.forget_retired();
        }
    }
}
