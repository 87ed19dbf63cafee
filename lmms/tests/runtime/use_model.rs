//! Decisions and explanations, compared with a model that sees every call and guard at its time, for any
//! order of calls, guards, looks, sweeps and moves of the clock.

#![forbid(unsafe_code)]

use std::time::Duration;

use lmms::__private::Pin;
use lmms::clock::{Clock, ManualClock};
use lmms::decision::{Finding, Layer};
use lmms::heat::{Heat, HeatThresholds};
use lmms::outcome::UnloadOutcome;
use lmms::{OwnedGuard, Policy, State};
use proptest::prelude::*;

use crate::fake::Stage;

const MODULES: usize = 4;

#[derive(Clone, Debug)]
enum Step {
    Call(usize, u64),
    Pin(usize),
    Unpin(usize),
    Own(usize),
    Disown(usize),
    Wait(Duration),
    /// Somebody looks; nothing must come of it.
    Statistics,
    Explain(usize),
    Sweep,
    Unload(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let module = || 0..MODULES;
    let calls = prop_oneof![5 => 1..4u64, 2 => 4..30u64, 2 => 60..140u64];
    let wait = prop_oneof![
        2 => (0..300u64).prop_map(Duration::from_millis),
        3 => (0..40u64).prop_map(Duration::from_secs),
        1 => (0..5_000u64).prop_map(Duration::from_secs),
    ];
    let step = prop_oneof![
        10 => (module(), calls).prop_map(|(module, calls)| Step::Call(module, calls)),
        1 => module().prop_map(Step::Pin),
        2 => module().prop_map(Step::Unpin),
        1 => module().prop_map(Step::Own),
        2 => module().prop_map(Step::Disown),
        8 => wait.prop_map(Step::Wait),
        2 => Just(Step::Statistics),
        2 => module().prop_map(Step::Explain),
        4 => Just(Step::Sweep),
        1 => module().prop_map(Step::Unload),
    ];
    proptest::collection::vec(step, 1..80)
}

fn policies() -> impl Strategy<Value = Policy> {
    let heat = |warm, hot, critical| HeatThresholds {
        warm,
        hot,
        critical,
    };
    (
        0..MODULES,
        prop_oneof![Just(Duration::ZERO), Just(Duration::from_secs(30))],
        prop_oneof![Just(heat(5, 20, 100)), Just(heat(50, 500, 5_000))],
        prop_oneof![Just((3_600, 60)), Just((10, 5)), Just((60, 1))],
        any::<bool>(),
    )
        .prop_map(|(max_resident, grace, heat, (window, buckets), for_ever)| {
            Policy::default()
                .max_resident(max_resident)
                .grace(grace)
                .heat(heat)
                .heat_window(Duration::from_secs(window), buckets)
                .critical_is_forever(for_ever)
        })
}

/// A clock that tells nobody when it moves.
#[derive(Clone, Debug)]
struct Untold(ManualClock);

impl Clock for Untold {
    fn monotonic(&self) -> Duration {
        self.0.monotonic()
    }

    fn unix_time(&self) -> Duration {
        self.0.unix_time()
    }
}

/// Everything that ever happened to a module.
#[derive(Clone, Debug, Default)]
struct Module {
    resident: bool,
    /// When calls ended; a guard's first.
    calls: Vec<Duration>,
    held: u64,
    /// When it was last in use, and the number of that use.
    last_used: (Duration, u64),
    was_critical: bool,
    unloaded_at: Option<Duration>,
    ping_pongs: u32,
}

struct World<'s> {
    stage: &'s Stage,
    policy: Policy,
    modules: Vec<Module>,
    uses: u64,
    pins: Vec<Vec<Pin<'s>>>,
    guards: Vec<Vec<OwnedGuard>>,
}

impl<'s> World<'s> {
    fn new(stage: &'s Stage, policy: Policy) -> Self {
        Self {
            stage,
            policy,
            modules: vec![Module::default(); MODULES],
            uses: 0,
            pins: (0..MODULES).map(|_| Vec::new()).collect(),
            guards: (0..MODULES).map(|_| Vec::new()).collect(),
        }
    }

    fn now(&self) -> Duration {
        self.stage.clock.monotonic()
    }

    fn name(module: usize) -> String {
        format!("m{module:02}")
    }

    fn recent_calls(&self, module: usize) -> u64 {
        let width = self.policy.heat_window / self.policy.heat_buckets;
        let bucket = |time: Duration| time.as_nanos() / width.as_nanos();
        let first = bucket(self.now()).saturating_sub(u128::from(self.policy.heat_buckets));
        let calls = self.modules[module].calls.iter();
        calls.filter(|call| bucket(**call) >= first).count() as u64
    }

    fn heat(&self, module: usize) -> Heat {
        self.policy.heat.heat(self.recent_calls(module))
    }

    fn is_used(&mut self, module: usize) {
        self.uses += 1;
        self.modules[module].last_used = (self.now(), self.uses);
    }

    fn is_loaded(&mut self, module: usize) {
        let now = self.now();
        if self.modules[module].resident {
            return;
        }
        self.is_used(module);
        let is_critical = self.heat(module) == Heat::Critical;
        let module = &mut self.modules[module];
        module.resident = true;
        module.was_critical = is_critical;
        let early = module
            .unloaded_at
            .is_some_and(|then| self.policy.is_ping_pong(then, now));
        module.ping_pongs = if early { module.ping_pongs + 1 } else { 0 };
    }

    fn has_ended(&mut self, module: usize) {
        let now = self.now();
        self.is_used(module);
        self.modules[module].calls.push(now);
        self.modules[module].was_critical |= self.heat(module) == Heat::Critical;
    }

