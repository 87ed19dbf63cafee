//! The algorithm that LMMS began with, in Python, run by whatever Python there is.

#![forbid(unsafe_code)]

use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::fixture::FOLDER;
use crate::measure::Plan;
use crate::row::Row;

/// What the script prints.
#[derive(Debug, Deserialize)]
struct Figures {
    python: String,
    /// Nanoseconds a call of each round, by case.
    resident_1: Vec<f64>,
    resident_100: Vec<f64>,
    hit: Vec<f64>,
    load: Vec<f64>,
}

/// Resident calls with 1 and with 100 modules.
pub fn calls(plan: &Plan) -> Vec<Row> {
    let row = |case: &str| Row::new("calls", format!("adds two numbers: {case}"), 1, "ns");
    match run(plan) {
        Ok(figures) => {
            let note = format!("Python {}", figures.python);
            vec![
                row("Python original, 1 module resident")
                    .measured(&figures.resident_1)
                    .noted(note.clone()),
                row("Python original, 100 modules resident")
                    .measured(&figures.resident_100)
                    .noted(note),
            ]
        }
        Err(error) => vec![row("Python original").noted(error)],
    }
}

/// Cache hits.
pub fn hits(plan: &Plan) -> Row {
    let row = Row::new("cache", "hit: Python original", 1, "ns");
    match run(plan) {
        Ok(figures) => row.measured(&figures.hit).noted(format!(
            "Python {}; its key has no arguments",
            figures.python
        )),
        Err(error) => row.noted(error),
    }
}

/// First calls of a module.
pub fn loads(plan: &Plan) -> Row {
    let row = Row::new("first-call", "Python original", 1, "µs");
    match run(plan) {
        Ok(figures) => {
            let micros: Vec<f64> = figures.load.iter().map(|nanos| nanos / 1e3).collect();
            row.measured(&micros)
                .noted(format!("Python {}, a module of one line", figures.python))
        }
        Err(error) => row.noted(error),
    }
}

fn run(plan: &Plan) -> Result<Figures, String> {
    let script = Path::new(FOLDER).join("src/original.py");
    let output = Command::new("python3")
        .arg(script)
        .arg(plan.rounds.min(21).to_string())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("not measured: no python3 here ({error})"))?;
    if !output.status.success() {
        return Err(format!(
            "not measured: python3 ended with {}",
            output.status
        ));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("not measured: {error}"))
}
