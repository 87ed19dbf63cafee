//! Host code that comes back into LMMS in the worst place, each case in a process of its own.

#![forbid(unsafe_code)]

mod listener;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use fixture_types::{DROPPED, HASHED};
use lmms::clock::ManualClock;
use lmms::outcome::UnloadOutcome;
use lmms::{Error, Policy, State};
use lmms_library_tests::{Fixtures, child, modules};

use listener::{Listener, listen};

static HOME: OnceLock<Fixtures> = OnceLock::new();

fn home() -> &'static Fixtures {
    HOME.get_or_init(|| {
        let builder = Fixtures::builder().modules(modules());
        builder.background_sweeps(false).open().expect("built")
    })
}

/// The named case in a process of its own.
macro_rules! cases {
    ($($name:ident => $child:ident;)*) => {
        $(
            #[test]
            fn $name() {
                modules();
                child::run("in_the_child", stringify!($child));
            }
        )*

        #[test]
        #[ignore = "run by the others, in a process of its own"]
        fn in_the_child() {
            match child::case().expect("set by the parent").as_str() {
                $(stringify!($child) => $child(),)*
                other => panic!("no case {other}"),
            }
        }
    };
}

cases! {
    borrowed_thread_locals_survive_a_subscriber_that_unloads => unloading_subscriber;
    a_checkpoint_inside_a_subscriber_counts_for_nothing => checkpoint_in_a_subscriber;
    a_thread_that_a_shutdown_function_waits_for_gets_an_error => joined_thread;
    two_dedicated_modules_that_call_each_other_never_wait_for_ever => dedicated_pair;
    dedicated_modules_that_wait_for_each_other_in_one_call_get_an_error => dedicated_circle;
    loads_that_wait_for_each_other_get_an_error => loads_in_a_circle;
    a_subscriber_that_panics_in_a_load_leaves_the_module_loadable => panic_in_a_load;
    a_sweep_inside_a_sweep_says_so => sweep_in_a_sweep;
    a_destructor_of_an_expired_result_may_ask_the_gateway => asking_destructor;
    a_result_is_dropped_where_it_was_made_even_if_to_copy_it_panics => copy_that_panics;
    a_panic_of_a_peer_is_told_at_a_threads_very_end => last_words;
    a_subscriber_that_calls_what_panics_on_hearing_of_a_panic => panic_on_a_panic;
    a_gateway_that_a_modules_thread_drops_leaves_its_modules_mapped => dropped_by_a_module;
}

/// What host code was answered, and whether it should be: a panic there would end in LMMS.
static WRONG: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn expect(is_so: bool, what: impl FnOnce() -> String) {
    if !is_so {
        WRONG.lock().unwrap().push(what());
    }
}

