//! What is known about the use of modules, whoever looks when.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use lmms::clock::{Clock, SystemClock};
use lmms::decision::{Finding, Layer};
use lmms::heat::{Heat, HeatThresholds};
use lmms::policy::{CacheDependencies, LoadRetry, PingPong, Policy};
use proptest::prelude::*;

use crate::fake::Stage;

fn explain(stage: &Stage, module: &str) -> String {
    stage.fakes.explain(module).expect("it exists").to_string()
}

fn idle(stage: &Stage, module: &str) -> Duration {
    let explanation = stage.fakes.explain(module).expect("it exists");
    let verdict = explanation.verdict.expect("it is resident");
    match verdict.view_of(Layer::Grace).finding {
        Finding::Grace { idle, .. } => idle,
        other => panic!("{other:?}"),
    }
}

/// Tells that a caller has ended, if only by a failed assertion.
struct Ends<'n>(&'n AtomicU64);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Callers, and on other threads whoever looks at the books: nothing that counts ever falls or exceeds
/// what it is part of, and in the end each call has been counted once.
fn callers_and_observers(stage: &Stage, calls: u64, meanwhile: impl Fn() + Sync) {
    const CALLERS: u64 = 2;
    let running = AtomicU64::new(CALLERS);
    let fakes = &stage.fakes;
    thread::scope(|scope| {
        for caller in 0..CALLERS {
            let running = &running;
            scope.spawn(move || {
                let _ends = Ends(running);
                for call in 0..calls {
                    let module = (call % 2) as usize;
                    if call % 500 == caller {
                        drop(fakes.pin(module));
                    } else {
                        // 13 is the one that panics.
                        assert_eq!(fakes.double_of(module, 2 * call).unwrap(), 4 * call);
                    }
                    if call % 100 == 0 {
                        thread::yield_now();
                    }
                }
            });
        }
        for observer in 0..2 {
            let running = &running;
            let meanwhile = &meanwhile;
            scope.spawn(move || {
                let mut before = [0; 2];
                while running.load(Ordering::SeqCst) > 0 {
                    let statistics = fakes.statistics();
                    for (module, before) in before.iter_mut().enumerate() {
                        let seen = &statistics.modules[module];
                        assert!(seen.recent_calls <= seen.calls, "{seen:?}");
                        assert!(seen.calls >= *before, "{seen:?} after {before}");
                        assert!(seen.calls <= CALLERS * calls, "{seen:?}");
                        *before = seen.calls;
                    }
                    if observer == 0 {
                        fakes.sweep();
                        meanwhile();
                    }
                    fakes.checkpoint();
                    fakes.explain("m01").unwrap();
                }
            });
        }
    });
    let statistics = fakes.statistics();
    for module in &statistics.modules[..2] {
        let all = CALLERS * calls / 2;
        assert_eq!((module.calls, module.recent_calls), (all, all));
        assert_eq!(module.references, 0);
    }
}

/// Never unloads anything but what no call holds just now, whatever its heat.
fn restless() -> Policy {
    let heat = HeatThresholds {
        warm: u64::MAX,
        hot: u64::MAX,
        critical: u64::MAX,
    };
    Policy::default()
        .max_resident(0)
        .grace(Duration::ZERO)
        .heat(heat)
}

#[test]
fn counts_never_fall_and_are_exact_in_the_end_on_the_systems_clock() {
    let stage = Stage::build(restless(), |builder, _| builder.background_sweeps(false));
    callers_and_observers(&stage, 2_000, || ());
}

#[test]
fn counts_never_fall_and_are_exact_in_the_end_on_a_clock_that_is_moved() {
    let stage = Stage::new(restless());
    callers_and_observers(&stage, 2_000, || {
        stage.clock.advance(Duration::from_millis(1))
    });
}

#[test]
fn counts_never_fall_and_are_exact_in_the_end_while_nothing_is_unloaded() {
    let stage = Stage::new(Policy::default());
    callers_and_observers(&stage, 20_000, || {
        stage.clock.advance(Duration::from_millis(1))
    });
    let statistics = stage.fakes.statistics();
    assert_eq!(statistics.modules[0].heat, Heat::Critical);
}

#[test]
fn a_trickle_is_cold_however_rarely_anybody_looks() {
    let heat = HeatThresholds {
        warm: 6,
        hot: 20,
        critical: 50,
    };
    let window = Policy::default().heat_window(Duration::from_secs(1), 60);
    let stage = Stage::new(window.heat(heat));
    for _ in 0..60 {
        stage.fakes.double_of(0, 1).unwrap();
        stage.clock.advance(Duration::from_millis(250));
    }
    let text = explain(&stage, "m00");
    assert!(text.contains("COLD, 4 calls in the last 1 s"), "{text}");
    stage.advance(3);
    let text = explain(&stage, "m00");
    assert!(text.contains("COLD, 0 calls in the last 1 s"), "{text}");
}

