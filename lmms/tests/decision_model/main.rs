//! The decision which modules to unload, compared with a model of it over random histories.
//!
//! The model knows the history itself (every call, every cached result) where the real decision sees a summary of it,
//! and decides the slow way: one module at a time, from scratch each time.

#![forbid(unsafe_code)]

mod model;

use std::sync::Arc;
use std::time::Duration;

use lmms::cache::{Insertion, LiveEntries, NewResult, ResultCache};
use lmms::clock::{Clock, ManualClock};
use lmms::decision::{Decision, ModuleView, Pressure, SweepFacts, Verdict, decide, next_sweep};
use lmms::heat::{CallWindow, Heat};
use lmms::policy::{CacheDependencies, Policy};
use proptest::prelude::*;

use model::{Decided, History, expected};

const MODULES: usize = 7;

#[derive(Clone, Debug)]
enum Step {
    /// So many calls, which load the module if necessary.
    Call(usize, u64),
    /// A guard is taken, or given back.
    Hold(usize),
    Release(usize),
    Cache(usize, Duration),
    Forget(usize),
    Pin(usize),
    /// Its unload becomes unsafe, or safe; the module objects, or no longer does.
    Unsafe(usize, bool),
    Veto(usize, bool),
    /// A thread of it runs, or no longer does.
    Busy(usize, bool),
    Bytes(usize, u64),
    Wait(Duration),
    /// The bits say whose unload will be refused.
    Sweep(Pressure, u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let module = 0..MODULES;
    let step = prop_oneof![
        12 => (module.clone(), prop_oneof![4 => 1..4u64, 3 => 4..25u64, 1 => 90..120u64]).prop_map(|(m, n)| Step::Call(m, n)),
        2 => module.clone().prop_map(Step::Hold),
        3 => module.clone().prop_map(Step::Release),
        2 => (module.clone(), 1..600u64).prop_map(|(m, s)| Step::Cache(m, Duration::from_secs(s))),
        1 => module.clone().prop_map(Step::Forget),
        1 => (module.clone(), 0..4u8).prop_map(|(m, one_in_four)| if one_in_four == 0 { Step::Pin(m) } else { Step::Release(m) }),
        1 => (module.clone(), any::<bool>()).prop_map(|(m, on)| Step::Unsafe(m, on)),
        2 => (module.clone(), any::<bool>()).prop_map(|(m, on)| Step::Veto(m, on)),
        2 => (module.clone(), any::<bool>()).prop_map(|(m, on)| Step::Busy(m, on)),
        2 => (module, 0..200u64).prop_map(|(m, bytes)| Step::Bytes(m, bytes)),
        8 => prop_oneof![
            4 => (0..40_000u64).prop_map(Duration::from_millis),
            2 => (0..1_000u64).prop_map(Duration::from_secs),
            1 => (3_000..4_000u64).prop_map(Duration::from_secs),
        ].prop_map(Step::Wait),
        8 => (prop_oneof![5 => Just(Pressure::None), 1 => Just(Pressure::High)], prop_oneof![2 => Just(0u8), 1 => any::<u8>()])
            .prop_map(|(pressure, refused)| Step::Sweep(pressure, refused)),
    ];
    proptest::collection::vec(step, 1..120)
}

fn policies() -> impl Strategy<Value = Policy> {
    (
        0..5usize,
        proptest::option::of(0..500u64),
        any::<bool>(),
        any::<bool>(),
        prop_oneof![4 => Just(true), 1 => Just(false)],
    )
        .prop_map(|(max_resident, bytes, forever, detach, heed)| {
            Policy::default()
                .max_resident(max_resident)
                .resident_bytes(bytes)
                .critical_is_forever(forever)
                .cache_dependencies(if detach {
                    CacheDependencies::Detach
                } else {
                    CacheDependencies::Protect
                })
                .heed_pressure(heed)
        })
}

/// The history, and beside it what the runtime itself would know of it.
struct World {
    clock: ManualClock,
    policy: Policy,
    modules: Vec<History>,
    windows: Vec<CallWindow>,
    cache: ResultCache,
    stored: u64,
    verdicts: Vec<Verdict>,
}

impl World {
    fn new(policy: Policy) -> World {
        World {
            clock: ManualClock::new(),
            modules: vec![History::default(); MODULES],
            windows: vec![policy.new_window(); MODULES],
            policy,
            cache: ResultCache::new(1 << 20),
            stored: 0,
            verdicts: Vec::with_capacity(MODULES),
        }
    }

