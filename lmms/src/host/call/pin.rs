//! Pins: calls on one thread to a module that stays loaded meanwhile.

use crate::boundary::abi::CallOutcome;
use crate::boundary::context::Context;
use crate::boundary::error::{CallError, Error};
use crate::boundary::portable::{KeyBuilder, Portable};
use crate::host::call::core::Core;
use crate::host::call::stub::{through_cache, within};
use crate::host::runtime::{Entry, Runtime};
use crate::host::threads::dedicated::DedicatedThread;

/// A module held by this thread: calls cost what a function pointer costs.
///
/// It is made by `home.images().pin()?` and ends when it is dropped. While it lives, its module is
/// not unloaded; the calls made through it count as one for the module's heat.
#[derive(Debug)]
pub struct Pin<'g> {
    runtime: &'g Runtime,
    module: usize,
    entry: Entry<'g>,
}

impl<'g> Pin<'g> {
    /// Loads `module` if need be, and holds it.
    ///
    /// # Errors
    /// The module could not be loaded.
    pub fn new(core: &'g Core, module: usize) -> Result<Self, Error> {
        let runtime = core.runtime();
        Ok(Self {
            runtime,
            module,
            entry: runtime.enter(module)?,
        })
    }

    /// The address of an operation's thunk, good while this lives: for benchmarks that compare
    /// with a bare function pointer. `None` if there is no such operation.
    pub fn thunk(&self, slot: usize) -> Option<*const ()> {
        let exists = slot < self.runtime.registry().operations_of(self.module).len();
        // SAFETY: the slot exists.
        exists.then(|| unsafe { self.entry.entered.operation(slot) }.thunk)
    }

    /// Calls operation `SLOT`.
    ///
    /// # Errors
    /// [`CallError::Panicked`].
    ///
    /// # Safety
    /// As [`call`](crate::host::call::stub::call), for the module this was made for.
    #[inline(always)]
    pub unsafe fn call<const SLOT: usize, T: Copy, R: Portable>(
        &self,
        invoke: impl FnOnce(T, &Context) -> CallOutcome<R>,
    ) -> Result<R, CallError> {
        match &self.entry.thread {
            // SAFETY: the caller's promise.
            None => unsafe { self.here::<SLOT, T, R>(invoke) },
            // SAFETY: the caller's promise.
            Some(thread) => unsafe { self.there::<SLOT, T, R>(thread, invoke) },
        }
    }

    /// # Safety
    /// As [`call`](Self::call).
    #[cold]
    #[inline(never)]
    unsafe fn there<const SLOT: usize, T: Copy, R: Portable>(
        &self,
        thread: &DedicatedThread,
        invoke: impl FnOnce(T, &Context) -> CallOutcome<R>,
    ) -> Result<R, CallError> {
        // SAFETY: the caller's promise; the entry is held by the waiting thread.
        let task = || unsafe { self.here::<SLOT, T, R>(invoke) };
        // SAFETY: DEDICATED-1: arguments, a module's function, the runtime, a guard that is only read.
        let done = unsafe { thread.run(task) };
        done.unwrap_or_else(|circle| Err(self.runtime.circle(self.module, circle).into()))
    }

    /// # Safety
    /// As [`call`](Self::call).
    #[inline(always)]
    unsafe fn here<const SLOT: usize, T: Copy, R: Portable>(
        &self,
        invoke: impl FnOnce(T, &Context) -> CallOutcome<R>,
    ) -> Result<R, CallError> {
        let Self {
            runtime,
            module,
            entry,
        } = self;
        // SAFETY: the caller's promise.
        unsafe { within(&entry.entered, || runtime, *module, SLOT, invoke) }
    }

    /// As [`call`](Self::call), but the answer may come from the cache, and goes there.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    ///
    /// # Safety
    /// As [`call_cached`](crate::host::call::stub::call_cached).
    #[inline(always)]
    pub unsafe fn call_cached<const SLOT: usize, T: Copy, R: Portable>(
        &self,
        operation: usize,
        key: impl FnOnce(&mut KeyBuilder),
        invoke: impl FnOnce(T, &Context) -> CallOutcome<R>,
    ) -> Result<R, CallError> {
        // SAFETY: the caller's promise.
        let call = || unsafe { self.call::<SLOT, T, R>(invoke) };
        // SAFETY: as above.
        unsafe { through_cache(self.runtime, self.module, operation, key, call) }
    }
}