#[test]
fn frequent_calls_count_in_the_bucket_in_which_they_happened() {
    let stage = Stage::new(Policy::default());
    for _ in 0..10 {
        for _ in 0..1_000 {
            stage.fakes.double_of(0, 1).unwrap();
        }
        stage.advance(60);
    }
    let recent = || stage.fakes.statistics().modules[0].recent_calls;
    assert_eq!(recent(), 10_000);
    stage.advance(51 * 60);
    for left in (0..10).rev() {
        assert_eq!(recent(), 1_000 * left);
        stage.advance(60);
    }
}

#[test]
fn of_modules_used_between_two_sweeps_the_least_recently_used_goes_first() {
    for apart in [0, 1] {
        let stage = Stage::new(Policy::default().max_resident(2));
        for module in [1, 3, 0, 2] {
            stage.fakes.double_of(module, 1).unwrap();
        }
        stage.fakes.sweep();
        stage.advance(10);
        for module in [3, 0, 2, 1] {
            stage.fakes.double_of(module, 1).unwrap();
            stage.advance(apart);
        }
        stage.advance(100);
        let attempts = stage.fakes.sweep().attempts;
        let gone: Vec<_> = attempts.iter().map(|attempt| attempt.module).collect();
        assert_eq!(gone, ["m03", "m00"], "{apart} s apart");
    }
}

#[test]
fn an_explanation_says_when_it_was_used_and_not_when_somebody_looked() {
    for calls in [1, 1_000] {
        let stage = Stage::new(Policy::default());
        for _ in 0..calls {
            stage.fakes.double_of(0, 1).unwrap();
        }
        stage.advance(31);
        let text = explain(&stage, "m00");
        assert!(text.contains("used 31 s ago"), "{calls} calls: {text}");
        stage.advance(60);
        let text = explain(&stage, "m00");
        assert!(
            text.contains("used 1 min 31 s ago"),
            "{calls} calls: {text}"
        );
    }
}

#[test]
fn an_explanation_says_since_when_it_is_gone() {
    let stage = Stage::new(restless());
    stage.fakes.double_of(0, 1).unwrap();
    stage.fakes.sweep();
    stage.advance(90);
    let text = explain(&stage, "m00");
    assert!(text.contains("unloaded 1 min 30 s ago"), "{text}");
}

#[test]
fn what_is_held_is_in_use_until_it_is_let_go() {
    let stage = Stage::new(Policy::default().max_resident(0));
    let pin = stage.fakes.pin(0);
    let guard = lmms::__private::own(stage.fakes.core(), &[1]).unwrap();
    stage.advance(100);
    for module in ["m00", "m01"] {
        let text = explain(&stage, module);
        assert!(text.contains("in use now, its grace is 30 s"), "{text}");
    }
    stage.advance(100);
    drop((pin, guard));
    stage.advance(10);
    assert_eq!(stage.fakes.sweep().unloaded(), 0, "they have their grace");
    let idle = ["m00", "m01"].map(|module| idle(&stage, module).as_secs());
    assert_eq!(idle, [10, 10]);
    stage.advance(20);
    assert_eq!(stage.fakes.sweep().unloaded(), 2);
}

#[test]
fn a_cached_result_is_no_use_of_its_module() {
    let policy = Policy::default().cache_dependencies(CacheDependencies::Detach);
    let stage = Stage::new(policy);
    stage.fakes.find_in(0, "ann").unwrap();
    stage.advance(40);
    stage.fakes.find_in(0, "ann").unwrap();
    assert_eq!(idle(&stage, "m00"), Duration::from_secs(40));
    assert_eq!(stage.fakes.statistics().calls, 1);
}

#[test]
fn a_module_that_is_used_again_is_not_unloaded_at_a_checkpoint() {
    use lmms::library::{Busy, BusyKind};

    let stage = Stage::new(Policy::default().max_resident(0).grace(Duration::ZERO));
    stage.script(0, |script| {
        script.busy = Some(Busy::new(BusyKind::ThreadLocals, vec!["thread 7".into()]));
    });
    for calls in [1, 100] {
        stage.fakes.double_of(0, 1).unwrap();
        assert_eq!(stage.fakes.sweep().unloaded(), 0, "a thread holds it");
        for _ in 0..calls {
            stage.fakes.double_of(0, 1).unwrap();
        }
        stage.script(0, |script| script.busy = None);
        stage.fakes.checkpoint();
        assert!(stage.resident(0), "used since: {calls} calls");
        stage.script(0, |script| {
            script.busy = Some(Busy::new(BusyKind::ThreadLocals, vec!["thread 7".into()]));
        });
        stage.advance(7_200);
    }
}