    fn apply(&mut self, step: Step) -> Result<(), TestCaseError> {
        let now = self.clock.monotonic();
        match step {
            Step::Call(m, calls) => {
                self.load(m, now);
                self.modules[m].unnoticed += calls;
            }
            Step::Hold(m) => {
                self.load(m, now);
                self.modules[m].guards += 1;
            }
            Step::Release(m) => self.modules[m].guards = self.modules[m].guards.saturating_sub(1),
            Step::Cache(m, ttl) => {
                self.stored += 1;
                let result = NewResult {
                    operation: m as u32 + 100,
                    module: m as u32,
                    arguments: &self.stored.to_le_bytes(),
                    value: Arc::new(()),
                    bytes: 0,
                    expires: now + ttl,
                    generation: self.cache.generation(m as u32 + 100),
                };
                prop_assert_eq!(self.cache.insert(result, now), Insertion::Stored);
                self.modules[m].cached.push(now + ttl);
            }
            Step::Forget(m) => {
                self.cache.invalidate_module(m as u32);
                self.modules[m].cached.clear();
            }
            Step::Pin(m) => self.modules[m].pinned = true,
            Step::Unsafe(m, is_unsafe) => self.modules[m].is_unsafe = is_unsafe,
            Step::Veto(m, objects) => self.modules[m].objects = objects,
            Step::Busy(m, busy) => self.modules[m].busy = busy,
            Step::Bytes(m, bytes) => self.modules[m].bytes = bytes,
            Step::Wait(time) => self.clock.advance(time),
            Step::Sweep(pressure, refused) => self.sweep(pressure, refused)?,
        }
        Ok(())
    }

    fn load(&mut self, m: usize, now: Duration) {
        let module = &mut self.modules[m];
        if !module.resident {
            module.resident = true;
            module.last_used = now;
            let early = module
                .unloaded_at
                .is_some_and(|then| self.policy.is_ping_pong(then, now));
            module.early_unloads = if early { module.early_unloads + 1 } else { 0 };
        }
    }

    fn sweep(&mut self, pressure: Pressure, refused: u8) -> Result<(), TestCaseError> {
        let now = self.clock.monotonic();
        for (module, window) in self.modules.iter_mut().zip(&mut self.windows) {
            let calls = std::mem::take(&mut module.unnoticed);
            window.feed(now, calls);
            if calls > 0 {
                module.calls.push((now, calls));
                module.last_used = now;
            }
            module.was_critical =
                module.resident && (module.was_critical || module.heat(now) == Heat::Critical);
        }
        let facts = self.decide(now, pressure);
        let decided: Vec<(u32, Decided)> = self
            .verdicts
            .iter()
            .map(|v| (v.module, shortened(v.decision)))
            .collect();
        prop_assert_eq!(
            decided,
            expected(now, &self.policy, pressure, &self.modules)
        );
        self.check_summary(&facts)?;
        for verdict in &self.verdicts {
            check_explanation(verdict)?;
        }

        let mut all_went = true;
        for verdict in &self.verdicts {
            if let Decision::Unload { .. } = verdict.decision {
                if refused >> verdict.module & 1 == 1 {
                    all_went = false;
                    continue;
                }
                let module = &mut self.modules[verdict.module as usize];
                (module.resident, module.was_critical, module.unloaded_at) =
                    (false, false, Some(now));
            }
        }
        if all_went {
            self.check_next_sweep(now, pressure, &facts)
        } else {
            Ok(())
        }
    }

