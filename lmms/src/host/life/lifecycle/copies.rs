//! Sealed copies of a module that are still in memory: some wait for threads, others are held by somebody else.

#![forbid(unsafe_code)]

use std::sync::Arc;

use super::Lifecycle;
use crate::host::life::library::{Departure, Holders, Library, Memory};
use crate::host::life::outcome::UnloadOutcome;

/// See [`Departure::Waits`].
#[derive(Debug)]
pub(super) struct WaitingCopy {
    pub(super) number: u64,
    /// `None`: a thread is trying to unload it.
    pub(super) inner: Option<Box<dyn Library>>,
    pub(super) memory: Memory,
    pub(super) holders: Arc<dyn Holders>,
}

/// See [`Departure::Stuck`].
#[derive(Debug)]
pub(super) struct StuckCopy {
    /// `None`: a thread is trying to unload it.
    pub(super) inner: Option<Box<dyn Library>>,
    pub(super) memory: Memory,
    pub(super) reason: String,
    /// See [`Library::is_held`].
    pub(super) held: bool,
}

impl Lifecycle {
    /// Whether a sealed copy waits for threads.
    pub(crate) fn has_waiting_copy(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// What holds the sealed copies that wait.
    pub(crate) fn waiting_for(&self) -> Vec<Arc<dyn Holders>> {
        let holders = self.waiting.iter().map(|copy| copy.holders.clone());
        holders.collect()
    }

    /// Why a sealed copy is still there, if one is.
    pub(crate) fn why_waiting(&self) -> Option<String> {
        let waits = || Some(waits_for(&self.waiting.first()?.holders.names()));
        let stuck = self.stuck.first().map(|copy| copy.reason.clone());
        stuck.or_else(waits)
    }

    /// Why a copy is stuck that somebody else holds, if one is.
    pub(crate) fn why_held(&self) -> Option<String> {
        let copy = self.stuck.iter().find(|copy| copy.held)?;
        Some(copy.reason.clone())
    }

    /// Hands the stuck copies out that no other thread has.
    pub(crate) fn take_stuck(&mut self) -> Vec<Box<dyn Library>> {
        let copies = self.stuck.iter_mut();
        copies.filter_map(|copy| copy.inner.take()).collect()
    }

    /// A copy from [`take_stuck`](Self::take_stuck) has tried to leave. `None`: it is still stuck.
    pub(crate) fn unstuck(&mut self, departure: Departure) -> Option<UnloadOutcome> {
        let place = self.stuck.iter().position(|copy| copy.inner.is_none())?;
        if let Departure::Stuck { library, .. } = departure {
            self.stuck[place].inner = Some(library);
            return None;
        }
        self.stuck.remove(place);
        Some(self.departed(departure))
    }

    /// Hands a waiting copy out, with its number, that nobody holds and no other thread has.
    pub(crate) fn take_released(&mut self) -> Option<(u64, Box<dyn Library>)> {
        let mut free = self.waiting.iter_mut().filter(|copy| copy.inner.is_some());
        let copy = free.find(|copy| copy.holders.names().is_empty())?;
        Some((copy.number, copy.inner.take()?))
    }

    /// A copy from [`take_released`](Self::take_released) has left. `None`: it waits again.
    pub(crate) fn released(&mut self, number: u64, departure: Departure) -> Option<UnloadOutcome> {
        self.waiting.retain(|copy| copy.number != number);
        let waits = matches!(departure, Departure::Waits { .. });
        let outcome = self.departed(departure);
        (!waits).then_some(outcome)
    }
}

pub(super) fn waits_for(holders: &[String]) -> String {
    if holders.is_empty() {
        return "it was held a moment ago".to_owned();
    }
    format!(
        "it waits, sealed, until these let go of it: {}; threads of its own, signal handlers and pointers in the C library are its \
         shutdown function's to end, other threads let go when they end or call `checkpoint()`",
        holders.join(", ")
    )
}
