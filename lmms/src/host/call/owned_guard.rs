//! Owned guards: hold modules across threads and `.await` points.

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::boundary::error::Error;
use crate::host::call::core::Core;
use crate::host::runtime::Runtime;

/// Keeps modules loaded, on whatever thread it is dropped.
///
/// Made by `home.images().pin_owned()?`. It is `Send`: hold it across an `.await`, or hand it over.
/// Calls are made through the gateway as always. It also keeps the gateway's runtime alive.
#[derive(Debug)]
#[must_use = "the modules may be unloaded again when the guard is dropped"]
pub struct OwnedGuard {
    runtime: Arc<Runtime>,
    modules: Vec<usize>,
}

impl OwnedGuard {
    /// Loads `modules` if need be, and holds them.
    pub(crate) fn new(core: &Core, modules: &[usize]) -> Result<Self, Error> {
        let mut guard = Self {
            runtime: core.shared_runtime().clone(),
            modules: Vec::with_capacity(modules.len()),
        };
        for &module in modules {
            let entry = core.runtime().enter(module)?;
            // Taken inside: the unloader reads this after it has seen this thread's exit, which
            // orders the two (Release there, Acquire here in `seal`).
            core.runtime().modules[module]
                .owned
                .fetch_add(1, Ordering::Relaxed);
            drop(entry);
            guard.modules.push(module);
        }
        Ok(guard)
    }
}

impl Drop for OwnedGuard {
    fn drop(&mut self) {
        for &module in &self.modules {
            // It was in use until now.
            self.runtime.uses.touch(module);
            // Release: what was done under the guard happens before the unload that sees it gone.
            self.runtime.modules[module]
                .owned
                .fetch_sub(1, Ordering::Release);
        }
    }
}

/// An owned guard for `modules` of a gateway's registry.
///
/// # Errors
/// A module could not be loaded.
pub fn own(core: &Core, modules: &[usize]) -> Result<OwnedGuard, Error> {
    OwnedGuard::new(core, modules)
}
