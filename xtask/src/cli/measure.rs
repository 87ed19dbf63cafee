//! The commands that measure and calculate.

#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::{Format, Place, code};
use crate::common::error::Error;
use crate::common::screen::{Screen, say};
use crate::measure::{bench, budget, cost};

/// Measure LMMS beside its rivals, and report which targets are met.
///
/// Builds tests/benchmarks, a workspace of its own, and writes all figures to target/lmms/bench.json.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    cargo xtask bench                            every family; run nothing else meanwhile\n  \
    cargo xtask bench calls cache --quick        two families, few rounds\n  \
    cargo xtask bench --list                     the families\n  \
    cargo xtask bench heap --json heap.json      the figures for a program\n  \
    cargo xtask bench --write                    measure, keep the figures, renew the documents\n  \
    cargo xtask bench --write --kept             only write the documents again")]
pub(super) struct Bench {
    /// Families to run [default: all].
    #[arg(value_name = "FAMILY")]
    families: Vec<String>,
    /// Run few rounds, to see that the benchmarks work.
    #[arg(long)]
    quick: bool,
    /// Also write the figures to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// List the families and exit.
    #[arg(long)]
    list: bool,
    /// Keep the figures in docs/benchmarks, and renew BENCHMARKS.md, the families' pages and the charts.
    ///
    /// Quick figures replace only quick ones and those of a family whose code has changed since.
    #[arg(long)]
    write: bool,
    /// Measure nothing: write the documents from the kept figures.
    #[arg(long, requires = "write", conflicts_with_all = ["families", "quick", "json", "list"])]
    kept: bool,
    #[command(flatten)]
    place: Place,
}

/// Count the instructions of the hot paths with callgrind, and compare with tests/benchmarks/budget.toml.
///
/// Exits with 1 when a path exceeds its budget by 5%, and with 3 when valgrind is missing.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    cargo xtask budget                           count and compare\n  \
    cargo xtask budget --write                   make the counts the new budget\n  \
    cargo xtask budget --json | jq '.paths[] | {path, counted}'")]
pub(super) struct Budget {
    /// Replace the budget by the counts.
    #[arg(long)]
    write: bool,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    format: Format,
}

/// Calculate the monthly cost of calls on AWS Lambda, as billed and by the memory used.
///
/// Without --calls: the four scenarios of LMMS's original description, recomputed.
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
    /// Calls a month that are cold starts.
    #[arg(long, value_name = "N", default_value = "0", requires = "calls", value_parser = amount)]
    cold_starts: f64,
    /// Milliseconds of INIT before each cold start; AWS bills them too.
    #[arg(long, value_name = "MS", default_value = "0", requires = "calls", value_parser = amount)]
    init: f64,
    /// Memory configured for the function, in MB of 1,048,576 bytes, 10,240 at most.
    #[arg(long, value_name = "MB", default_value = "128", value_parser = amount)]
    memory: f64,
    /// Memory used, in the same MB [default: the configured memory].
    #[arg(long, value_name = "MB", value_parser = amount)]
    used: Option<f64>,
    /// Dollars a GB-second.
    #[arg(long, value_name = "$", default_value = "0.0000166667", value_parser = amount)]
    price: f64,
    /// Dollars a million calls.
    #[arg(long, value_name = "$", default_value = "0.20", value_parser = amount)]
    call_price: f64,
    /// GB-seconds a month that are free.
    #[arg(long, value_name = "N", default_value = "400000", value_parser = amount)]
    free_gb_seconds: f64,
    /// Calls a month that are free.
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
        if self.kept {
            bench::write_kept(&workspace)?;
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

/// Parses a finite number of 0 or more.
fn amount(text: &str) -> Result<f64, String> {
    match text.replace([',', '_'], "").parse::<f64>() {
        Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
        _ => Err("not a number of 0 or more".to_owned()),
    }
}