/// Nothing but looks happens for more than a second; the time of use doesn't move with them.
#[test]
fn on_the_systems_clock_the_last_use_of_a_busy_module_is_known_as_well() {
    for calls in [1, 1_000] {
        let stage = Stage::build(Policy::default(), |builder, _| {
            builder.background_sweeps(false)
        });
        for _ in 0..calls {
            stage.fakes.double_of(0, 1).unwrap();
        }
        let ended = SystemClock.monotonic();
        let late = Duration::from_millis(1_500);
        while SystemClock.monotonic() < ended + late {
            thread::yield_now();
        }
        let idle = idle(&stage, "m00");
        // A tick takes a tenth of a second; the rest is for a machine that does other things.
        assert!(idle > late / 2, "{calls} calls: used {idle:?} ago");
    }
}

fn durations() -> impl Strategy<Value = Duration> {
    prop_oneof![
        Just(Duration::ZERO),
        Just(Duration::from_nanos(1)),
        Just(Duration::MAX),
        (0..100_000u64).prop_map(Duration::from_secs),
        any::<u64>().prop_map(Duration::from_nanos),
    ]
}

fn numbers() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), Just(1), Just(u64::MAX), any::<u64>(), 0..200u64]
}

fn arbitrary_policies() -> impl Strategy<Value = Policy> {
    let heat = (numbers(), numbers(), numbers()).prop_map(|(warm, hot, critical)| HeatThresholds {
        warm,
        hot,
        critical,
    });
    let small = prop_oneof![Just(0u32), Just(1), Just(u32::MAX), any::<u32>()];
    let ping_pong =
        (durations(), small.clone(), durations()).prop_map(|(window, multiplier, cap)| PingPong {
            window,
            multiplier,
            cap,
        });
    let retry = (durations(), durations()).prop_map(|(initial, cap)| LoadRetry { initial, cap });
    let times = (durations(), durations(), durations(), durations());
    (
        times,
        small,
        heat,
        ping_pong,
        retry,
        prop_oneof![Just(0), Just(usize::MAX), 0..4usize],
        proptest::option::of(numbers()),
        any::<[bool; 3]>(),
    )
        .prop_map(
            |(
                (grace, trim, window, interval),
                buckets,
                heat,
                ping_pong,
                retry,
                most,
                bytes,
                on,
            )| {
                let dependencies = match on[0] {
                    true => CacheDependencies::Protect,
                    false => CacheDependencies::Detach,
                };
                Policy::default()
                    .grace(grace)
                    .trim_after(trim)
                    .heat_window(window, buckets)
                    .sweep_interval(interval)
                    .heat(heat)
                    .ping_pong(ping_pong)
                    .load_retry(retry)
                    .max_resident(most)
                    .resident_bytes(bytes)
                    .cache_dependencies(dependencies)
                    .critical_is_forever(on[1])
                    .heed_pressure(on[2])
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the numbers are: nothing panics or takes memory without bounds, and each answer comes.
    #[test]
    fn no_policy_is_harmful(
        policy in arbitrary_policies(),
        cache_bytes in numbers(),
        waits in proptest::collection::vec(durations(), 1..6),
        pressed in any::<bool>(),
    ) {
        let stage = Stage::build(policy.clone(), |builder, clock| {
            builder.clock(clock.clone()).cache_bytes(cache_bytes)
        });
        stage.pressure.0.store(pressed, Ordering::Relaxed);
        stage.script(2, |script| script.load_error = Some("broken".into()));
        stage.script(1, |script| script.heap = u64::MAX / 2);
        for wait in waits {
            for _ in 0..70 {
                stage.fakes.double_of(0, 1).unwrap();
            }
            stage.fakes.find_in(1, "ann").unwrap();
            prop_assert!(stage.fakes.double_of(2, 1).is_err());
            stage.fakes.sweep();
            for module in ["m00", "m01", "m02"] {
                let explanation = stage.fakes.explain(module).unwrap();
                prop_assert!(!explanation.to_string().is_empty());
                prop_assert!(serde_json::to_string(&explanation.verdict).is_ok());
            }
            stage.clock.advance(wait);
            let statistics = stage.fakes.statistics();
            prop_assert!(statistics.to_string().contains("12 modules"));
            prop_assert!(serde_json::to_string(&statistics).is_ok());
            prop_assert!(statistics.modules[0].recent_calls <= statistics.modules[0].calls);
        }
        prop_assert!(serde_json::to_string(&policy).is_ok());
    }
}
