//! What a module has running outside of its calls, and what of that stands against unloading it.

#![forbid(unsafe_code)]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::boundary::hooks::Keeper;
use crate::host::image::Image;
use crate::host::life::library::{Busy, BusyKind, Holders};
use crate::host::threads::census::{self, Census, PendingDestructors, ThreadInfo};
use crate::host::threads::current_tid;
use crate::host::threads::hidden::Traces;
use crate::host::threads::visitors;
use crate::sync::Unpoisoned as _;

/// Modules of which a copy has left something that its shutdown function should have ended: that is not relied on
/// again.
static FORGETFUL: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

fn forgetful() -> MutexGuard<'static, BTreeSet<&'static str>> {
    FORGETFUL.lock().unpoisoned()
}

/// What one loaded module has running outside of its calls.
#[derive(Debug)]
pub(super) struct Activity {
    pub(super) module: &'static str,
    /// By the host's books.
    pub(super) census: Arc<Census>,
    /// By what can be seen from outside. `None` where nothing can be unloaded.
    pub(super) traces: Option<Traces>,
    /// Where it is.
    pub(super) image: Option<Image>,
}

impl Activity {
    /// What stands against unloading now. `dedicated`: the thread that is stopped on leaving;
    /// `has_shutdown`: the module ends its threads and handlers itself.
    pub(super) fn busy(&self, dedicated: Option<i32>, has_shutdown: bool) -> Option<Busy> {
        let traces = self.traces.as_ref();
        let hidden = traces.map(Traces::hidden_threads).unwrap_or_default();
        self.busy_with(dedicated, has_shutdown, hidden, self.signals())
    }

    /// The same, without what had to be searched for.
    pub(super) fn busy_by_the_books(
        &self,
        dedicated: Option<i32>,
        has_shutdown: bool,
    ) -> Option<Busy> {
        self.busy_with(dedicated, has_shutdown, Vec::new(), Vec::new())
    }

    fn busy_with(
        &self,
        dedicated: Option<i32>,
        has_shutdown: bool,
        hidden: Vec<ThreadInfo>,
        signals: Vec<String>,
    ) -> Option<Busy> {
        let own = self.census.live_threads().into_iter().chain(hidden);
        let threads = own.map(|thread| thread.to_string()).collect();
        let holding = self.holding(dedicated);
        let come_by = holding.iter().all(|pending| pending.comes_by);
        let holders = holding.iter().map(|pending| pending.thread.to_string());
        let keepers = self.census.keepers();
        // Nobody tells when the last of a timer's threads has ended.
        let let_go = has_shutdown && !keepers.contains(&Keeper::Timer);
        let keepers = keepers.iter().map(Keeper::to_string).collect();
        let resources = self.census.resources();
        let image = self.image.as_ref().map_or(&[][..], Image::ranges);
        let closes = has_shutdown && !forgetful().contains(self.module);
        let found = [
            Busy::new(BusyKind::Pointers, keepers).ending(let_go),
            Busy::new(BusyKind::Threads, threads).ending(has_shutdown),
            Busy::new(BusyKind::SignalHandlers, signals).ending(has_shutdown),
            Busy::new(BusyKind::ThreadLocals, holders.collect()).ending(come_by),
            Busy::new(BusyKind::Itself, resources.own_handles(image)).ending(closes),
            Busy::new(BusyKind::Descriptors, resources.open_descriptors()).ending(closes),
            Busy::new(BusyKind::Mappings, resources.unprovable_mappings()).ending(closes),
        ];
        let found = found.into_iter().filter(|busy| !busy.names.is_empty());
        // What doesn't end weighs more.
        found.min_by_key(|busy| busy.ends)
    }

    /// Other threads that hold thread-locals. This thread's are destroyed on leaving, those of the
    /// module's threads when these end.
    fn holding(&self, dedicated: Option<i32>) -> Vec<PendingDestructors> {
        let mut holding = self.census.pending_destructors();
        let here = Some(current_tid());
        holding.retain(|pending| {
            let tid = pending.thread.tid;
            tid != here && (tid.is_none() || tid != dedicated) && !pending.of_module
        });
        holding
    }

    /// It leaves with something that its shutdown function should have ended.
    pub(super) fn has_forgotten(&self) {
        forgetful().insert(self.module);
    }

    fn signals(&self) -> Vec<String> {
        self.traces
            .as_ref()
            .map(Traces::handled_signals)
            .unwrap_or_default()
    }
}

impl Holders for Activity {
    fn release_here(&self) {
        visitors::note();
        // What is left registers itself again and again; it shows among the names.
        let _ = self.census.flush_current_thread();
        let traces = self.traces.as_ref();
        census::leave_signal_stack(|address| {
            traces.is_some_and(|traces| traces.covers(address))
                || self.census.resources().covers(address)
        });
    }

    fn names(&self) -> Vec<String> {
        let hidden = self.traces.iter().flat_map(Traces::hidden_threads);
        let threads = self.census.holders().into_iter().chain(hidden);
        let mut names: Vec<_> = threads
            .map(|thread| thread.to_string())
            .chain(self.signals())
            .chain(self.census.keepers().iter().map(Keeper::to_string))
            .collect();
        if names.is_empty() && self.census.pending_count() > 0 {
            // When it is done, it sees by itself whether the module can leave.
            names.push("a thread that is just letting go".to_owned());
        }
        names
    }
}