#[track_caller]
fn nothing_was_wrong() {
    let wrong = WRONG.lock().unwrap();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn unloading_subscriber() {
    static ASKED: AtomicU64 = AtomicU64::new(0);
    listen(|metadata| {
        let home = home();
        home.checkpoint();
        let nested = home.sweep().reentered;
        expect(nested.is_some(), || {
            format!("swept at {}", metadata.target())
        });
        for module in ["teller", "probe"] {
            let outcome = home.unload(module).expect("it exists");
            let reentered = matches!(&outcome, UnloadOutcome::Refused { reason } if reason.kind() == "reentered");
            expect(reentered, || format!("{module}: {outcome}"));
        }
        ASKED.fetch_add(1, Ordering::SeqCst);
    });
    for round in 0..5 {
        assert!(home().teller().told(1).unwrap());
        assert!(home().teller().told_by_thread(1).unwrap());
        home().teller().start_worker().unwrap();
        assert_eq!(home().teller().told_by_worker().unwrap(), Some(true));
        // Its last line comes when the module is sealed.
        let outcome = home().unload("teller").unwrap();
        let gone = || {
            home()
                .sweep()
                .attempts
                .iter()
                .any(|attempt| attempt.module == "teller")
        };
        let unloaded = matches!(outcome, UnloadOutcome::Unloaded { .. });
        assert!(unloaded || gone(), "round {round}: {outcome}");
    }
    assert!(ASKED.load(Ordering::SeqCst) > 20);
    nothing_was_wrong();
}

/// A thread is trusted to come by again when it has called `checkpoint()` while it was inside nothing, and not before.
fn checkpoint_in_a_subscriber() {
    listen(|_| home().checkpoint());
    let (calls, called) = channel();
    let (ends, ended) = channel::<()>();
    thread::scope(move |scope| {
        scope.spawn(move || {
            assert!(home().teller().told(1).unwrap());
            calls.send(()).unwrap();
            let _ = ended.recv();
            home().checkpoint();
            calls.send(()).unwrap();
            let _ = ended.recv();
            home().checkpoint();
        });
        called.recv().unwrap();
        let outcome = home().unload("teller").unwrap();
        let UnloadOutcome::Refused { reason } = &outcome else {
            panic!("{outcome}");
        };
        assert_eq!(reason.kind(), "thread_locals", "{outcome}");
        ends.send(()).unwrap();
        called.recv().unwrap();
        let outcome = home().unload("teller").unwrap();
        let sealed = matches!(outcome, UnloadOutcome::Waiting { .. });
        assert!(sealed, "it waits for a thread that comes by: {outcome}");
        ends.send(()).unwrap();
    });
}

/// What the subscriber was answered.
static ANSWERS: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn joined_thread() {
    listen(|metadata| {
        if metadata.target().starts_with("teller") {
            let answer = match home().teller().told(7) {
                Ok(whole) => whole.to_string(),
                Err(error) => {
                    let reentered = matches!(error.as_lmms(), Some(Error::Reentered { .. }));
                    expect(reentered, || error.to_string());
                    error.to_string()
                }
            };
            ANSWERS.lock().unwrap().push(answer);
        }
    });
    thread::spawn(|| home().teller().start_worker().unwrap())
        .join()
        .unwrap();
    let outcome = home().unload("teller").unwrap();
    assert!(
        matches!(outcome, UnloadOutcome::Unloaded { .. }),
        "{outcome}"
    );
    let answers = ANSWERS.lock().unwrap();
    assert!(
        answers
            .iter()
            .any(|answer| answer.contains("being loaded or unloaded")),
        "{answers:?}"
    );
    nothing_was_wrong();
}

fn dedicated_pair() {
    let failed = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..2 {
            let count = |answer: Result<u32, lmms::CallError<String>>, sent| match answer {
                Ok(answer) => assert_eq!(answer, sent),
                Err(error) => {
                    assert!(error.to_string().contains("waits for it"), "{error}");
                    failed.fetch_add(1, Ordering::Relaxed);
                }
            };
            scope.spawn(move || (0..5000).for_each(|n| count(home().there().strike(n), n)));
            scope.spawn(move || (0..5000).for_each(|n| count(home().yonder().strike(n), n)));
        }
    });
    println!(
        "{} of 20000 would have waited for themselves",
        failed.into_inner()
    );
    for module in home().statistics().modules {
        assert_eq!(module.references, 0, "{}", module.module);
    }
    for module in ["there", "yonder"] {
        let outcome = home().unload(module).unwrap();
        assert!(
            matches!(outcome, UnloadOutcome::Unloaded { .. }),
            "{outcome}"
        );
    }
}

fn dedicated_circle() {
    for answer in [home().there().rally(1), home().there().rally_by_thread(1)] {
        let error = answer.unwrap_err().to_string();
        assert!(
            error.contains("module `there`") && error.contains("waits for it"),
            "{error}"
        );
    }
    assert_eq!(home().there().strike(2).unwrap(), 2);
    assert_eq!(home().yonder().strike(3).unwrap(), 3);
}

fn loads_in_a_circle() {
    static BOTH: std::sync::Barrier = std::sync::Barrier::new(2);
    thread_local!(static CALLS: std::cell::Cell<Option<fn() -> bool>> = const { std::cell::Cell::new(None) });
    let listener = Listener {
        event: |_| (),
        enabled: |metadata| {
            if metadata.is_span()
                && metadata.name() == "load"
                && let Some(call) = CALLS.take()
            {
                // Each thread loads one module now, and then needs the other one.
                BOTH.wait();
                let answer = call().to_string();
                ANSWERS.lock().unwrap().push(answer);
            }
        },
    };
    tracing::subscriber::set_global_default(listener).expect("the first one");
    thread::scope(|scope| {
        scope.spawn(|| {
            CALLS.set(Some(|| home().keeper().keep(None).is_ok()));
            assert_eq!(home().probe().add(1, 2).unwrap(), 3);
        });
        scope.spawn(|| {
            CALLS.set(Some(|| home().probe().add(1, 2).is_ok()));
            assert_eq!(home().keeper().keep(None).unwrap(), None);
        });
    });
    let mut answers = ANSWERS.lock().unwrap().clone();
    answers.sort();
    assert_eq!(answers, ["false", "true"], "one of them has to do without");
}

