//! The first call of an unloaded module, against bare dlopen and dlsym of the same file.
//!
//! In a process that has loaded and unloaded it before: once in a gateway that knows the file and finds it unchanged,
//! and once in a new one, which hashes it. And in fresh processes, where the first call is the first load of any
//! module, so that nothing was prepared by an unload before.

#![forbid(unsafe_code)]

use std::fs;
use std::hint::black_box;
use std::path::Path;

use crate::fixture::{self, Probe};
use crate::measure::{Plan, timed};
use crate::original;
use crate::process::Ready;
use crate::rivals;
use crate::row::{Row, Target};

/// Microseconds of a call that loads the module.
pub fn first_call(probe: &Probe) -> Result<f64, String> {
    let (time, sum) = timed(|| probe.probe().add(black_box(40), 2));
    match sum {
        Ok(42) => Ok(time / 1e3),
        Ok(other) => Err(format!("the module adds up to {other}")),
        Err(error) => Err(error.to_string()),
    }
}

/// Microseconds of opening a library and looking up a symbol, and the library.
pub fn open_and_look_up(
    file: &Path,
    symbol: &str,
) -> Result<(f64, libloading::os::unix::Library), String> {
    let (time, library) = timed(|| rivals::open_and_look_up(file, symbol));
    Ok((time / 1e3, library?))
}

/// Runs the family.
pub fn run(plan: &Plan) -> Result<Vec<Row>, String> {
    let rounds = if plan.quick { 20 } else { 300 };
    let probe = fixture::open()?;
    let folder = fixture::modules()?;
    let manifest = lmms::manifest::Manifest::read(&folder).map_err(|error| error.to_string())?;
    let name = "benchmark-probe";
    let entry = manifest
        .module(name)
        .ok_or_else(|| format!("{name} is not built"))?;
    let file = folder.join(&entry.file);
    let symbol = format!("lmms_module_{}", name.replace('-', "_"));

    let mut bare = Vec::new();
    let mut own = Vec::new();
    let mut again = Vec::new();
    let mut hashing = Vec::new();
    let mut leaving = Vec::new();
    let mut closing = Vec::new();
    for _ in 0..rounds {
        let (time, library) = open_and_look_up(&file, &symbol)?;
        bare.push(time);
        let (time, closed) = timed(|| library.close());
        closed.map_err(|error| error.to_string())?;
        closing.push(time / 1e3);

        let (time, hash) = timed(|| fs::read(&file).map(|bytes| blake3::hash(&bytes)));
        let hash = hash.map_err(|error| error.to_string())?;
        if hash.to_hex().as_str() != entry.blake3 {
            return Err("the library is not what the manifest says".to_owned());
        }
        hashing.push(time / 1e3);

        let new = fixture::open()?;
        own.push(first_call(&new)?);
        drop(new);
        again.push(first_call(&probe)?);
        let (time, outcome) = timed(|| probe.unload(name));
        let outcome = outcome.map_err(|error| error.to_string())?;
        if !matches!(outcome, lmms::UnloadOutcome::Unloaded { .. }) {
            return Err(format!("the module stays: {outcome:?}"));
        }
        leaving.push(time / 1e3);
    }
    let row = |case: &str, rounds: &[f64]| Row::new("first-call", case, 1, "µs").measured(rounds);
    let yardstick = "dlopen + dlsym";
    let mut rows = vec![
        row(yardstick, &bare).noted(format!("of the same file, {} bytes, warm", entry.size)),
        row("LMMS, a file that it knows", &again)
            .compared(yardstick, &again, &bare)
            .aimed(&[Target::Ratio(1.3)])
            .noted("loaded before, unchanged since: not hashed"),
        row("LMMS, a file that it hashes", &own).compared(yardstick, &own, &bare),
        row("reading and hashing the file", &hashing).compared(yardstick, &hashing, &bare),
        original::loads(plan),
        row("dlclose", &closing),
        row("LMMS unload", &leaving)
            .compared("dlclose", &leaving, &closing)
            .noted("sealed, destructors run, unmapping proven, heap thrown away"),
    ];
    rows.extend(in_fresh_processes(plan, &folder, &file, &symbol)?);
    Ok(rows)
}

/// The first load of many processes, one after the other.
fn in_fresh_processes(
    plan: &Plan,
    folder: &Path,
    file: &Path,
    symbol: &str,
) -> Result<Vec<Row>, String> {
    let rounds = if plan.quick { 15 } else { 200 };
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let (folder, file) = (folder.to_string_lossy(), file.to_string_lossy());
    let ways: [(&str, &[&str]); 3] = [
        ("dlopen + dlsym", &["dlopen", &file, symbol]),
        ("LMMS, files not hashed", &["unhashed", &folder]),
        ("LMMS, a file that it hashes", &["hashed", &folder]),
    ];
    let mut times: [Vec<f64>; 3] = Default::default();
    for _ in 0..rounds {
        for ((_, arguments), times) in ways.iter().zip(&mut times) {
            let child = [&["--child", "first-load"], *arguments].concat();
            let ready = Ready::start(&program, &child)?;
            let took = ready.line.parse::<f64>();
            times.push(took.map_err(|error| format!("{}: {error}", ready.line))?);
            ready.end()?;
        }
    }
    let rows = ways.iter().zip(&times).enumerate();
    let rows = rows.map(|(index, ((way, _), own))| {
        let case = format!("first load of a process: {way}");
        let row = Row::new("first-call", case, 1, "µs").measured(own);
        match index {
            0 => row.noted("each time in a process that has loaded no module before"),
            1 => row
                .compared(ways[0].0, own, &times[0])
                .aimed(&[Target::Ratio(1.3)])
                .noted("`verify_files(false)`"),
            _ => row.compared(ways[0].0, own, &times[0]),
        }
    });
    Ok(rows.collect())
}
