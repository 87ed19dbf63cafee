//! The runtime behind a gateway: its modules, its cache, its clock.
//!
//! A generated gateway derefs to it, so its methods are the gateway's.

use crate::cache::{CachedResult, Computation, Hit, Missed, ResultCache};
use crate::clock::Clock;
use crate::contain::{self, tell};
use crate::context::Context;
use crate::decision::Layer;
use crate::dedicated::DedicatedThread;
use crate::error::{CallError, Error, Panic};
use crate::inside::{self, Inside};
use crate::library::{Library, Loader};
use crate::lifecycle::State;
use crate::outcome::Refusal;
use crate::policy::Policy;
use crate::pressure::PressureSource;
use crate::protection::{Counts, Entered, Protection};
use crate::registry::Registry;
use crate::residence::{Asked, Module};
use crate::sweep::Sheets;
use crate::sweeper::Alarm;
use crate::uses::{Stamp, Use, Uses};
use crate::waits::Circle;
use crate::{dedicated, host, peers};

use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

/// What a gateway does at run time: load, protect, unload, remember, and tell about it.
///
/// It is made by [`Builder::open`](crate::Builder::open). All methods may be called from any
/// thread.
#[derive(Debug)]
pub struct Runtime {
    pub(crate) registry: &'static Registry,
    pub(crate) protection: Arc<Protection>,
    pub(crate) modules: Box<[Module]>,
    pub(crate) cache: ResultCache,
    pub(crate) policy: Policy,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) pressure: Box<dyn PressureSource>,
    pub(crate) alarm: Arc<Alarm>,
    /// When modules are used, and how often.
    pub(crate) uses: Arc<Uses>,
    /// A thread's checkpoint may help some module away. Relaxed reads: seen at the next one.
    pub(crate) waiting: AtomicBool,
    /// One sweep at a time.
    pub(crate) sweeping: Mutex<Sheets>,
    pub(crate) sweeps: AtomicU64,
    /// How often each layer kept a module, in the order of [`Layer::ALL`].
    pub(crate) protections_by_layer: [AtomicU64; Layer::ALL.len()],
    /// How often unloads were refused, in the order of [`Refusal::KINDS`].
    pub(crate) refusals_by_reason: [AtomicU64; Refusal::KINDS.len()],
    loader: Box<dyn Loader>,
    context: Context,
}

// A panic that passes through a call leaves nothing half done: guards count it out and put stages back, the books
// change in steps that don't panic, and their locks are not held while code runs that isn't LMMS' own. So what is seen
// after a panic is as good as before.
impl UnwindSafe for Runtime {}
impl RefUnwindSafe for Runtime {}

