//! Generated applications with 10 to 10,000 operations in up to 1,000 modules: what a call, a start
//! and the gateway's memory cost must not depend on their number.

#![forbid(unsafe_code)]

mod generate;

use serde::Deserialize;

use crate::measure::Plan;
use crate::process::Ready;
use crate::row::{Row, Target, quantile};

/// Operations of the generated applications; ten in each module.
const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];

/// What a generated program says when it is ready.
#[derive(Debug, Deserialize)]
struct Said {
    /// Microseconds to open the gateway.
    open: f64,
    /// Nanoseconds a call.
    call: f64,
    /// Nanoseconds a call by name.
    by_name: f64,
}

#[derive(Debug, Default)]
struct Figures {
    start: Vec<f64>,
    cpu: Vec<f64>,
    open: Vec<f64>,
    call: Vec<f64>,
    by_name: Vec<f64>,
    ready: Vec<f64>,
    called: Vec<f64>,
}

/// Runs the family.
pub fn run(plan: &Plan) -> Result<Vec<Row>, String> {
    let sizes = if plan.quick { &SIZES[..3] } else { &SIZES[..] };
    let programs = generate::build(sizes)?;
    let rounds = if plan.quick { 10 } else { 100 };
    let mut all: Vec<Figures> = sizes.iter().map(|_| Figures::default()).collect();
    for _ in 0..rounds {
        for (program, figures) in programs.iter().zip(&mut all) {
            let modules = program.modules.to_string_lossy();
            let ready = Ready::start(&program.program, &[&modules])?;
            figures.start.push(ready.took.as_nanos() as f64 / 1e3);
            figures.cpu.push(ready.cpu_time()? / 1e3);
            figures.ready.push(ready.memory("Rss")?);
            ready.end()?;
            let called = Ready::start(&program.program, &[&modules, "call"])?;
            figures.called.push(called.memory("Rss")?);
            called.end()?;
            let ready = Ready::start(&program.program, &[&modules, "measure"])?;
            let said: Said =
                serde_json::from_str(&ready.line).map_err(|error| error.to_string())?;
            ready.end()?;
            figures.open.push(said.open);
            figures.call.push(said.call);
            figures.by_name.push(said.by_name);
        }
    }
    let mut rows = Vec::new();
    let smallest = format!("{} operations", sizes[0]);
    for (index, (size, figures)) in sizes.iter().zip(&all).enumerate() {
        let row = |what: &str, unit: &str, of: fn(&Figures) -> &Vec<f64>| {
            let case = format!("{size} operations in {} modules: {what}", size.div_ceil(10));
            let row = Row::new("registry", case, 1, unit).measured(of(figures));
            if index == 0 {
                row
            } else {
                row.compared(&smallest, of(figures), of(&all[0]))
            }
        };
        let constant: &[Target] = if index == 0 {
            &[]
        } else {
            &[Target::Ratio(1.1)]
        };
        rows.push(row("resident call", "ns", |figures| &figures.call).aimed(constant));
        rows.push(row("call by name", "ns", |figures| &figures.by_name).aimed(constant));
        rows.push(row("opening the gateway", "µs", |figures| &figures.open));
        rows.push(row("start to ready", "µs", |figures| &figures.start));
        rows.push(row("start to ready, CPU time", "µs", |figures| {
            &figures.cpu
        }));
    }
    if let (Some(least), Some(most)) = (all.first(), all.last()) {
        let count = (sizes[sizes.len() - 1] - sizes[0]) as f64;
        let name = format!("from {} to {} operations", sizes[0], sizes[sizes.len() - 1]);
        let mut growth = |what: &str, of: fn(&Figures) -> &Vec<f64>| {
            let rounds = of(most).iter().zip(of(least));
            let grown: Vec<f64> = rounds.map(|(most, least)| most - least).collect();
            let row = Row::new("registry", format!("{name}: {what} grows by"), 1, "µs");
            rows.push(row.measured(&grown));
        };
        growth("start", |figures| &figures.start);
        growth("start's CPU time", |figures| &figures.cpu);
        let mut memory = |when: &str, of: fn(&Figures) -> &Vec<f64>| {
            let middle = |figures| quantile(of(figures), 0.5).unwrap_or_default();
            let case = format!("{name}: memory of each, {when}");
            let row = Row::new("registry", case, 1, "bytes")
                .exactly((middle(most) - middle(least)) / count);
            rows.push(row.noted("RSS, with code, tables and what has been read of the manifest"));
        };
        memory("ready", |figures| &figures.ready);
        memory("behind the first call", |figures| &figures.called);
    }
    Ok(rows)
}
