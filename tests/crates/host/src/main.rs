//! `lmms-crate-tests FOLDER MODULE`: loads a module, calls it from several threads, unloads it, again and again, and
//! prints as JSON what became of it.

#![forbid(unsafe_code)]

use std::fs;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use lmms::outcome::UnloadOutcome;

lmms::gateway! {
    /// A module for each crate.
    Crates { modules: ["../modules/*"] }
}

const CYCLES: u64 = 20;

/// For threads that end by themselves, after a call and after what kept them is dropped.
const PATIENCE: Duration = Duration::from_secs(5);

struct Counts {
    descriptors: i64,
    mappings: i64,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, module] = &arguments[..] else {
        eprintln!("usage: lmms-crate-tests FOLDER MODULE");
        return ExitCode::from(2);
    };
    let home = match Crates::builder()
        .modules(folder)
        .background_sweeps(false)
        .open()
    {
        Ok(home) => home,
        Err(error) => {
            eprintln!("{folder}: {error}");
            return ExitCode::FAILURE;
        }
    };
    match try_out(&home, module) {
        Ok(found) => {
            println!("{found}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("{module}: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn try_out(home: &Crates, module: &str) -> Result<serde_json::Value, String> {
    let interface = module.replace('-', "_");
    let mut first = None;
    let (mut before, mut after) = (String::new(), None);
    let mut verdict = "unloads";
    let mut cycles = 0;
    for cycle in 0..CYCLES {
        call(home, &interface, cycle)?;
        cycles += 1;
        let outcome = unload(home, module, Duration::from_millis(500))?;
        before = outcome.to_string();
        if !is_gone(&outcome) {
            let stop = home.execute_operation(&interface, "stop", serde_json::json!({}));
            stop.map_err(|error| error.to_string())?;
            let outcome = unload(home, module, PATIENCE)?;
            after = Some(outcome.to_string());
            if !is_gone(&outcome) {
                verdict = "never";
                break;
            }
            verdict = "shutdown";
        }
        // What a first load brings, such as libraries of the system, stays.
        if cycle == 0 {
            first = Some(counts());
        }
    }
    let last = counts();
    let first = first.unwrap_or(Counts { ..last });
    Ok(serde_json::json!({
        "verdict": verdict,
        "cycles": cycles,
        "before": before,
        "after": after,
        "descriptors": last.descriptors - first.descriptors,
        "mappings": last.mappings - first.mappings,
    }))
}

/// Calls it here and on a thread that ends.
fn call(home: &Crates, interface: &str, seed: u64) -> Result<(), String> {
    let once = || {
        let arguments = serde_json::json!({ "seed": seed });
        let answer = home.execute_operation(interface, "provoke", arguments);
        let answer = answer.map_err(|error| error.to_string())?;
        if answer != seed + 1 {
            return Err(format!("it answers {answer} to {seed}"));
        }
        Ok(())
    };
    once()?;
    thread::scope(|scope| scope.spawn(once).join().map_err(|_| "a caller panicked")?)
}

fn is_gone(outcome: &UnloadOutcome) -> bool {
    matches!(outcome, UnloadOutcome::Unloaded { .. })
}

/// Unloads it, as soon as threads that end by themselves have.
fn unload(home: &Crates, module: &str, patience: Duration) -> Result<UnloadOutcome, String> {
    let started = Instant::now();
    loop {
        let outcome = home.unload(module).map_err(|error| error.to_string())?;
        match outcome {
            UnloadOutcome::Refused { .. } if started.elapsed() < patience => thread::yield_now(),
            outcome => return Ok(outcome),
        }
    }
}

fn counts() -> Counts {
    let count = |folder: &str| fs::read_dir(folder).map_or(0, |entries| entries.count() as i64);
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    Counts {
        descriptors: count("/proc/self/fd"),
        mappings: maps.lines().count() as i64,
    }
}
