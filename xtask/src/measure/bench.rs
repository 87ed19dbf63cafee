//! `bench`: runs the benchmarks of `tests/benchmarks`, which is a workspace of its own, and keeps their figures.
//!
//! Kept figures are in `docs/benchmarks/results.json`; the documents beside it are written from them.

#![forbid(unsafe_code)]

mod count;
mod document;
mod machine;
mod prose;
mod report;

pub use count::Count;
pub use machine::Machine;
pub use report::{Family, FamilyReport, Report, Row};

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::common::error::Error;
use crate::common::run;
use crate::common::screen::{Screen, Style, number, report as tell};
use crate::common::workspace::Workspace;

/// The workspace with the benchmarks and their rivals.
const FOLDER: &str = "tests/benchmarks";

/// The folder of the kept figures, their charts and pages.
const KEPT: &str = "docs/benchmarks";

/// The file with the kept figures in that folder.
const RESULTS: &str = "results.json";

/// What to run.
#[derive(Clone, Debug, Default)]
pub struct BenchOptions {
    /// Families; none: all of them.
    pub families: Vec<String>,
    /// Few rounds: to see that it runs.
    pub quick: bool,
    /// Keep the figures, and renew the documents and charts.
    pub write: bool,
}

/// The families.
///
/// # Errors
/// The benchmarks can't be built or run.
pub fn families(workspace: &Workspace) -> Result<Vec<Family>, Error> {
    build(workspace)?;
    let mut command = Command::new(program(workspace)?);
    let output = command
        .arg("--describe")
        .output()
        .map_err(|source| Error::Start {
            command: run::words(&command),
            source,
        })?;
    serde_json::from_slice(&output.stdout).map_err(|error| Error::Answer {
        command: run::words(&command),
        problem: error.to_string(),
    })
}

/// Builds and runs benchmarks; their rows also go to `target/lmms/bench.json`.
///
/// # Errors
/// There is no such family, or the benchmarks can't be built. A family that fails is in the report.
pub fn bench(workspace: &Workspace, options: &BenchOptions) -> Result<Report, Error> {
    let known = families(workspace)?;
    if let Some(name) = options
        .families
        .iter()
        .find(|name| known.iter().all(|known| known.name != **name))
    {
        return Err(Error::UnknownFamily {
            name: name.clone(),
            known: known.into_iter().map(|family| family.name).collect(),
        });
    }
    let machine = Machine::this(&folder(workspace)?);
    let mut report = Report::default();
    let path = workspace.lmms_dir().join("bench.json");
    let commit = machine::commit(workspace.root());
    for family in &known {
        let name = &family.name;
        if !options.families.is_empty() && !options.families.contains(name) {
            continue;
        }
        // A long run must not be lost for one family.
        let rows = match measure(workspace, name, options.quick) {
            Ok(rows) => rows,
            Err(error) => {
                report.failed.push(format!("{name}: {error}"));
                continue;
            }
        };
        report.families.push(FamilyReport {
            rows,
            command: command_of(name, options.quick),
            date: machine::today(),
            commit: commit.clone(),
            form: family.form.clone(),
            machine: machine.clone(),
            quick: options.quick,
            family: name.clone(),
            about: family.about.clone(),
        });
        report.write(&path)?;
    }
    if options.write {
        keep(workspace, &report, known)?;
    }
    Ok(report)
}

/// The command that repeats a family's figures.
fn command_of(family: &str, quick: bool) -> String {
    let quick = if quick { " --quick" } else { "" };
    format!("cargo xtask bench {family}{quick}")
}

fn folder(workspace: &Workspace) -> Result<PathBuf, Error> {
    let folder = workspace.root().join(FOLDER);
    if folder.is_dir() {
        return Ok(folder);
    }
    Err(Error::NoApplication {
        wanted: format!("folder {FOLDER} with benchmarks"),
    })
}

fn program(workspace: &Workspace) -> Result<PathBuf, Error> {
    Ok(folder(workspace)?.join("target/release/lmms-benchmarks"))
}