    fn is_gone(&mut self, module: usize) {
        let now = self.now();
        let module = &mut self.modules[module];
        (module.resident, module.unloaded_at) = (false, Some(now));
    }

    /// How long it hasn't been in use.
    fn idle(&self, module: usize) -> Duration {
        let module = &self.modules[module];
        if module.held > 0 {
            return Duration::ZERO;
        }
        self.now() - module.last_used.0
    }

    /// What a sweep should unload, in that order.
    fn to_unload(&self) -> Vec<String> {
        let resident: Vec<usize> = (0..MODULES)
            .filter(|module| self.modules[*module].resident)
            .collect();
        let may_go = |index: &usize| {
            let module = &self.modules[*index];
            let for_good = self.policy.critical_is_forever
                && (module.was_critical || self.heat(*index) == Heat::Critical);
            module.held == 0
                && self.heat(*index) < Heat::Hot
                && !for_good
                && self.idle(*index) >= self.policy.grace_after(module.ping_pongs)
        };
        let mut queue: Vec<usize> = resident.iter().copied().filter(may_go).collect();
        queue.sort_by_key(|module| (self.heat(*module), self.modules[*module].last_used));
        queue.truncate(resident.len().saturating_sub(self.policy.max_resident));
        queue.into_iter().map(Self::name).collect()
    }

    fn apply(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let fakes = &self.stage.fakes;
        match *step {
            Step::Call(module, calls) => {
                self.is_loaded(module);
                for _ in 0..calls {
                    prop_assert_eq!(fakes.double_of(module, 2).ok(), Some(4));
                    self.has_ended(module);
                }
            }
            Step::Pin(module) => {
                self.is_loaded(module);
                self.pins[module].push(fakes.pin(module));
                self.modules[module].held += 1;
            }
            Step::Unpin(module) => {
                if self.pins[module].pop().is_some() {
                    self.modules[module].held -= 1;
                    self.has_ended(module);
                }
            }
            Step::Own(module) => {
                self.is_loaded(module);
                let guard = lmms::__private::own(fakes.core(), &[module]);
                self.guards[module].push(guard.expect("fakes load"));
                self.modules[module].held += 1;
                self.has_ended(module);
            }
            Step::Disown(module) => {
                if self.guards[module].pop().is_some() {
                    self.modules[module].held -= 1;
                    self.is_used(module);
                }
            }
            Step::Wait(time) => self.stage.clock.advance(time),
            Step::Statistics => self.check_statistics()?,
            Step::Explain(module) => self.check_explanation(module)?,
            Step::Sweep => {
                let expected = self.to_unload();
                let attempts = fakes.sweep().attempts;
                let names: Vec<_> = attempts.iter().map(|attempt| attempt.module).collect();
                prop_assert_eq!(names, expected);
                for attempt in attempts {
                    let gone = matches!(attempt.outcome, UnloadOutcome::Unloaded { .. });
                    prop_assert!(gone, "{}", attempt.outcome);
                    let index = attempt.module[1..].parse().expect("its number");
                    self.is_gone(index);
                }
            }
            Step::Unload(module) => {
                let outcome = fakes.unload(&Self::name(module)).expect("it exists");
                let Module { resident, held, .. } = self.modules[module];
                let gone = matches!(outcome, UnloadOutcome::Unloaded { .. });
                prop_assert_eq!(gone, resident && held == 0, "{}", outcome);
                if gone {
                    self.is_gone(module);
                }
            }
        }
        if !matches!(step, Step::Statistics | Step::Explain(_) | Step::Sweep) {
            // Of frequent calls only the moment is known, not their order among others.
            self.stage.clock.advance(Duration::from_nanos(1));
        }
        Ok(())
    }

    fn check_statistics(&self) -> Result<(), TestCaseError> {
        let statistics = self.stage.fakes.statistics();
        for (index, module) in self.modules.iter().enumerate() {
            let seen = &statistics.modules[index];
            prop_assert_eq!(
                (seen.calls, seen.recent_calls, seen.references),
                (
                    module.calls.len() as u64,
                    self.recent_calls(index),
                    module.held
                )
            );
            prop_assert_eq!(seen.heat, self.heat(index));
            prop_assert_eq!(seen.state == State::Resident, module.resident);
        }
        Ok(())
    }

    fn check_explanation(&self, module: usize) -> Result<(), TestCaseError> {
        let explanation = self.stage.fakes.explain(&Self::name(module));
        let explanation = explanation.expect("it exists");
        let Some(verdict) = explanation.verdict else {
            prop_assert!(!self.modules[module].resident);
            return Ok(());
        };
        let Finding::Grace { idle, in_use, .. } = verdict.view_of(Layer::Grace).finding else {
            panic!("another layer's finding");
        };
        prop_assert_eq!(idle, self.idle(module));
        prop_assert_eq!(in_use, self.modules[module].held > 0);
        let Finding::Heat { calls, .. } = verdict.view_of(Layer::Heat).finding else {
            panic!("another layer's finding");
        };
        prop_assert_eq!(calls, self.recent_calls(module));
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_books_are_those_of_a_model_that_sees_every_call(
        policy in policies(),
        steps in steps(),
        told in any::<bool>(),
    ) {
        let stage = Stage::build(policy.clone(), |builder, clock| match told {
            true => builder.clock(clock.clone()),
            false => builder.clock(Untold(clock.clone())),
        });
        let mut world = World::new(&stage, policy);
        for step in &steps {
            world.apply(step)?;
        }
        world.check_statistics()?;
        for module in 0..MODULES {
            world.check_explanation(module)?;
        }
        world.apply(&Step::Sweep)?;
    }
}
