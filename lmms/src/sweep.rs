//! The sweep: looks at every resident module, decides, and unloads what may go.

#![forbid(unsafe_code)]

use crate::cache::LiveEntries;
use crate::decision::{Cause, Decision, Layer, ModuleView, Pressure, Verdict, decide, next_sweep};
use crate::outcome::{Refusal, SweepReport, UnloadAttempt, UnloadOutcome};
use crate::residence::{Asked, Module};
use crate::runtime::Runtime;

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

impl Runtime {
    /// One LUGS pass: looks at every resident module, decides, and unloads what may go.
    ///
    /// Thread-locals of modules on *other* threads can't be destroyed from here; see
    /// [`checkpoint`](Self::checkpoint). It must not be called from inside an operation.
    pub fn sweep(&self) -> SweepReport {
        let _one = self.sweeping.lock().unwrap_or_else(PoisonError::into_inner);
        self.sweeps.fetch_add(1, Ordering::Relaxed);
        let now = self.now();
        let pressure = if self.policy.heed_pressure {
            self.pressure.pressure()
        } else {
            Pressure::None
        };
        let mut report = SweepReport::default();
        self.release_waiting_copies(&mut report);
        let mut views = self.views(now);
        let mut verdicts = Vec::with_capacity(views.len());
        loop {
            let facts = decide(now, &self.policy, pressure, &views, &mut verdicts);
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
                report.next = next_sweep(&self.policy, &facts, &verdicts);
                break;
            }
        }
        if self.modules.iter().any(|m| m.life().has_waiting_copy()) {
            // Nothing tells when a thread has ended.
            let look = now.saturating_add(self.policy.sweep_interval);
            report.next = Some(report.next.map_or(look, |next| next.min(look)));
        }
        self.keep_verdicts(verdicts);
        report
    }

    /// Unloads sealed copies whose last thread has ended, or is this one.
    fn release_waiting_copies(&self, report: &mut SweepReport) {
        for (index, module) in self.modules.iter().enumerate() {
            if let Some(outcome) = self.release_waiting_copy(index) {
                report.attempts.push(UnloadAttempt {
                    module: module.info.name,
                    outcome,
                });
            }
        }
    }

    /// What is known about all modules now, in their order.
    fn views(&self, now: Duration) -> Vec<ModuleView> {
        let mut live = vec![LiveEntries::default(); self.modules.len()];
        self.cache.live_by_module(now, &mut live);
        self.modules
            .iter()
            .zip(live)
            .enumerate()
            .map(|(index, (module, cached))| self.view(index, module, cached, now))
            .collect()
    }

    fn view(
        &self,
        index: usize,
        module: &Module,
        cached: LiveEntries,
        now: Duration,
    ) -> ModuleView {
        let mut life = module.life();
        life.observe(self.protection.calls(index), &self.policy, now);
        let history = &life.history;
        let mut view = ModuleView {
            index: index as u32,
            cached,
            pinned: module.pinned,
            last_used: history.last_used,
            ping_pongs: history.ping_pongs,
            critical_since_load: history.critical_since_load,
            recent_calls: history.window.total(now),
            cools_at: history.window.cools_at(now, &self.policy.heat),
            ..ModuleView::default()
        };
        if let Some(library) = life.library() {
            view.resident = true;
            view.references = module.references(&self.protection);
            view.bytes = library.memory().total();
            view.unload_unsafe = library.unload_unsafe();
        }
        view
    }

    /// The verdict on one module as it stands now, without unloading anything.
    pub(crate) fn judge(&self, index: usize) -> Option<Verdict> {
        let now = self.now();
        let mut verdicts = Vec::new();
        let pressure = self.pressure.pressure();
        let mut views = self.views(now);
        views[index].busy = self.modules[index]
            .life()
            .library()
            .and_then(|library| Some(library.busy()?.to_string().into()));
        decide(now, &self.policy, pressure, &views, &mut verdicts);
        let mut verdicts = verdicts.into_iter();
        verdicts.find(|verdict| verdict.module as usize == index)
    }

    fn keep_verdicts(&self, verdicts: Vec<Verdict>) {
        for verdict in verdicts {
            if let Decision::Keep { layer, .. } = verdict.decision
                && let Some(place) = Layer::ALL.iter().position(|known| *known == layer)
            {
                self.protections_by_layer[place].fetch_add(1, Ordering::Relaxed);
            }
            let module = &self.modules[verdict.module as usize];
            let mut life = module.life();
            if life.library().is_some() {
                life.history.verdict = Some(verdict);
            }
        }
    }
}