fn panic_in_a_load() {
    static ONCE: AtomicBool = AtomicBool::new(false);
    let listener = Listener {
        event: |_| (),
        enabled: |metadata| {
            let load = metadata.is_span() && metadata.name() == "load";
            assert!(
                !load || ONCE.swap(true, Ordering::SeqCst),
                "a bug in a layer"
            );
        },
    };
    tracing::subscriber::set_global_default(listener).expect("the first one");
    let first = thread::spawn(|| home().probe().add(1, 2).unwrap()).join();
    assert_eq!(first.ok(), Some(3), "the panic is the subscriber's");
    assert!(ONCE.load(Ordering::SeqCst));
    assert_eq!(home().probe().add(1, 2).unwrap(), 3);
    let state = home()
        .statistics()
        .modules
        .iter()
        .find(|module| module.module == "probe")
        .map(|module| module.state);
    assert_eq!(state, Some(State::Resident));
}

fn sweep_in_a_sweep() {
    static NESTED: AtomicU64 = AtomicU64::new(0);
    let policy = Policy::default().max_resident(0).grace(Duration::ZERO);
    let builder = Fixtures::builder().modules(modules()).policy(policy);
    assert!(
        HOME.set(builder.background_sweeps(false).open().unwrap())
            .is_ok()
    );
    home().probe().add(1, 2).unwrap();
    listen(|_| {
        let report = home().sweep();
        let says = |why: String| why.contains("this thread is inside");
        expect(report.attempts.is_empty(), || format!("{report:?}"));
        expect(report.reentered.is_some_and(says), || "swept".to_owned());
        NESTED.fetch_add(1, Ordering::SeqCst);
    });
    let report = home().sweep();
    assert_eq!((report.unloaded(), report.reentered), (1, None));
    assert!(NESTED.load(Ordering::SeqCst) > 0);
    nothing_was_wrong();
}

fn asking_destructor() {
    static ASKED: AtomicU64 = AtomicU64::new(0);
    static ASKS: AtomicBool = AtomicBool::new(false);
    static SWEEPS: AtomicBool = AtomicBool::new(false);
    let clock = ManualClock::new();
    let builder = Fixtures::builder().modules(modules()).clock(clock.clone());
    assert!(HOME.set(builder.open().unwrap()).is_ok());
    let ask = || {
        // Not for the copies that the test itself gets.
        if !ASKS.load(Ordering::SeqCst) {
            return;
        }
        home().is_resident("teller").unwrap();
        home().explain("teller").unwrap();
        home().statistics();
        home().invalidate_module("teller").unwrap();
        // Inside a sweep another one would wait for it for ever.
        if SWEEPS.load(Ordering::SeqCst) {
            let reentered = home().sweep().reentered;
            let says = reentered.as_deref() == Some("this thread is inside a sweep");
            expect(says, || format!("{reentered:?}"));
        }
        ASKED.fetch_add(1, Ordering::SeqCst);
    };
    DROPPED.hang(ask);
    let observers: [fn(); 4] = [
        || drop(home().statistics()),
        || drop(home().explain("teller").unwrap()),
        || {
            SWEEPS.store(true, Ordering::SeqCst);
            drop(home().sweep());
            SWEEPS.store(false, Ordering::SeqCst);
        },
        || {
            home().invalidate("teller", "alert").unwrap();
        },
    ];
    for observe in observers {
        home().teller().alert(1).unwrap();
        clock.advance(Duration::from_secs(61));
        let before = ASKED.load(Ordering::SeqCst);
        ASKS.store(true, Ordering::SeqCst);
        observe();
        ASKS.store(false, Ordering::SeqCst);
        assert!(
            ASKED.load(Ordering::SeqCst) > before,
            "what has expired is dropped"
        );
    }
    nothing_was_wrong();
}

