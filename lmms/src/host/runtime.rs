//! The runtime of a gateway: its modules, its cache, its clock.
//!
//! A generated gateway derefs to it, so its methods are the gateway's. Those for sweeps, statistics and explanations
//! stand in their rooms, which use this one.

mod load;
mod results;
pub(crate) mod sheets;
mod unload;

use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use crate::boundary::abi::ContextTable;
use crate::boundary::context::Context;
use crate::boundary::error::{CallError, Error, Panic};
use crate::host::cache::ResultCache;
use crate::host::clock::Clock;
use crate::host::decision::decide::Layer;
use crate::host::decision::policy::Policy;
use crate::host::decision::pressure::PressureSource;
use crate::host::events::callbacks;
use crate::host::life::cell::{Asked, ModuleCell};
use crate::host::life::library::Loader;
use crate::host::life::lifecycle::State;
use crate::host::life::outcome::Refusal;
use crate::host::protection::{Counts, Entered, Protection};
use crate::host::reentrance::inside::{self, Inside};
use crate::host::reentrance::waits::Circle;
use crate::host::registry::Registry;
use crate::host::threads::dedicated::DedicatedThread;
use crate::host::uses::alarm::Alarm;
use crate::host::uses::{Stamp, Use, Uses};
use sheets::Sheets;

/// What a gateway does at run time: load, protect, unload, remember, and tell about it.
///
/// It is made by [`Builder::open`](crate::Builder::open). All methods may be called from any
/// thread.
#[derive(Debug)]
pub struct Runtime {
    pub(crate) registry: &'static Registry,
    pub(crate) protection: Arc<Protection>,
    pub(crate) modules: Box<[ModuleCell]>,
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
    /// How modules reach others. Its functions take a pointer to a [`Runtime`] as their host.
    pub(crate) context: &'static ContextTable,
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
            context,
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
                    .map(|(index, info)| ModuleCell::new(info, index))
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
                // SAFETY: CONTEXT-1: the table is one for runtimes; the context lives inside the one that its functions
                // get, and is only lent for calls, which keep the runtime alive.
                context: unsafe { Context::new(context, host) },
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

    /// Whether `module` is loaded now.
    ///
    /// # Errors
    /// There is no such module.
    pub fn is_resident(&self, module: &str) -> Result<bool, Error> {
        let module = self.module_index(module)?;
        self.check_books(module)?;
        Ok(self.modules[module].life().state() == State::Resident)
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

    /// The error for a panic that a thunk caught on this thread just now.
    #[cold]
    #[inline(never)]
    pub(crate) fn panicked(&self, module: usize, slot: usize) -> CallError {
        CallError::Panicked(Box::new(self.panic_of(
            module,
            slot,
            callbacks::take_panic(),
        )))
    }

    /// The same for a panic that is known already.
    pub(crate) fn panic_of(
        &self,
        module: usize,
        slot: usize,
        panic: callbacks::PanicText,
    ) -> Panic {
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
    /// where the thread is inside something that may use them (INSIDE-2).
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
