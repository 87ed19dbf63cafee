//! Clocks, pressure sources, loaders and libraries that panic, and that use the gateway which asks them.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use lmms::clock::Clock;
use lmms::decision::Pressure;
use lmms::pressure::PressureSource;
use lmms::{Error, Policy};

use crate::fake::{self, Fakes, Meanwhile, Stage};

fn eager() -> Policy {
    Policy::default().max_resident(0).grace(Duration::ZERO)
}

/// Runs `test` on a thread of its own, which has to end.
#[track_caller]
fn within_a_minute(test: impl FnOnce() + Send + 'static) {
    let (tell, told) = channel();
    let thread = thread::spawn(move || {
        test();
        let _ = tell.send(());
    });
    let hangs = Err(std::sync::mpsc::RecvTimeoutError::Timeout);
    assert_ne!(
        told.recv_timeout(Duration::from_secs(60)),
        hangs,
        "it hangs"
    );
    thread.join().expect("the test on its thread passes");
}

#[test]
fn background_sweeps_go_on_after_a_panic_of_the_pressure_source() {
    #[derive(Debug)]
    struct Once(AtomicBool);
    impl PressureSource for Once {
        fn pressure(&self) -> Pressure {
            assert!(self.0.swap(true, Ordering::SeqCst), "a passing problem");
            Pressure::None
        }
    }
    let stage = Stage::build(eager(), |builder, _| {
        builder.pressure(Once(AtomicBool::new(false)))
    });
    for module in 0..2 {
        stage.fakes.double_of(module, 1).unwrap();
        let left = stage.left.recv_timeout(Duration::from_secs(60));
        assert!(left.is_ok(), "nobody sweeps any more: {left:?}");
    }
}

#[test]
fn background_sweeps_go_on_after_a_panic_of_a_library() {
    let stage = Stage::build(eager(), |builder, _| builder);
    let once = AtomicBool::new(false);
    let panic = move || assert!(once.swap(true, Ordering::SeqCst), "a passing problem");
    stage.script(0, |script| {
        script
            .hooks
            .insert("veto", Meanwhile(Some(Arc::new(panic))));
    });
    stage.fakes.double_of(0, 1).unwrap();
    stage.fakes.double_of(1, 1).unwrap();
    assert_eq!(stage.left.recv_timeout(Duration::from_secs(60)), Ok("m01"));
}

/// A clock that panics or asks a gateway whenever it is read.
#[derive(Debug, Default)]
struct Awkward {
    time: AtomicU64,
    panics: AtomicBool,
    asks: OnceLock<Arc<Fakes>>,
}

impl Awkward {
    fn read(&self) -> Duration {
        assert!(!self.panics.load(Ordering::SeqCst), "on purpose");
        if let Some(gateway) = self.asks.get() {
            gateway.statistics();
            gateway.explain("m00").unwrap();
            gateway.double_of(1, 2).unwrap();
            let _ = gateway.find_in(1, "somebody");
            assert!(gateway.sweep().reentered.is_some());
            gateway.unload("m01").unwrap();
        }
        Duration::from_secs(self.time.fetch_add(1, Ordering::SeqCst))
    }
}

impl Clock for Awkward {
    fn monotonic(&self) -> Duration {
        self.read()
    }

    fn unix_time(&self) -> Duration {
        self.read()
    }
}

fn with_clock(clock: &Arc<Awkward>) -> Arc<Fakes> {
    let stage = Stage::build(eager(), |builder, _| builder.clock(clock.clone()));
    Arc::new(stage.fakes)
}

#[test]
fn a_clock_that_panics_stands_still() {
    within_a_minute(|| {
        let clock = Arc::new(Awkward::default());
        let gateway = with_clock(&clock);
        gateway.double_of(0, 1).unwrap();
        let before = gateway.clock().monotonic();
        clock.panics.store(true, Ordering::SeqCst);
        assert_eq!(gateway.clock().monotonic(), before);
        assert_eq!(gateway.double_of(1, 2).unwrap(), 4, "it loads a module");
        assert_eq!(gateway.find_in(1, "ada").unwrap().as_deref(), Some("ADA"));
        gateway.statistics();
        gateway.explain("m01").unwrap();
        gateway.sweep();
        gateway.unload("m01").unwrap();
        clock.panics.store(false, Ordering::SeqCst);
        assert!(gateway.clock().monotonic() > before);
        assert_eq!(gateway.double_of(1, 3).unwrap(), 6);
    });
}