fn copy_that_panics() {
    static PANICS: AtomicBool = AtomicBool::new(true);
    static HASHES: AtomicU64 = AtomicU64::new(0);
    HASHED.hang(|| {
        HASHES.fetch_add(1, Ordering::SeqCst);
        assert!(!PANICS.load(Ordering::SeqCst), "a bug in a hash");
    });
    let destroyed = || home().teller().alerts_destroyed().unwrap();
    assert_eq!(destroyed(), 0);
    // The module that asks has a copy of its own, in whose code no hook hangs.
    assert_eq!(home().relay().alerts_far(1).unwrap(), 6);
    assert_eq!(HASHES.load(Ordering::SeqCst), 1, "the host's copy");
    assert_eq!(destroyed(), 6, "the result itself");
    for module in home().statistics().modules {
        assert_eq!(module.references, 0, "{}", module.module);
    }
    // It is not cached, and not awaited.
    PANICS.store(false, Ordering::SeqCst);
    for hits in [0, 1] {
        assert_eq!(home().relay().alerts_far(1).unwrap(), 6);
        assert_eq!(home().statistics().cache.hits, hits);
    }
    assert_eq!(destroyed(), 12, "of two computations");
    let outcome = home().unload("teller").unwrap();
    let unloaded = matches!(outcome, UnloadOutcome::Unloaded { .. });
    assert!(unloaded, "{outcome}");
}

fn last_words() {
    static WORDS: Mutex<Vec<Vec<String>>> = Mutex::new(Vec::new());
    struct Last;
    impl Drop for Last {
        fn drop(&mut self) {
            let failures = home().relay().failures().unwrap();
            WORDS.lock().unwrap().push(failures);
            let own = home().teller().fall("at the very end").unwrap_err();
            WORDS.lock().unwrap().push(vec![own.to_string()]);
        }
    }
    thread_local!(static LAST: Last = const { Last });
    let ends = || {
        LAST.with(|_| ());
        WORDS
            .lock()
            .unwrap()
            .push(home().relay().failures().unwrap());
    };
    thread::spawn(ends).join().unwrap();
    let words = WORDS.lock().unwrap();
    assert_eq!(words[0], words[1]);
    assert!(
        words[0].iter().any(|text| text.contains("far away")),
        "{words:?}"
    );
    assert!(words[2][0].contains("at the very end"), "{words:?}");
}

fn panic_on_a_panic() {
    static ONCE: AtomicBool = AtomicBool::new(false);
    listen(|metadata| {
        if *metadata.level() == tracing::Level::ERROR && !ONCE.swap(true, Ordering::SeqCst) {
            let error = home().teller().fall("heard").unwrap_err().to_string();
            ANSWERS.lock().unwrap().push(error);
        }
    });
    home().teller().told(1).unwrap();
    let error = home().teller().throw("thrown".to_owned()).unwrap_err();
    assert!(
        error.to_string().contains("thrown"),
        "its own text: {error}"
    );
    assert!(ONCE.load(Ordering::SeqCst));
    ONCE.store(false, Ordering::SeqCst);
    let error = home().teller().fall("fallen").unwrap_err();
    assert!(
        error.to_string().contains("fallen"),
        "its own text: {error}"
    );
    // The second time the thread was inside the module's panic hook, where another panic would abort.
    let answers = ANSWERS.lock().unwrap();
    assert_eq!(answers.len(), 2);
    assert!(
        answers.iter().all(|answer| answer.contains("heard")),
        "{answers:?}"
    );
}

fn dropped_by_a_module() {
    static LAST: Mutex<Option<Arc<Fixtures>>> = Mutex::new(None);
    static TICKS: Mutex<Option<Sender<bool>>> = Mutex::new(None);
    listen(|metadata| {
        if metadata.target() == "teller" {
            let last = LAST.lock().unwrap().take();
            let dropped = last.is_some();
            drop(last);
            if let Some(ticks) = &*TICKS.lock().unwrap() {
                let _ = ticks.send(dropped);
            }
        }
    });
    let (sender, ticks) = channel();
    let gateway = Arc::new(Fixtures::builder().modules(modules()).open().unwrap());
    gateway.teller().start_ticker().unwrap();
    // Nothing stands against unloading this one but where the gateway is dropped.
    gateway.probe().add(1, 2).unwrap();
    // Handed over while no line can be told: so the thread has the last handle.
    let mut last = LAST.lock().unwrap();
    *last = Some(gateway);
    drop(last);
    *TICKS.lock().unwrap() = Some(sender);
    // The thread drops the gateway, and lives on.
    for _ in 0..100 {
        let tick = ticks.recv_timeout(Duration::from_secs(60));
        assert!(tick.is_ok(), "the module's thread lives on");
    }
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    for module in ["teller", "probe"] {
        let file = format!("{module}.so");
        assert!(maps.contains(&file), "the code of {module} is there");
    }
}
