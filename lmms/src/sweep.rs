//! The sweep: looks at every resident module, decides, and unloads what may go.

#![forbid(unsafe_code)]

use crate::cache::LiveEntries;
use crate::decision::{Cause, Decision, Layer, ModuleView, Pressure, Verdict, decide, next_sweep};
use crate::outcome::{Refusal, SweepReport, UnloadAttempt, UnloadOutcome};
use crate::runtime::{Module, Runtime};
use crate::unloading::Asked;

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

impl Runtime {
    /// One LUGS pass: looks at every resident module, decides, and unloads what may go.
    ///
    /// Thread-locals of modules on *other* threads can't be destroyed from here; see
    /// [`checkpoint`](Self::checkpoint).
    pub fn sweep(&self) -> SweepReport {
        let _one = self.sweeping.lock().unwrap_or_else(PoisonError::into_inner);
        self.sweeps.fetch_add(1, Ordering::Relaxed);
        let now = self.now();
        let pressure = if self.policy.heed_pressure {
            self.pressure.pressure()
        } else {
            Pressure::None
        };
        let mut views = self.views(now);
        let mut verdicts = Vec::with_capacity(views.len());
        let mut report = SweepReport::default();
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
                            other => view.unload_unsafe = Some(other.to_string().into()),
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
        self.keep_verdicts(verdicts);
        report
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
            view.references =
                self.protection.references(index) + module.owned.load(Ordering::Acquire);
            view.bytes = library.memory().total();
            view.unload_unsafe = library.unload_unsafe();
        }
        view
    }

    /// The verdicts on all modules as they stand now, without unloading anything.
    pub(crate) fn judge(&self) -> Vec<Verdict> {
        let now = self.now();
        let mut verdicts = Vec::new();
        let pressure = self.pressure.pressure();
        decide(now, &self.policy, pressure, &self.views(now), &mut verdicts);
        verdicts
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
