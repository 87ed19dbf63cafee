//! Loads, calls and unloads all fixture modules again and again: what `cargo xtask sanitize` runs.
//!
//! `cycles FOLDER [CYCLES]`. With `LMMS_MISTAKE=use-after-free` or `leak` it makes that mistake
//! first, which shows that the sanitizer is there.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use fixture_types::Everything;
use lmms::CallError;
use lmms::outcome::UnloadOutcome;
use lmms_library_tests::Fixtures;
use serde_json::json;

const MODULES: [&str; 4] = ["keeper", "probe", "relay", "solo"];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().expect("the folder with the modules");
    let cycles = arguments.next().map_or(200, |cycles| {
        cycles.parse::<u32>().expect("a number of cycles")
    });
    if let Ok(mistake) = std::env::var("LMMS_MISTAKE") {
        make(&mistake);
    }
    alone(Path::new(&folder), cycles);
    together(Path::new(&folder), cycles);
}

fn open(folder: &Path, sealed: bool) -> Fixtures {
    let builder = Fixtures::builder().modules(folder).background_sweeps(false);
    builder.sealed_copies(sealed).open().expect("modules")
}

/// One thread: every operation, then every module leaves.
fn alone(folder: &Path, cycles: u32) {
    let value = Everything::sample();
    for part in 0..4 {
        let fixtures = open(folder, part == 3);
        for _ in 0..cycles.div_ceil(4) {
            calls(&fixtures, &value);
            for module in MODULES {
                let outcome = fixtures.unload(module).expect("it exists");
                assert!(
                    matches!(outcome, UnloadOutcome::Unloaded { .. }),
                    "{module}: {outcome}"
                );
            }
        }
        // What is loaded leaves with its gateway.
        calls(&fixtures, &value);
    }
    println!("alone: {cycles} cycles of {} modules", MODULES.len());
}

fn calls(fixtures: &Fixtures, value: &Everything) {
    let probe = fixtures.probe();
    assert_eq!(probe.add(1, 2).expect("adds"), 3);
    assert_eq!(&probe.echo(value).expect("echoes"), value);
    let given = probe.give(value.clone(), "text".to_owned(), vec![1, 2]);
    assert_eq!(given.expect("gives").1, "text");
    probe.join("a", None, &[1, 2], Some(&[3])).expect("joins");
    probe.remembered("one").expect("remembers");
    assert!(matches!(probe.refuse("no"), Err(CallError::Operation(_))));
    probe.report(7).expect("reports");
    probe.clock().expect("knows the time");
    assert!(matches!(
        probe.panic_with_text("text"),
        Err(CallError::Panicked(_))
    ));
    assert!(matches!(
        probe.panic_with_payload(),
        Err(CallError::Panicked(_))
    ));
    assert!(matches!(probe.resume(), Err(CallError::Panicked(_))));
    probe.hold_in_thread(10_000).expect("holds");
    probe.leak(100_000).expect("leaks");
    assert!(probe.start_worker("worker".to_owned()).expect("starts"));
    assert!(probe.stop_worker().expect("stops"));
    assert!(probe.panic_on_thread().expect("joins"));
    fixtures.keeper().keep(None).expect("keeps");
    assert_eq!(fixtures.relay().add_far(3, 4).expect("adds"), 7);
    fixtures.relay().echo_far(value.clone()).expect("echoes");
    fixtures.relay().failures().expect("fails elsewhere");
    fixtures.relay().nest(5).expect("nests");
    fixtures.relay().about().expect("tells");
    fixtures.solo().count().expect("counts");
    assert!(fixtures.solo().fall("stone").is_err());
    let wrong = fixtures.execute_operation("probe", "echo", json!({"value": {"text": 1}}));
    assert!(wrong.is_err());
    let right = fixtures.execute_operation("probe", "join", json!({"first": "a", "numbers": [1]}));
    assert!(right.is_ok());
}

/// Callers on several threads, while this one unloads.
fn together(folder: &Path, cycles: u32) {
    let fixtures = open(folder, false);
    let done = AtomicBool::new(false);
    let value = Everything::sample();
    let mut unloads = 0;
    thread::scope(|scope| {
        let caller = || {
            while !done.load(Ordering::Relaxed) {
                calls_of_many(&fixtures, &value);
                fixtures.checkpoint();
            }
        };
        let callers: Vec<_> = (0..3).map(|_| scope.spawn(caller)).collect();
        for _ in 0..cycles {
            for module in MODULES {
                let outcome = fixtures.unload(module).expect("it exists");
                unloads += u32::from(matches!(outcome, UnloadOutcome::Unloaded { .. }));
            }
            calls_of_many(&fixtures, &value);
        }
        done.store(true, Ordering::Relaxed);
        // The scope alone waits for no thread-locals, and a module whose thread-locals live when its
        // gateway closes stays for ever.
        for caller in callers {
            caller.join().expect("no caller panics");
        }
    });
    println!("together: {unloads} unloads among callers");
}

/// Calls that other threads may make at the same time.
fn calls_of_many(fixtures: &Fixtures, value: &Everything) {
    fixtures.probe().echo(value).expect("echoes");
    fixtures.relay().add_far(3, 4).expect("adds");
    fixtures.solo().count().expect("counts");
    assert!(fixtures.probe().panic_with_text("text").is_err());
    fixtures.probe().hold_in_thread(100).expect("holds");
    fixtures.keeper().keep(None).expect("keeps");
}

fn make(mistake: &str) {
    match mistake {
        "leak" => {
            std::hint::black_box(Box::leak(Box::new([1_u8; 4321])).as_ptr());
        }
        "use-after-free" => {
            let block = Box::into_raw(Box::new([1_u8; 4321]));
            // SAFETY: from `into_raw`.
            drop(unsafe { Box::from_raw(block) });
            // SAFETY: there is none: this is the mistake.
            let read = unsafe { block.cast::<u8>().read_volatile() };
            println!("read {read}");
        }
        other => panic!("`{other}` is no mistake this program makes"),
    }
}