#[test]
fn a_clock_may_ask_the_gateway_that_asks_it() {
    within_a_minute(|| {
        let clock = Arc::new(Awkward::default());
        let gateway = with_clock(&clock);
        assert!(clock.asks.set(gateway.clone()).is_ok());
        assert_eq!(gateway.double_of(0, 1).unwrap(), 2);
        assert_eq!(gateway.find_in(0, "ada").unwrap().as_deref(), Some("ADA"));
        gateway.statistics();
        assert_eq!(gateway.sweep().reentered, None);
    });
}

#[test]
fn a_pressure_source_may_ask_the_gateway_that_asks_it() {
    #[derive(Debug)]
    struct Asks(Arc<OnceLock<Arc<Fakes>>>);
    impl PressureSource for Asks {
        fn pressure(&self) -> Pressure {
            let gateway = self.0.get().expect("set before the first sweep");
            gateway.explain("m00").unwrap();
            assert!(gateway.sweep().reentered.is_some());
            Pressure::High
        }
    }
    within_a_minute(|| {
        let place = Arc::new(OnceLock::new());
        let source = Asks(place.clone());
        let stage = Stage::build(eager(), |builder, clock| {
            builder.clock(clock.clone()).pressure(source)
        });
        let gateway = Arc::new(stage.fakes);
        assert!(place.set(gateway.clone()).is_ok());
        gateway.double_of(0, 1).unwrap();
        assert_eq!(gateway.sweep().unloaded(), 1);
    });
}

