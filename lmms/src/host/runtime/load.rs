//! Loading one module: by hand, or for a call.

#![forbid(unsafe_code)]

use super::{Entry, Runtime};
use crate::boundary::error::Error;
use crate::host::life::library::Library;
use crate::host::reentrance::contained::{self, TARGET, tell};
use crate::host::reentrance::inside::{self, Inside};

impl Runtime {
    /// Loads `module` without calling anything in it.
    ///
    /// # Errors
    /// There is no such module, or it could not be loaded.
    pub fn load(&self, module: &str) -> Result<(), Error> {
        let module = self.module_index(module)?;
        self.check_books(module)?;
        self.ensure_loaded(module)
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
            let _span = contained::Span::enter(|| tracing::debug_span!("load", module = name));
            let library = self.load_library(module)?;
            self.uses.loaded(module);
            Ok(library)
        };
        let loaded = cell.ensure_loaded(&self.protection, &self.policy, || self.now(), load)?;
        if let Some(took) = loaded {
            // Asked only if somebody listens. A listener may ask the gateway in turn, so no lock is held.
            let mapped = || cell.life().memory().mapped;
            tell(|| {
                tracing::info!(
                    target: TARGET,
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
                tell(|| tracing::warn!(target: TARGET, module = info.name, %error, "load failed"));
            }
        }
        result
    }
}
