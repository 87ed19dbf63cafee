//! The rules one by one, and their wording. All of them together are compared with a model in
//! `tests/decision_model.rs`.
#![forbid(unsafe_code)]

use super::*;
use crate::host::cache::LiveEntries;
use crate::host::decision::policy::CacheDependencies;

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// So many cold modules, last used at second 0, 1, 2, …; it is second 1,000.
fn idle(count: u32) -> Vec<ModuleView> {
    let module = |index: u32| ModuleView {
        last_used: seconds(index.into()),
        bytes: 100,
        ..ModuleView::resident(index)
    };
    (0..count).map(module).collect()
}

fn verdicts(policy: &Policy, pressure: Pressure, modules: &[ModuleView]) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    decide(seconds(1_000), policy, pressure, modules, &mut verdicts);
    verdicts
}

/// The modules to unload in their order, and the deciding layers of the others.
fn outcome(
    policy: &Policy,
    pressure: Pressure,
    modules: &[ModuleView],
) -> (Vec<u32>, Vec<(u32, Layer)>) {
    let (mut unloaded, mut kept) = (Vec::new(), Vec::new());
    for verdict in verdicts(policy, pressure, modules) {
        match verdict.decision {
            Decision::Keep { layer, .. } => kept.push((verdict.module, layer)),
            Decision::Unload { rank, .. } => unloaded.push((rank, verdict.module)),
        }
    }
    unloaded.sort();
    (
        unloaded.into_iter().map(|(_, module)| module).collect(),
        kept,
    )
}

fn live(count: u64, last_expiry: Duration) -> LiveEntries {
    LiveEntries {
        count,
        first_expiry: last_expiry,
        last_expiry,
    }
}

#[test]
fn eight_may_stay_and_of_more_the_least_recently_used_go() {
    let policy = Policy::default();
    assert!(outcome(&policy, Pressure::None, &idle(8)).0.is_empty());
    let mut modules = idle(11);
    modules.reverse();
    modules.push(ModuleView {
        resident: false,
        ..ModuleView::resident(11)
    });
    let (unloaded, kept) = outcome(&policy, Pressure::None, &modules);
    assert_eq!(unloaded, [0, 1, 2]);
    assert_eq!(
        kept,
        [10, 9, 8, 7, 6, 5, 4, 3].map(|module| (module, Layer::Threshold))
    );
}

#[test]
fn the_layers_are_listed_in_their_order() {
    for (place, layer) in Layer::ALL.into_iter().enumerate() {
        assert_eq!(layer as usize, place, "{layer}");
    }
}

#[test]
fn each_layer_protects_and_they_decide_in_their_order() {
    let policy = Policy::default().max_resident(0);
    let mut modules = idle(1);
    assert_eq!(outcome(&policy, Pressure::None, &modules).0, [0]);
    // From the last layer to the first: each in turn takes the decision over.
    type Protect = fn(&mut ModuleView);
    let protections: [(Layer, Protect); 8] = [
        (Layer::Busy, |module| {
            module.busy = Some("a thread runs".into())
        }),
        (Layer::Veto, |module| module.veto = Some("unsaved".into())),
        (Layer::Grace, |module| module.last_used = seconds(971)),
        (Layer::Cache, |module| {
            module.cached = live(1, seconds(1_001))
        }),
        (Layer::Heat, |module| module.recent_calls = 20),
        (Layer::References, |module| module.references = 1),
        (Layer::Unsafe, |module| {
            module.unload_unsafe = Some("no census".into())
        }),
        (Layer::Pinned, |module| module.pinned = true),
    ];
    for (layer, protect) in protections {
        let mut alone = idle(1);
        protect(&mut alone[0]);
        assert_eq!(
            outcome(&policy, Pressure::None, &alone).1,
            [(0, layer)],
            "alone"
        );
        protect(&mut modules[0]);
        assert_eq!(
            outcome(&policy, Pressure::None, &modules).1,
            [(0, layer)],
            "with those below it"
        );
    }
    // The threshold, which the loop had to leave out, comes before what is asked last.
    let objecting = ModuleView {
        veto: Some("unsaved".into()),
        busy: Some("a thread runs".into()),
        ..ModuleView::resident(0)
    };
    assert_eq!(
        outcome(&policy.max_resident(1), Pressure::None, &[objecting]).1,
        [(0, Layer::Threshold)]
    );
}

#[test]
fn protections_end_when_they_say() {
    let policy = Policy::default().max_resident(0);
    let decided = |last_used, expires| {
        let view = ModuleView {
            last_used: seconds(last_used),
            cached: live(1, seconds(expires)),
            ..ModuleView::resident(0)
        };
        let verdict = verdicts(&policy, Pressure::None, &[view]).remove(0);
        (verdict.decision, verdict.eligible_at())
    };
    let keep = |layer, until| Decision::Keep {
        layer,
        until: Some(seconds(until)),
    };
    assert_eq!(
        decided(971, 1_001),
        (keep(Layer::Cache, 1_001), Some(seconds(1_001)))
    );
    assert_eq!(
        decided(999, 1_001),
        (keep(Layer::Cache, 1_001), Some(seconds(1_029)))
    );
    assert_eq!(
        decided(971, 1_000),
        (keep(Layer::Grace, 1_001), Some(seconds(1_001)))
    );
    assert!(matches!(
        decided(970, 1_000),
        (Decision::Unload { .. }, None)
    ));
}

