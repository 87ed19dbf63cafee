//! The commands that measure and reckon.

#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::{Format, Place, code};
use crate::error::Error;
use crate::screen::{Screen, say};
use crate::{bench, budget, cost};

/// Measure what LMMS costs, side by side with everyone else, and say which targets are met.
///
/// Builds tests/benchmarks, a workspace of its own, and writes all figures to target/lmms/bench.json.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    cargo xtask bench                            everything; let nothing else run meanwhile\n  \
    cargo xtask bench calls cache --quick        two families, few rounds\n  \
    cargo xtask bench --list                     the families\n  \
    cargo xtask bench heap --json heap.json      the figures for a program\n  \
    cargo xtask bench --write                    renew BENCHMARKS.md and its charts")]
pub(super) struct Bench {
    /// Families to run; none: all of them.
    #[arg(value_name = "FAMILY")]
    families: Vec<String>,
    /// Few rounds: to see that it runs.
    #[arg(long)]
    quick: bool,
    /// Also write the figures to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// List the families and run none.
    #[arg(long)]
    list: bool,
    /// Put the figures into BENCHMARKS.md and draw its charts again. With --quick only those of families of which the kept
    /// figures are as quick, or of an earlier form.
    #[arg(long)]
    write: bool,
    #[command(flatten)]
    place: Place,
}

/// Count the instructions of the hot paths with callgrind, against tests/benchmarks/budget.toml.
///
/// Exits with 1 when a path takes 5% more than its budget, and with 3 when there is no valgrind, so
/// that nobody takes that for a success.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    cargo xtask budget                           count and compare\n  \
    cargo xtask budget --write                   what was counted becomes the budget\n  \
    cargo xtask budget --json | jq '.paths[] | {path, counted}'")]
pub(super) struct Budget {
    /// Write what was counted into the budget.
    #[arg(long)]
    write: bool,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    format: Format,
}

/// What calls a month cost on AWS Lambda, as it bills them and by the memory they use.
///
/// Without --calls: the four scenarios of the description that LMMS began with, recomputed.
#[derive(Debug, Args)]
#[command(
    allow_negative_numbers = true,
    after_help = "Examples:\n  \
    cargo xtask cost                             the four scenarios\n  \
    cargo xtask cost --calls 50000 --time 12.5 --memory 128 --used 9\n  \
    cargo xtask cost --calls 50000 --time 12.5 --cold-starts 900 --init 240\n  \
    cargo xtask cost --calls 3000000 --time 1 --price 0.0000133334     on arm64\n  \
    cargo xtask cost --calls 50000 --time 12.5 --json | jq .cost.gb_seconds_billed"
)]
pub(super) struct Cost {
    /// Calls a month.
    #[arg(long, value_name = "N", requires = "time", value_parser = amount)]
    calls: Option<f64>,
    /// Milliseconds a call.
    #[arg(long, value_name = "MS", requires = "calls", value_parser = amount)]
    time: Option<f64>,
    /// Calls a month that start an environment.
    #[arg(long, value_name = "N", default_value = "0", requires = "calls", value_parser = amount)]
    cold_starts: f64,
    /// Milliseconds of INIT before each of those; AWS bills them too.
    #[arg(long, value_name = "MS", default_value = "0", requires = "calls", value_parser = amount)]
    init: f64,
    /// Memory configured for the function, in MB of 1,048,576 bytes, 10,240 at most.
    #[arg(long, value_name = "MB", default_value = "128", value_parser = amount)]
    memory: f64,
    /// Memory that it uses, in the same MB [default: all that is configured].
    #[arg(long, value_name = "MB", value_parser = amount)]
    used: Option<f64>,
    /// Dollars a GB-second.
    #[arg(long, value_name = "$", default_value = "0.0000166667", value_parser = amount)]
    price: f64,
    /// Dollars a million calls.
    #[arg(long, value_name = "$", default_value = "0.20", value_parser = amount)]
    call_price: f64,
    /// GB-seconds a month that cost nothing.
    #[arg(long, value_name = "N", default_value = "400000", value_parser = amount)]
    free_gb_seconds: f64,
    /// Calls a month that cost nothing.
    #[arg(long, value_name = "N", default_value = "1000000", value_parser = amount)]
    free_calls: f64,
    #[command(flatten)]
    format: Format,
}

impl Bench {
    pub(super) fn run(self) -> Result<ExitCode, Error> {
        let workspace = self.place.find()?;
        if self.list {
            let rows = bench::families(&workspace)?;
            let rows = rows.into_iter().map(|family| [family.name, family.about]);
            say(Screen::stdout().table(["family", ""], rows));
            return Ok(ExitCode::SUCCESS);
        }
        let options = bench::BenchOptions {
            families: self.families,
            quick: self.quick,
            write: self.write,
        };
        let report = bench::bench(&workspace, &options)?;
        if let Some(path) = &self.json {
            report.write(path)?;
        }
        say(report.text(Screen::stdout()));
        Ok(code(report.failed.is_empty()))
    }
}

impl Budget {
    pub(super) fn run(self) -> Result<ExitCode, Error> {
        let found = budget::budget(&self.place.find()?, self.write)?;
        self.format.show(&found, |screen| found.text(screen));
        Ok(code(self.write || found.is_kept()))
    }
}

impl Cost {
    pub(super) fn run(self) -> Result<ExitCode, Error> {
        let prices = cost::Prices {
            gb_second: self.price,
            million_calls: self.call_price,
            free_gb_seconds: self.free_gb_seconds,
            free_calls: self.free_calls,
            ..Default::default()
        };
        let source = cost::SOURCE;
        if let (Some(calls), Some(milliseconds)) = (self.calls, self.time) {
            let usage = cost::Usage {
                calls,
                milliseconds,
                cold_starts: self.cold_starts,
                init_milliseconds: self.init,
                configured_mb: self.memory,
                used_mb: self.used.unwrap_or(self.memory),
            };
            let cost = cost::cost(usage, &prices)?;
            let facts = serde_json::json!({ "cost": cost, "prices": prices, "source": source });
            self.format
                .show(&facts, |screen| cost.text(&prices, screen));
        } else {
            let scenarios = cost::scenarios::scenarios(&prices)?;
            let facts =
                serde_json::json!({ "scenarios": scenarios, "prices": prices, "source": source });
            self.format
                .show(&facts, |screen| cost::scenarios::text(&scenarios, screen));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A number that an amount of something can be.
fn amount(text: &str) -> Result<f64, String> {
    match text.replace([',', '_'], "").parse::<f64>() {
        Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
        _ => Err("not a number of 0 or more".to_owned()),
    }
}