    fn decide(&mut self, now: Duration, pressure: Pressure) -> SweepFacts {
        let mut cached = [LiveEntries::default(); MODULES];
        self.cache.live_by_module(now, &mut cached);
        let views: Vec<ModuleView> = (0..MODULES)
            .map(|m| {
                let (module, window) = (&self.modules[m], &self.windows[m]);
                let mut view = ModuleView::resident(m as u32);
                view.resident = module.resident;
                view.references = module.guards;
                view.recent_calls = window.total(now);
                view.cools_at = window.cools_at(now, &self.policy.heat);
                view.critical_since_load = module.was_critical;
                view.cached = cached[m];
                view.last_used = module.last_used;
                view.ping_pongs = module.early_unloads;
                view.bytes = module.bytes;
                view.pinned = module.pinned;
                view.unload_unsafe = module
                    .is_unsafe
                    .then(|| "it was built without the census".into());
                view.veto = module.objects.then(|| "it holds unsaved state".into());
                view.busy = module.busy.then(|| "a thread of it runs".into());
                view
            })
            .collect();
        decide(now, &self.policy, pressure, &views, &mut self.verdicts)
    }

    fn check_summary(&self, facts: &SweepFacts) -> Result<(), TestCaseError> {
        let gone: Vec<u32> = self
            .verdicts
            .iter()
            .filter(|verdict| matches!(verdict.decision, Decision::Unload { .. }))
            .map(|verdict| verdict.module)
            .collect();
        let resident = self.modules.iter().filter(|module| module.resident);
        let bytes = resident.clone().map(|module| module.bytes).sum::<u64>();
        let freed = gone
            .iter()
            .map(|module| self.modules[*module as usize].bytes)
            .sum::<u64>();
        prop_assert_eq!((facts.resident, facts.bytes), (resident.count(), bytes));
        prop_assert_eq!(
            (facts.remaining, facts.remaining_bytes),
            (facts.resident - gone.len(), bytes - freed)
        );
        Ok(())
    }

    /// Nothing happens from now on. Then no sweep before the announced one has anything to unload.
    fn check_next_sweep(
        &mut self,
        now: Duration,
        pressure: Pressure,
        facts: &SweepFacts,
    ) -> Result<(), TestCaseError> {
        let next = next_sweep(&self.policy, facts, &self.verdicts);
        if let Some(next) = next {
            prop_assert!(next > now);
        }
        let last = next.unwrap_or(now + Duration::from_secs(8_000));
        for part in 1..=20 {
            let then = now + (last - now) * part / 20 - Duration::from_nanos(1);
            // The cache forgets what has expired: look with a copy of the history instead of asking it about the
            // future.
            let unloads = expected(then, &self.policy, pressure, &self.modules)
                .into_iter()
                .filter(|(_, decided)| matches!(decided, Decided::Unload(..)))
                .count();
            prop_assert_eq!(unloads, 0, "at {:?}, announced for {:?}", then, next);
        }
        Ok(())
    }
}

fn shortened(decision: Decision) -> Decided {
    match decision {
        Decision::Keep { layer, until, .. } => Decided::Keep(layer, until),
        Decision::Unload { rank, cause, .. } => Decided::Unload(rank, cause),
        _ => panic!("a decision that this test doesn't know"),
    }
}

/// The layers' views agree with the decision, and put it into words and into JSON.
fn check_explanation(verdict: &Verdict) -> Result<(), TestCaseError> {
    let views = verdict.layers();
    let first = views.iter().find(|view| view.protects);
    match verdict.decision {
        Decision::Keep { layer, until, .. } => {
            prop_assert_eq!(
                first.map(|view| (view.layer, view.until)),
                Some((layer, until))
            );
            prop_assert!(verdict.to_string().starts_with("stays loaded: "));
        }
        _ => prop_assert_eq!(first, None),
    }
    prop_assert_eq!(verdict.to_string().lines().count(), 1 + views.len());
    let json =
        serde_json::to_value(verdict).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(json["layers"].as_array().map(Vec::len), Some(views.len()));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn decides_as_the_model_does(policy in policies(), steps in steps()) {
        let mut world = World::new(policy);
        for step in steps {
            world.apply(step)?;
        }
        world.apply(Step::Sweep(Pressure::None, 0))?;
    }
}