/// A module entered by way of the slow path.
///
/// Not to be taken apart: its use would be noted as ended.
#[derive(Debug)]
pub(crate) struct Entry<'r> {
    /// First, so that it is dropped inside.
    _stamp: Stamp<'r>,
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
        let modules = registry.modules.len();
        let protection = Arc::new(Protection::new(modules));
        let alarm = Arc::<Alarm>::default();
        let uses = Uses::new(
            protection.clone(),
            modules,
            &policy,
            clock.clone(),
            alarm.clone(),
        );
        Arc::new_cyclic(|this: &Weak<Self>| {
            let host = this.as_ptr().cast();
            Self {
                registry,
                protection: protection.clone(),
                modules: registry
                    .modules
                    .iter()
                    .enumerate()
                    .map(|(index, info)| Module::new(info, index))
                    .collect(),
                cache: ResultCache::with_readers(protection, cache_bytes),
                policy,
                clock,
                pressure,
                alarm,
                uses,
                waiting: AtomicBool::new(false),
                sweeping: Mutex::default(),
                sweeps: AtomicU64::new(0),
                protections_by_layer: Default::default(),
                refusals_by_reason: Default::default(),
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

    /// How `module` is used, as of `now`.
    pub(crate) fn look(&self, module: usize, now: Duration) -> Use {
        let counts = self.protection.count(module);
        self.look_with(module, counts, now)
    }

    /// As [`look`](Self::look), with counts of a moment ago.
    pub(crate) fn look_with(&self, module: usize, counts: Counts, now: Duration) -> Use {
        let held = self.modules[module].owned.load(Ordering::Acquire) > 0;
        self.uses.look(module, counts, held, now)
    }

    /// Loads `module` without calling anything in it.
    ///
    /// # Errors
    /// There is no such module, or it could not be loaded.
    pub fn load(&self, module: &str) -> Result<(), Error> {
        let module = self.module_index(module)?;
        self.check_books(module)?;
        self.ensure_loaded(module)
    }

    /// Whether `module` is loaded now.
    ///
    /// # Errors
    /// There is no such module.
    pub fn is_resident(&self, module: &str) -> Result<bool, Error> {
        let module = self.module_index(module)?;
        self.check_books(module)?;
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
                available: self.loader.available().iter().any(|name| name == module),
            })
    }

    pub(crate) fn operation_index(&self, interface: &str, name: &str) -> Result<usize, Error> {
        self.registry
            .find(interface, name)
            .ok_or_else(|| self.unknown_operation(interface, name))
    }

    /// The error for an operation that the registry doesn't have.
    #[cold]
    pub(crate) fn unknown_operation(&self, interface: &str, name: &str) -> Error {
        let mut unknown_modules = self.loader.available();
        unknown_modules.retain(|module| self.registry.module(module).is_none());
        Error::UnknownOperation {
            operation: format!("{interface}.{name}"),
            similar: self.registry.similar(interface, name),
            unknown_modules,
        }
    }

    /// Enters `module` by way of the slow path: loads it if need be.
    pub(crate) fn enter(&self, module: usize) -> Result<Entry<'_>, Error> {
        self.check_books(module)?;
        loop {
            if let Some((_stamp, entered)) = self.uses.enter(module) {
                let thread = self.modules[module].thread();
                return Ok(Entry {
                    _stamp,
                    entered,
                    thread,
                });
            }
            // It may be unloaded again before this thread is inside: then once more.
            self.ensure_loaded(module)?;
        }
    }

    /// Makes sure that `module` is resident: loads it, or waits for the thread that does.
    fn ensure_loaded(&self, module: usize) -> Result<(), Error> {
        let cell = &self.modules[module];
        let name = cell.info.name;
        let load = || {
            let _inside = inside::mark(Inside::Load(name));
            let _span = contain::Span::enter(|| tracing::debug_span!("load", module = name));
            let library = self.load_library(module)?;
            self.uses.loaded(module);
            Ok(library)
        };
        let loaded = cell.ensure_loaded(&self.protection, &self.policy, || self.now(), load)?;
        if let Some(took) = loaded {
            // Asked only if somebody listens, who may ask the gateway in turn: no lock is held then.
            let mapped = || cell.life().memory().mapped;
            tell(|| {
                tracing::info!(
                    module = name,
                    microseconds = took.as_micros() as u64,
                    mapped_bytes = mapped(),
                    "loaded"
                );
            });
            self.alarm.ring();
        }
        Ok(())
    }

    fn load_library(&self, module: usize) -> Result<Box<dyn Library>, Error> {
        let info = self.modules[module].info;
        let operations = self.registry.operations_of(module);
        let result = self.loader.load(info, operations);
        match &result {
            Ok(library) => {
                // Before the gate opens: results that the old build is still computing come too late for the cache.
                let build = library.build();
                let other = self.modules[module].life().is_other_build(build);
                if other {
                    self.cache.invalidate_module(module as u32);
                }
            }
            Err(error) => {
                tell(|| tracing::warn!(module = info.name, %error, "load failed"));
            }
        }
        result
    }

    /// The cached result of an operation of `module` for these arguments, where it lies: to be copied and dropped quickly,
    /// and without use of the cache. `None`: ask [`missed`](Self::missed).
    ///
    /// Not inlined, and the same for results of all types: what is made of the result is for the caller, which so has it
    /// in registers.
    #[inline(never)]
    pub(crate) fn cached(
        &self,
        module: usize,
        operation: usize,
        arguments: &[u8],
    ) -> Option<Hit<'_>> {
        // A hit may come a tick late.
        let now = self.clock.coarse();
        let hit = self.cache.find(operation as u32, arguments, now)?;
        // A hint is enough: a hit while the module is away is a load that didn't happen.
        if !self.protection.is_open(module) {
            self.avoided_load(module);
        }
        Some(hit)
    }

    /// What [`cached`](Self::cached) didn't find: from another thread that is computing it, or to be computed.
    #[cold]
    pub(crate) fn missed(&self, module: usize, operation: usize, arguments: &[u8]) -> Missed<'_> {
        let now = self.clock.coarse();
        let missed = self
            .cache
            .miss(operation as u32, arguments, now, || self.may_wait());
        if matches!(missed, Missed::Found(_)) && !self.protection.is_open(module) {
            self.avoided_load(module);
        }
        missed
    }

    #[cold]
    fn avoided_load(&self, module: usize) {
        self.modules[module]
            .loads_avoided
            .fetch_add(1, Ordering::Relaxed);
    }

    /// Remembers a result, and hands it to those who wait for it.
    pub(crate) fn remember(&self, computed: Computation<'_>, value: CachedResult, bytes: usize) {
        let info = self.registry.operation(computed.operation());
        let Some(cache) = info.cache() else { return };
        let (now, module) = (self.now(), info.module() as u32);
        computed.finish(module, value, bytes, now.saturating_add(cache.ttl), now);
    }

    /// Whether the calling thread may wait for another one's computation, because nothing that computes waits for it without
    /// being seen.
    ///
    /// Operations wait for their modules' threads, calls for dedicated threads, for loads and for unloads, a module that logs
    /// for the subscriber. What a reader sees is kept meanwhile.
    fn may_wait(&self) -> bool {
        !inside::any(|inside| inside != Inside::Context)
            && !dedicated::serves()
            && !self.protection.is_reading()
    }

    /// The error for a panic that a thunk caught on this thread just now.
    #[cold]
    #[inline(never)]
    pub(crate) fn panicked(&self, module: usize, slot: usize) -> CallError {
        CallError::Panicked(Box::new(self.panic_of(module, slot, host::take_panic())))
    }

    /// The same for a panic that is known already.
    pub(crate) fn panic_of(&self, module: usize, slot: usize, panic: host::PanicText) -> Panic {
        let module = self.modules[module].info;
        let operation = self.registry.operation(module.first as usize + slot);
        let (message, location) = panic;
        Panic::new(module.name, operation.full_name(), message, location)
    }

    /// The error for a call of `module` that would never end.
    #[cold]
    pub(crate) fn circle(&self, module: usize, circle: Circle) -> Error {
        Error::Reentered {
            module: self.modules[module].info.name.to_owned(),
            reason: circle.to_string(),
        }
    }

    /// # Errors
    /// This thread holds the books of some module.
    pub(crate) fn check_books(&self, module: usize) -> Result<(), Error> {
        if !inside::any(|inside| inside == Inside::Library) {
            return Ok(());
        }
        Err(Error::Reentered {
            module: self.modules[module].info.name.to_owned(),
            reason: Inside::Library.to_string(),
        })
    }
}

impl Drop for Runtime {
    /// Modules that can be unloaded are; others stay mapped until the process ends. So do all of them
    /// where the thread is inside something that may use them (I2).
    fn drop(&mut self) {
        let may_unload = inside::innermost().is_none();
        for module in 0..self.modules.len() {
            if may_unload {
                self.release_waiting_copies(module);
                self.unload_module(module, Asked::Closing);
            }
            self.modules[module].life().forget_all();
        }
    }
}
