//! The host's code that runs inside LMMS: subscriber, clock, pressure source, and the destructors, hashes and orders of
//! its types. Each panics, blocks, and uses the gateway, while it is called on threads of all kinds.
//!
//! Each hook and kind of thread has a process of its own, in which all actions have their turn.

#![forbid(unsafe_code)]

mod actions;
mod hooks;

use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use fixture_types::{COMPARED, DROPPED, HASHED};
use lmms::Policy;
use lmms_library_tests::{Fixtures, child, modules};

use actions::ACTIONS;
use hooks::{Hook, Stubborn, Talker, hang};

static HOME: OnceLock<Fixtures> = OnceLock::new();

fn home() -> &'static Fixtures {
    HOME.get().expect("opened at the start")
}

/// Who does what makes the host's code run.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// A thread of the host's.
    Host,
    /// One that a module started.
    Module,
    /// One that ends: its thread-locals are being destroyed, the host's and the module's.
    Ending,
}

const PLACES: [Place; 3] = [Place::Host, Place::Module, Place::Ending];

#[test]
fn what_the_hosts_code_does_neither_crashes_nor_hangs_nor_stays_without_an_answer() {
    modules();
    let cases = Hook::ALL
        .iter()
        .flat_map(|hook| PLACES.map(|place| format!("{hook:?} on {place:?}")));
    let cases: Vec<String> = cases.collect();
    let run = |case: &String| {
        let said = child::run("one_hook", case);
        let reached = said.matches("reached: true").count();
        // Some are out of reach on some threads: a module's makes no copies of results.
        let everywhere = case.ends_with("on Host");
        assert!(
            !everywhere || reached >= ACTIONS.len() - 1,
            "{case}: {reached} times"
        );
    };
    // Two at a time: they mostly wait.
    thread::scope(|scope| {
        for half in cases.chunks(cases.len().div_ceil(2)) {
            scope.spawn(move || half.iter().for_each(run));
        }
    });
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn one_hook() {
    let case = child::case().expect("set by the parent");
    let is = |hook: &Hook, place: &Place| case == format!("{hook:?} on {place:?}");
    let all = Hook::ALL
        .iter()
        .flat_map(|hook| PLACES.map(|place| (*hook, place)));
    let (hook, place) = { all }
        .find(|(hook, place)| is(hook, place))
        .expect("a known case");
    tracing::subscriber::set_global_default(Talker).expect("the first one");
    let builder = Fixtures::builder()
        .modules(modules())
        .policy(Policy::default().max_resident(0).grace(Duration::ZERO))
        .clock(Stubborn)
        .pressure(Stubborn);
    assert!(HOME.set(builder.open().expect("built")).is_ok());
    hang(&DROPPED, Hook::Drop);
    hang(&HASHED, Hook::Hash);
    hang(&COMPARED, Hook::Compare);
    for action in ACTIONS {
        println!("{hook:?} on {place:?}: {}", action.name);
        let reached = hooks::arm(hook, *action, || act(hook, place));
        // Some are out of reach: the clock isn't asked on every thread.
        println!("  reached: {reached}");
        after();
    }
}

/// What makes the host's code run.
fn act(hook: Hook, place: Place) {
    let work = move || {
        let home = home();
        match place {
            Place::Module => {
                assert!(
                    home.teller().told_by_thread(1).unwrap_or(true),
                    "the module's thread-local is whole"
                );
                home.teller().start_worker().expect("a call");
                assert_ne!(home.teller().told_by_worker().ok().flatten(), Some(false));
            }
            Place::Host | Place::Ending => {
                assert!(
                    home.teller().told(1).unwrap_or(true),
                    "the module's thread-local is whole"
                );
                for _ in 0..2 {
                    let _ = home.teller().alert(1);
                    let _ = home.teller().alerts(1);
                }
                let _ = home.relay().about();
                let _ = home.probe().clock();
            }
        }
        let _ = home.statistics();
        let _ = home.explain("teller");
        home.invalidate_module("teller").expect("it exists");
        home.sweep();
        let _ = home.unload("teller");
    };
    struct Last(fn());
    impl Drop for Last {
        fn drop(&mut self) {
            (self.0)();
        }
    }
    thread_local!(static LAST: std::cell::RefCell<Option<Last>> = const { std::cell::RefCell::new(None) });
    let thread = thread::spawn(move || match place {
        Place::Host | Place::Module => work(),
        Place::Ending => {
            // Before the first call: so it is destroyed after what that leaves.
            LAST.set(Some(Last(ending_work)));
            let _ = home().teller().told(1);
        }
    });
    let ended = thread.join();
    // The host's own panic on its own thread is the host's.
    let own = matches!(hook, Hook::Drop | Hook::Hash | Hook::Compare);
    assert!(
        own || ended.is_ok(),
        "a panic of {hook:?} reached its caller"
    );
}

fn ending_work() {
    let home = home();
    let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _ = home.teller().told(2);
        let _ = home.relay().failures();
        let _ = home.teller().alert(1);
        let _ = home.teller().alerts(1);
        let _ = home.statistics();
        home.sweep();
    }));
    drop(told);
}

/// The gateway is as usable as ever, for everybody.
fn after() {
    thread::spawn(|| {
        let home = home();
        assert_eq!(home.probe().add(1, 2).expect("it answers"), 3);
        assert!(home.teller().told(3).expect("it answers"));
        assert!(home.teller().told_by_thread(3).expect("it answers"));
        assert_eq!(home.teller().alerts(4).expect("it answers").0.len(), 3);
        assert!(home.there().strike(5).expect("it answers") == 5);
        let statistics = home.statistics();
        for module in &statistics.modules {
            assert_eq!(module.references, 0, "{}", module.module);
        }
        home.checkpoint();
        assert_eq!(home.sweep().reentered, None);
        home.unload("teller").expect("it exists");
        assert!(home.teller().told(6).expect("it comes back"));
    })
    .join()
    .expect("the gateway serves");
}
