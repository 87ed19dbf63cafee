//! The sweep: looks at every resident module, decides, and unloads what may go.

#![forbid(unsafe_code)]

pub(crate) mod sweeper;
mod trim;

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::host::cache::LiveEntries;
use crate::host::decision::decide::{
    Cause, Decision, Layer, ModuleView, Pressure, Verdict, decide, next_sweep,
};
use crate::host::life::cell::{Asked, ModuleCell};
use crate::host::life::library::{Busy, Library};
use crate::host::life::outcome::{Refusal, SweepReport, UnloadAttempt, UnloadOutcome};
use crate::host::protection::Counts;
use crate::host::reentrance::inside::{self, Inside};
use crate::host::runtime::Runtime;
use crate::host::runtime::sheets::Sheets;
use crate::sync::Unpoisoned as _;

impl Runtime {
    /// One LUGS pass: looks at every resident module, decides, and unloads what may go.
    ///
    /// Thread-locals of modules on *other* threads can't be destroyed from here; see
    /// [`checkpoint`](Self::checkpoint).
    ///
    /// From inside a module, another sweep, a load or unload, or a `tracing` subscriber it does nothing, and
    /// the report's `reentered` says so.
    pub fn sweep(&self) -> SweepReport {
        // INSIDE-2. Before the lock: another thread's sweep may be waiting for this one.
        if let Some(inside) = inside::innermost() {
            return SweepReport {
                reentered: Some(inside.to_string()),
                ..SweepReport::default()
            };
        }
        let _inside = inside::mark(Inside::Sweep);
        let mut sheets = self.sweeping.lock().unpoisoned();
        let sheets = &mut *sheets;
        self.sweeps.fetch_add(1, Ordering::Relaxed);
        let now = self.now();
        let pressure = if self.policy.heed_pressure {
            self.pressure.pressure()
        } else {
            Pressure::None
        };
        let mut report = SweepReport::default();
        self.release_all_waiting_copies(&mut report);
        self.look_at_all(now, sheets);
        loop {
            let Sheets {
                views, verdicts, ..
            } = sheets;
            let facts = decide(now, &self.policy, pressure, views, verdicts);
            let mut chosen: Vec<(u32, Cause, usize)> = verdicts
                .iter()
                .filter_map(|verdict| match verdict.decision {
                    Decision::Unload { rank, cause } => {
                        Some((rank, cause, verdict.module as usize))
                    }
                    Decision::Keep { .. } => None,
                })
                .collect();
            chosen.sort_unstable_by_key(|(rank, ..)| *rank);
            let mut refused = false;
            for (_, cause, module) in chosen {
                let outcome = self.unload_module(module, Asked::Sweep(cause));
                let view = &mut views[module];
                match &outcome {
                    // What refused keeps its place, so another one may have to go.
                    UnloadOutcome::Refused { reason } => {
                        refused = true;
                        match reason {
                            Refusal::Veto(reason) => view.veto = Some(reason.as_str().into()),
                            Refusal::References(count) => view.references = (*count).max(1),
                            other => view.busy = Some(other.to_string().into()),
                        }
                    }
                    _ => view.resident = false,
                }
                report.attempts.push(UnloadAttempt {
                    module: self.modules[module].info.name,
                    outcome,
                });
            }
            if !refused {
                report.next = next_sweep(&self.policy, &facts, verdicts);
                break;
            }
        }
        if self.waiting.load(Ordering::Relaxed)
            && self.modules.iter().any(|m| m.life().has_waiting_copy())
        {
            // Nothing tells when a thread has ended.
            let look = now.saturating_add(self.policy.sweep_interval);
            report.next = Some(report.next.map_or(look, |next| next.min(look)));
        }
        let trim = self.trim_idle(now, pressure, sheets);
        report.next = report.next.into_iter().chain(trim).min();
        self.count_verdicts(&sheets.verdicts);
        report
    }

    /// Unloads sealed copies whose last thread has ended, or is this one.
    fn release_all_waiting_copies(&self, report: &mut SweepReport) {
        if !self.waiting.load(Ordering::Relaxed) {
            return;
        }
        for (index, module) in self.modules.iter().enumerate() {
            let outcomes = self.release_waiting_copies(index).into_iter();
            report
                .attempts
                .extend(outcomes.map(|outcome| UnloadAttempt {
                    module: module.info.name,
                    outcome,
                }));
        }
    }

    /// Notes what is known about all modules now, in their order.
    fn look_at_all(&self, now: Duration, sheets: &mut Sheets) {
        self.protection.counts(&mut sheets.counts);
        sheets
            .live
            .resize(self.modules.len(), LiveEntries::default());
        self.cache.live_by_module(now, &mut sheets.live);
        sheets.views.clear();
        sheets.untrimmed.clear();
        let facts = sheets.counts.iter().zip(&sheets.live);
        let modules = self.modules.iter().zip(facts).enumerate();
        sheets
            .views
            .extend(modules.map(|(index, (module, (counts, cached)))| {
                let (mut view, untrimmed) = self.view(index, module, *counts, now);
                if untrimmed {
                    sheets.untrimmed.push(index);
                }
                view.index = index as u32;
                view.cached = *cached;
                view
            }));
    }

    /// What is known about one, and whether it has run since it was trimmed.
    fn view(
        &self,
        index: usize,
        module: &ModuleCell,
        counts: Counts,
        now: Duration,
    ) -> (ModuleView, bool) {
        let life = module.life();
        let mut view = ModuleView::default();
        // Nothing is asked about a module that isn't there.
        let Some(library) = life.library() else {
            return (view, false);
        };
        view.resident = true;
        view.references = counts.inside + module.owned.load(Ordering::Acquire);
        view.unload_unsafe = library.unload_unsafe();
        if self.policy.resident_bytes.is_some() {
            // Takes the time of walking its heap.
            view.bytes = library.memory().total();
        }
        view.pinned = module.info.pinned;
        view.ping_pongs = life.history.ping_pongs;
        drop(life);
        let used = self.look_with(index, counts, now);
        view.last_used = used.last_used;
        view.use_order = used.order;
        view.critical_since_load = used.critical_since_load;
        view.recent_calls = used.recent_calls;
        view.cools_at = used.cools_at;
        (view, used.untrimmed)
    }

    /// The verdict on one module as it stands `now`, without unloading anything.
    pub(crate) fn judge(&self, index: usize, now: Duration) -> Option<Verdict> {
        let pressure = self.pressure.pressure();
        let mut sheets = Sheets::default();
        self.look_at_all(now, &mut sheets);
        let Sheets {
            views, verdicts, ..
        } = &mut sheets;
        {
            let life = self.modules[index].life();
            let busy = life.library().and_then(Library::busy);
            // What ends when the module is sealed stands against nothing, unless an older copy waits already.
            let stands = |busy: &Busy| !busy.ends || life.has_waiting_copy();
            views[index].busy = busy.filter(stands).map(|busy| busy.to_string().into());
        }
        decide(now, &self.policy, pressure, views, verdicts);
        let mut verdicts = sheets.verdicts.into_iter();
        verdicts.find(|verdict| verdict.module as usize == index)
    }

    fn count_verdicts(&self, verdicts: &[Verdict]) {
        let mut kept = [0; Layer::ALL.len()];
        for verdict in verdicts {
            if let Decision::Keep { layer, .. } = verdict.decision {
                kept[layer as usize] += 1;
            }
        }
        for (sum, kept) in self.protections_by_layer.iter().zip(kept) {
            sum.fetch_add(kept, Ordering::Relaxed);
        }
    }
}
