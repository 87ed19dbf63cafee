//! From start to ready: the smart-home engine against an empty Rust program.

#![forbid(unsafe_code)]

use crate::fixture::{self, beside};
use crate::measure::Plan;
use crate::process::Ready;
use crate::row::{Row, Target};

/// Runs the family.
pub fn run(plan: &Plan) -> Result<Vec<Row>, String> {
    let modules = fixture::build(fixture::repository())?;
    let modules = modules.to_string_lossy().into_owned();
    let programs: [(&str, &str, &[&str]); 2] = [
        ("empty program", "empty", &[]),
        ("smart-home engine", "engine", &[&modules]),
    ];
    let rounds = if plan.quick { 15 } else { 200 };
    let mut times = [Vec::new(), Vec::new()];
    let mut memory = [Vec::new(), Vec::new()];
    let mut shares = [Vec::new(), Vec::new()];
    let mut dirty = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        for (index, (_, program, arguments)) in programs.iter().enumerate() {
            let ready = Ready::start(&beside(program)?, arguments)?;
            times[index].push(ready.took.as_nanos() as f64 / 1e3);
            memory[index].push(ready.memory("Rss")? / 1e6);
            shares[index].push(ready.memory("Pss")? / 1e6);
            dirty[index].push(ready.memory("Private_Dirty")? / 1e6);
            ready.end()?;
        }
    }
    let empty = programs[0].0;
    let mut rows = Vec::new();
    for (index, (name, ..)) in programs.iter().enumerate() {
        let row = |what: &str, unit: &str, rounds: &[f64]| {
            Row::new("start", format!("{name}: {what}"), 1, unit).measured(rounds)
        };
        let own = &times[index];
        let mut ready = row("start to ready", "µs", own);
        if index > 0 {
            ready = ready
                .compared(empty, own, &times[0])
                .aimed(&[Target::Ratio(1.2)]);
        }
        rows.push(ready);
        rows.push(row("RSS when ready", "MB", &memory[index]));
        rows.push(row("PSS when ready", "MB", &shares[index]));
        rows.push(row("private dirty when ready", "MB", &dirty[index]));
    }
    let more: Vec<f64> = memory[1]
        .iter()
        .zip(&memory[0])
        .map(|(engine, empty)| engine - empty)
        .collect();
    rows.push(
        Row::new(
            "start",
            "smart-home engine: RSS beyond the empty program",
            1,
            "MB",
        )
        .measured(&more),
    );
    Ok(rows)
}
