//! A sweep over 1,000 resident modules, and what an idle process does: nothing.

mod crowd;

use std::thread;
use std::time::Duration;

use crate::fixture;
use crate::measure::{Plan, cpu_time};
use crate::process::Ready;
use crate::row::{Row, Target};
use crowd::MODULES;

/// Runs the family.
pub fn run(plan: &Plan) -> Result<Vec<Row>, String> {
    let mut rows = sweeps(plan)?;
    rows.extend(wake_ups(plan)?);
    Ok(rows)
}

fn sweeps(plan: &Plan) -> Result<Vec<Row>, String> {
    let rounds = if plan.quick { 20 } else { 500 };
    let (crowd, clock) = crowd::open().map_err(|error| error.to_string())?;
    let mut quiet = Vec::new();
    for _ in 0..rounds {
        // Behind the grace, so that nothing but the threshold keeps the modules.
        clock.advance(Duration::from_secs(60));
        let begun = cpu_time();
        let report = crowd.sweep();
        quiet.push((cpu_time() - begun) / 1e3);
        if report.unloaded() > 0 {
            return Err("the threshold should keep them all".to_owned());
        }
    }
    if crowd.statistics().modules_resident != MODULES {
        return Err("not all modules are resident".to_owned());
    }
    Ok(vec![
        Row::new("sweep", "over 1,000 resident modules, none may go", 1, "µs")
            .measured(&quiet)
            .noted("modules that are no files; CPU time"),
    ])
}

fn wake_ups(plan: &Plan) -> Result<Vec<Row>, String> {
    let seconds = if plan.quick { 2 } else { 20 };
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let modules = fixture::modules()?;
    let modules = modules.to_string_lossy();
    let mut rows = Vec::new();
    for (name, child) in [
        ("an empty program", &["--child", "silent"][..]),
        (
            "a gateway with a resident module",
            &["--child", "idle", &modules][..],
        ),
    ] {
        let ready = Ready::start(&program, child)?;
        // What belongs to the start shall be over.
        thread::sleep(Duration::from_millis(500));
        let before = ready.switches()?;
        thread::sleep(Duration::from_secs(seconds));
        let count = ready.switches()?.saturating_sub(before);
        ready.end()?;
        rows.push(
            Row::new(
                "sweep",
                format!("idle for {seconds} s: {name}"),
                1,
                "wake-ups",
            )
            .exactly(count as f64)
            .aimed(&[Target::Zero]),
        );
    }
    Ok(rows)
}
