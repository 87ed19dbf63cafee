//! A library behind an epoch, as crossbeam's users would keep one that may be unloaded.

use std::sync::atomic::Ordering;

use crossbeam_epoch::{Atomic, Owned, pin};

use super::gateways::Loaded;

/// Every call pins the epoch; whoever unloads would defer closing the library until nobody is pinned who was.
#[derive(Debug)]
pub struct Epoch(Atomic<Loaded>);

impl Epoch {
    /// Opens the library.
    pub fn open() -> Result<Self, String> {
        Ok(Self(Atomic::from(Owned::new(Loaded::open()?))))
    }

    /// Calls `add`.
    #[inline(always)]
    pub fn add(&self, left: u64, right: u64) -> Option<u64> {
        self.with(|library| (library.add)(left, right))
    }

    /// Calls `scatter`.
    #[inline(always)]
    pub fn scatter(&self, seed: u64) -> Option<u64> {
        self.with(|library| (library.scatter)(seed))
    }

    #[inline(always)]
    fn with(&self, call: impl FnOnce(&Loaded) -> u64) -> Option<u64> {
        let guard = pin();
        let library = self.0.load(Ordering::Acquire, &guard);
        // SAFETY: made by `open`, and alive as long as the guard.
        unsafe { library.as_ref() }.map(call)
    }
}

impl Drop for Epoch {
    fn drop(&mut self) {
        // SAFETY: nobody else has it any more.
        drop(unsafe { std::mem::take(&mut self.0).try_into_owned() });
    }
}