pub(crate) fn build(workspace: &Workspace) -> Result<(), Error> {
    let screen = Screen::stderr();
    tell(screen.paint(Style::Strong, "building the benchmarks and their rivals"));
    let mut command = workspace.cargo("build");
    command
        .args(["--release", "--workspace"])
        .current_dir(folder(workspace)?);
    run::run(&mut command)
}

/// Runs one family; its progress is shown as it comes.
fn measure(workspace: &Workspace, family: &str, quick: bool) -> Result<Vec<Row>, Error> {
    let mut command = Command::new(program(workspace)?);
    command.arg(family).args(quick.then_some("--quick"));
    command.current_dir(workspace.root()).stdout(Stdio::piped());
    let words = run::words(&command);
    let mut child = command.spawn().map_err(|source| Error::Start {
        command: words.clone(),
        source,
    })?;
    let mut rows = Vec::new();
    for line in child
        .stdout
        .take()
        .map(BufReader::new)
        .into_iter()
        .flat_map(BufRead::lines)
    {
        let line = line.map_err(Error::io("read the rows of", family.as_ref()))?;
        let row = serde_json::from_str(&line).map_err(|error| Error::Answer {
            command: words.clone(),
            problem: format!("{error} in {line}"),
        })?;
        rows.push(row);
    }
    let status = child.wait().map_err(|source| Error::Start {
        command: words.clone(),
        source,
    })?;
    if status.success() {
        return Ok(rows);
    }
    Err(Error::Failed {
        command: words,
        status: run::ending(status),
    })
}

/// Keeps the figures of `new`, and renews documents and charts.
fn keep(workspace: &Workspace, new: &Report, known: Vec<Family>) -> Result<(), Error> {
    let kept = workspace.root().join(KEPT);
    let results = kept.join(RESULTS);
    let mut report = Report::read(&results)?;
    report.replace(new);
    report.describe(known);
    report.write(&results)?;
    draw(workspace, &results, &kept)?;
    write(workspace, &report)
}

/// Writes the documents again from the kept figures, without measuring anything.
///
/// # Errors
/// A note or the README names a figure that doesn't exist, or a file can't be read or written.
pub fn write_kept(workspace: &Workspace) -> Result<(), Error> {
    let results = workspace.root().join(KEPT).join(RESULTS);
    write(workspace, &Report::read(&results)?)
}

fn write(workspace: &Workspace, report: &Report) -> Result<(), Error> {
    document::write(workspace.root(), report)?;
    tell(format_args!(
        "wrote BENCHMARKS.md, the figures in README.md and the guide, and the pages in {KEPT}"
    ));
    Ok(())
}

/// Charts are drawn by the benchmarks, which know plotters.
fn draw(workspace: &Workspace, results: &Path, kept: &Path) -> Result<(), Error> {
    let mut command = Command::new(program(workspace)?);
    command.arg("--charts").arg(results).arg(kept);
    run::run(&mut command)
}

/// A number with a precision that suits it.
pub(crate) fn figure(value: f64) -> String {
    match value.abs() {
        zero if zero < 1e-9 => "0".to_owned(),
        large if large >= 1000.0 => number(value),
        hundreds if hundreds >= 100.0 => format!("{value:.0}"),
        tens if tens >= 10.0 => format!("{value:.1}"),
        ones if ones >= 1.0 => format!("{value:.2}"),
        tiny => {
            let digits = 2 - tiny.log10().floor() as i32;
            format!("{value:.*}", digits.clamp(2, 9) as usize)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_about_three_digits() {
        assert_eq!(figure(0.0), "0");
        assert_eq!(figure(0.012_345), "0.0123");
        assert_eq!(figure(-0.5), "-0.500");
        assert_eq!(figure(1.234), "1.23");
        assert_eq!(figure(12.34), "12.3");
        assert_eq!(figure(123.4), "123");
        assert_eq!(figure(1_234_567.0), "1,234,567");
    }
}