#[test]
fn warm_modules_yield_only_when_no_cold_one_can() {
    let policy = Policy::default().max_resident(2);
    let mut modules = idle(4);
    (modules[0].recent_calls, modules[1].recent_calls) = (5, 19);
    assert_eq!(
        outcome(&policy, Pressure::None, &modules),
        (
            vec![2, 3],
            vec![(0, Layer::Threshold), (1, Layer::Threshold)]
        )
    );
    let one_may_go = policy.clone().max_resident(3);
    assert_eq!(
        outcome(&one_may_go, Pressure::None, &modules).1,
        [(0, Layer::Heat), (1, Layer::Heat), (3, Layer::Threshold)]
    );
    let three_must = policy.clone().max_resident(1);
    assert_eq!(
        outcome(&three_must, Pressure::None, &modules),
        (vec![2, 3, 0], vec![(1, Layer::Threshold)])
    );
    // A cold module that can't go doesn't stand in for a warm one.
    modules[2].veto = Some("unsaved".into());
    modules[3].references = 1;
    assert_eq!(
        outcome(&policy, Pressure::None, &modules),
        (vec![0, 1], vec![(2, Layer::Veto), (3, Layer::References)])
    );
}

#[test]
fn critical_is_for_good_unless_policy_says_otherwise() {
    let mut modules = idle(2);
    (modules[0].recent_calls, modules[1].critical_since_load) = (100, true);
    let policy = Policy::default().max_resident(0);
    assert_eq!(
        outcome(&policy, Pressure::High, &modules).1,
        [(0, Layer::Heat), (1, Layer::Heat)]
    );
    let passing = policy.critical_is_forever(false);
    assert_eq!(
        outcome(&passing, Pressure::High, &modules),
        (vec![1], vec![(0, Layer::Heat)])
    );
}

#[test]
fn a_byte_budget_unloads_idle_modules_even_if_there_are_few() {
    let mut modules = idle(4);
    modules[0].last_used = seconds(999);
    let within = |bytes| {
        outcome(
            &Policy::default().resident_bytes(bytes),
            Pressure::None,
            &modules,
        )
        .0
    };
    assert_eq!(
        [within(400), within(399), within(200), within(0)],
        [vec![], vec![1], vec![1, 2], vec![1, 2, 3]]
    );
    let verdict = &verdicts(
        &Policy::default().resident_bytes(399),
        Pressure::None,
        &modules,
    )[1];
    assert_eq!(
        verdict.decision,
        Decision::Unload {
            rank: 0,
            cause: Cause::TooManyBytes
        }
    );
}

#[test]
fn pressure_overrides_grace_and_threshold_and_nothing_else() {
    let mut modules = idle(8);
    for (module, recent_calls) in modules.iter_mut().zip([0, 19, 20, 0, 0, 0, 0, 0]) {
        (module.last_used, module.recent_calls) = (seconds(1_000), recent_calls);
    }
    modules[3].references = 1;
    modules[4].pinned = true;
    modules[5].unload_unsafe = Some("no census".into());
    modules[6].veto = Some("unsaved".into());
    modules[7].cached = live(1, seconds(1_001));
    let policy = Policy::default();
    let (unloaded, kept) = outcome(&policy, Pressure::High, &modules);
    assert_eq!(unloaded, [0, 1]);
    let layers = [
        Layer::Heat,
        Layer::References,
        Layer::Pinned,
        Layer::Unsafe,
        Layer::Veto,
        Layer::Cache,
    ];
    assert_eq!(kept, (2..8).zip(layers).collect::<Vec<_>>());
    assert_eq!(
        outcome(
            &policy.clone().cache_dependencies(CacheDependencies::Detach),
            Pressure::High,
            &modules
        )
        .0,
        [0, 7, 1]
    );
    assert!(
        outcome(&policy.heed_pressure(false), Pressure::High, &modules)
            .0
            .is_empty()
    );
}

