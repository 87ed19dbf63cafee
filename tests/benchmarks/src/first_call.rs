//! The first call of an unloaded module, against bare dlopen and dlsym of the same file.
//!
//! Once in a gateway that has loaded the file before and finds it unchanged, and once in a new one, which hashes it.

#![forbid(unsafe_code)]

use std::fs;
use std::hint::black_box;

use crate::fixture::{self, Probe};
use crate::measure::{Plan, timed};
use crate::original;
use crate::peers;
use crate::row::{Row, Target};

/// Microseconds of a call that loads the module.
fn first_call(probe: &Probe) -> Result<f64, String> {
    let (time, sum) = timed(|| probe.probe().add(black_box(40), 2));
    match sum {
        Ok(42) => Ok(time / 1e3),
        Ok(other) => Err(format!("the module adds up to {other}")),
        Err(error) => Err(error.to_string()),
    }
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
        let (time, library) = timed(|| peers::open_and_look_up(&file, &symbol));
        let library = library?;
        bare.push(time / 1e3);
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
    Ok(vec![
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
    ])
}
