//! Cached results: found, missed, remembered, forgotten.

#![forbid(unsafe_code)]

use std::sync::atomic::Ordering;

use super::Runtime;
use crate::boundary::error::Error;
use crate::host::cache::{CachedResult, Computation, Hit, Missed};
use crate::host::reentrance::inside::{self, Inside};
use crate::host::threads::dedicated;

impl Runtime {
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

    /// The cached result of an operation of `module` for these arguments, where it lies: to be copied and dropped
    /// quickly, and without use of the cache. `None`: ask [`missed`](Self::missed).
    ///
    /// Not inlined, and the same for results of all types. The caller, which knows the type, copies the result and can
    /// keep it in registers.
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

    /// Whether the calling thread may wait for another one's computation, because nothing that computes waits for it
    /// without being seen.
    ///
    /// Operations wait for their modules' threads, calls for dedicated threads, for loads and for unloads, a module
    /// that logs for the subscriber. What a reader sees is kept meanwhile.
    fn may_wait(&self) -> bool {
        !inside::any(|inside| inside != Inside::Context)
            && !dedicated::serves()
            && !self.protection.is_reading()
    }
}