#[test]
fn knows_when_to_look_again() {
    let policy = Policy::default().max_resident(1).sweep_interval(seconds(7));
    let next = |policy: &Policy, modules: &[ModuleView]| {
        let mut verdicts = Vec::new();
        let facts = decide(
            seconds(1_000),
            policy,
            Pressure::None,
            modules,
            &mut verdicts,
        );
        next_sweep(policy, &facts, &verdicts)
    };
    let mut modules = idle(2);
    assert_eq!(next(&policy, &modules), None, "one goes, the other fits");
    modules[0].last_used = seconds(990);
    modules[1].last_used = seconds(980);
    assert_eq!(
        next(&policy, &modules),
        Some(seconds(1_010)),
        "the first whose grace ends"
    );
    modules[1].cached = live(1, seconds(1_500));
    assert_eq!(
        next(&policy, &modules),
        Some(seconds(1_020)),
        "its cached results outlive the grace of the other"
    );
    modules[0].references = 1;
    assert_eq!(
        next(&policy, &modules),
        Some(seconds(1_007)),
        "whether a call has returned, only a look can tell"
    );
    (modules[0].pinned, modules[1].critical_since_load) = (true, true);
    assert_eq!(next(&policy, &modules), None, "both stay for good");
    assert_eq!(
        next(&policy.max_resident(8).resident_bytes(1_000), &idle(2)),
        Some(seconds(1_007)),
        "heaps may grow"
    );
}

#[test]
fn explains_each_layer_in_a_sentence() {
    let mut modules = idle(9);
    modules[0] = ModuleView {
        last_used: seconds(982),
        recent_calls: 7,
        cools_at: Some(seconds(4_000)),
        cached: live(2, seconds(1_240)),
        ..ModuleView::resident(0)
    };
    let verdict = &verdicts(&Policy::default(), Pressure::None, &modules)[0];
    assert_eq!(
        verdict.to_string(),
        "stays loaded: WARM, 7 calls in the last 1 h: it yields only when no COLD module can, and 7 can (could change in 50 min)
  - pinned     passes    none of its operations is pinned
  - unsafe     passes    nothing known speaks against unloading it
  1 references passes    no call and no guard holds it
> 2 heat       protects  WARM, 7 calls in the last 1 h: it yields only when no COLD module can, and 7 can (could change in 50 min)
  3 cache      protects  2 results of it are cached (could change in 4 min)
  4 grace      protects  used 18 s ago, its grace is 30 s (could change in 12 s)
  5 threshold  protects  9 modules of at most 8 are resident, 8 after this sweep
  - veto       passes    the module hasn't objected
  - busy       passes    nothing of it was found running outside of calls"
    );
    let unloaded = verdicts(&Policy::default(), Pressure::None, &modules)[1].to_string();
    assert!(
        unloaded.starts_with(
            "to be unloaded, number 1 in this sweep: more modules are resident than wanted\n"
        ),
        "{unloaded}"
    );
    assert!(unloaded.contains("passes    9 modules of at most 8 are resident, 8 after this sweep; it is the next to go"), "{unloaded}");
    assert!(
        unloaded.contains("COLD, 0 calls in the last 1 h: not enough to keep it"),
        "{unloaded}"
    );
}

#[test]
fn what_would_refuse_whatever_the_heat_is_named_first() {
    let hot = ModuleView {
        recent_calls: 30,
        cools_at: Some(seconds(4_000)),
        busy: Some("threads it started are running: thread 7 (pool)".into()),
        ..ModuleView::resident(0)
    };
    let verdict = &verdicts(
        &Policy::default(),
        Pressure::None,
        std::slice::from_ref(&hot),
    )[0];
    assert_eq!(verdict.obstacle(), Some(Layer::Busy));
    let text = verdict.to_string();
    let first = text.lines().next().unwrap();
    assert_eq!(
        first,
        "stays loaded: threads it started are running: thread 7 (pool)"
    );
    assert!(text.contains("\n> - busy       protects"), "{text}");
    assert!(text.contains("\n  2 heat       protects"), "{text}");
    let json = serde_json::to_value(verdict).unwrap();
    assert_eq!(json["obstacle"], "busy");

    let in_use = ModuleView {
        references: 1,
        ..hot
    };
    let verdict = &verdicts(&Policy::default(), Pressure::None, &[in_use])[0];
    assert_eq!(verdict.obstacle(), None, "a call may be what runs it");
    assert!(verdict.to_string().starts_with("stays loaded: 1 call"));
}

#[test]
fn serializes_with_numbers_and_words() {
    let view = ModuleView {
        last_used: seconds(990),
        veto: Some("unsaved".into()),
        ..ModuleView::resident(3)
    };
    let json = serde_json::to_value(
        &verdicts(&Policy::default().max_resident(0), Pressure::None, &[view])[0],
    )
    .unwrap();
    assert_eq!(
        json["decision"],
        serde_json::json!({ "keep": { "layer": "grace", "until": 1020.0 } })
    );
    let grace = serde_json::json!({
        "layer": "grace",
        "protects": true,
        "could_change_in": 20.0,
        "finding": { "in_use": false, "idle": 10.0, "grace": 30.0, "overridden": false },
        "says": "used 10 s ago, its grace is 30 s (could change in 20 s)",
    });
    assert_eq!(json["layers"][5], grace);
    assert_eq!(
        json["layers"][7]["finding"],
        serde_json::json!({ "reason": "unsaved" })
    );
}