/// What a library's method does; false: it isn't answered as it should be. A panic would say nothing, since those end
/// in LMMS.
type Deed = (&'static str, fn(&Fakes) -> bool);

/// A deed that any answer will do for.
macro_rules! any {
    ($deed:expr) => {{
        let _ = $deed;
        true
    }};
}

const DEEDS: [Deed; 10] = [
    ("panic", |_| panic!("on purpose")),
    ("call", |gateway| any!(gateway.double_of(0, 1))),
    ("call another one", |gateway| any!(gateway.double_of(1, 1))),
    ("load", |gateway| any!(gateway.load("m02"))),
    ("statistics", |gateway| any!(gateway.statistics())),
    ("explain", |gateway| any!(gateway.explain("m00"))),
    ("is it resident", |gateway| any!(gateway.is_resident("m00"))),
    ("sweep", |gateway| gateway.sweep().reentered.is_some()),
    ("unload", |gateway| {
        let outcome = gateway.unload("m00").map(|outcome| outcome.to_string());
        outcome.is_ok_and(|outcome| outcome.starts_with("stays: this thread is "))
    }),
    ("checkpoint", |gateway| any!(gateway.checkpoint())),
];

#[test]
fn whatever_a_librarys_methods_do_the_gateway_serves_on() {
    let methods = [
        "operations",
        "memory",
        "trim",
        "unload_unsafe",
        "veto",
        "busy",
        "leave",
    ];
    for method in methods {
        for (deed, action) in DEEDS {
            within_a_minute(move || {
                println!("{method}: {deed}");
                let policy = eager().resident_bytes(1);
                let Stage {
                    fakes,
                    scripts,
                    clock,
                    ..
                } = Stage::new(policy);
                let gateway = Arc::new(fakes);
                let wrong = Arc::new(AtomicU64::new(0));
                let hook = |what: Option<fn(&Fakes) -> bool>| {
                    let (gateway, wrong) = (gateway.clone(), wrong.clone());
                    let run = move || {
                        if let Some(action) = what
                            && !action(&gateway)
                        {
                            wrong.fetch_add(1, Ordering::SeqCst);
                        }
                    };
                    let mut scripts = scripts.lock().unwrap();
                    let hooks = &mut scripts.entry("m00").or_default().hooks;
                    hooks.insert(method, Meanwhile(Some(Arc::new(run))));
                };
                if method != "operations" {
                    gateway.double_of(0, 1).unwrap();
                }
                hook(Some(action));
                let _ = gateway.double_of(0, 2);
                gateway.statistics();
                gateway.explain("m00").unwrap();
                gateway.sweep();
                gateway.unload("m00").unwrap();
                hook(None);
                clock.advance(Duration::from_secs(3600));
                assert_eq!(gateway.double_of(0, 3).unwrap(), 6);
                assert_eq!(gateway.double_of(1, 3).unwrap(), 6);
                let outcome = gateway.unload("m00").unwrap().to_string();
                assert!(
                    outcome.starts_with("unloaded"),
                    "{method}, {deed}: {outcome}"
                );
                assert_eq!(wrong.load(Ordering::SeqCst), 0, "{method}: {deed}");
            });
        }
    }
}

/// What a loader and a library that leaves are told that would sweep or unload in the middle of it.
#[test]
fn who_is_inside_a_load_or_an_unload_unloads_nothing() {
    within_a_minute(|| {
        let Stage { fakes, scripts, .. } = Stage::new(eager());
        let gateway = Arc::new(fakes);
        gateway.double_of(1, 1).unwrap();
        let answers = Arc::new(Mutex::new(Vec::new()));
        let (inner, seen) = (gateway.clone(), answers.clone());
        let ask = move || {
            inner.checkpoint();
            let mut seen = seen.lock().unwrap();
            seen.push(inner.sweep().reentered.unwrap_or_default());
            seen.push(inner.unload("m01").unwrap().to_string());
        };
        let script = |meanwhile| {
            scripts.lock().unwrap().entry("m00").or_default().meanwhile = meanwhile;
        };
        script(Meanwhile(Some(Arc::new(ask))));
        gateway.double_of(0, 1).unwrap();
        let outcome = gateway.unload("m00").unwrap().to_string();
        assert!(outcome.starts_with("unloaded"), "{outcome}");
        script(Meanwhile(None));
        let answers = answers.lock().unwrap();
        assert_eq!(answers.len(), 4, "{answers:?}");
        for (answer, inside) in answers
            .iter()
            .zip(["loading", "loading", "unloading", "unloading"])
        {
            let words = format!("this thread is {inside} module `m00`");
            assert!(answer.contains(&words), "{answers:?}");
        }
        assert!(gateway.is_resident("m01").unwrap());
    });
}

#[test]
fn who_asks_a_gateway_from_inside_a_method_of_a_library_is_told_why_it_gets_no_answer() {
    within_a_minute(|| {
        let Stage { fakes, scripts, .. } = Stage::new(Policy::default());
        let gateway = Arc::new(fakes);
        gateway.double_of(0, 1).unwrap();
        let answers = Arc::new(Mutex::new(Vec::new()));
        let (inner, seen) = (gateway.clone(), answers.clone());
        let ask = move || {
            let mut seen = seen.lock().unwrap();
            seen.extend(inner.explain("m00").err());
            seen.extend(inner.is_resident("m00").err());
            seen.extend(inner.load("m01").err());
        };
        let hooks = [("memory", Meanwhile(Some(Arc::new(ask))))];
        scripts
            .lock()
            .unwrap()
            .entry("m00")
            .or_default()
            .hooks
            .extend(hooks);
        let statistics = gateway.statistics();
        assert_eq!(statistics.modules.len(), fake::MODULES);
        let answers = answers.lock().unwrap();
        assert_eq!(answers.len(), 3);
        for error in &*answers {
            assert!(matches!(error, Error::Reentered { .. }), "{error}");
            assert!(
                error.to_string().contains("inside a method of a `Library`"),
                "{error}"
            );
        }
    });
}
