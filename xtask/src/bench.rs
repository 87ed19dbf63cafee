//! `bench`: runs the benchmarks of `tests/benchmarks`, a workspace of its own, and writes down what
//! they printed.

#![forbid(unsafe_code)]

mod count;
mod document;
mod machine;
mod prose;
mod report;

pub use count::Count;
pub use machine::Machine;
pub use report::{Family, FamilyReport, Report, Row};

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::Error;
use crate::run;
use crate::screen::{Screen, Style, report as tell};
use crate::workspace::Workspace;

/// The workspace with the benchmarks and their peers.
const FOLDER: &str = "tests/benchmarks";

/// Where figures that are kept, and their charts, stand.
const KEPT: &str = "docs/benchmarks";

/// What to run.
#[derive(Clone, Debug, Default)]
pub struct BenchOptions {
    /// Families; none: all of them.
    pub families: Vec<String>,
    /// Few rounds: to see that it runs.
    pub quick: bool,
    /// Renew BENCHMARKS.md and its charts.
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
        write(workspace, &report, &known)?;
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
    tell(screen.paint(Style::Strong, "building the benchmarks and their peers"));
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
        status: crate::describe::ending(status),
    })
}

/// Puts the families of `new` in place of the kept ones, and writes BENCHMARKS.md and its charts.
fn write(workspace: &Workspace, new: &Report, known: &[Family]) -> Result<(), Error> {
    let kept = workspace.root().join(KEPT);
    let results = kept.join("results.json");
    let mut report = Report::read(&results)?;
    report.replace(new);
    report.sort(known);
    let text = document::document(&report, known, |family| {
        Ok(Texts {
            notes: notes(workspace, family, &report, known)?,
            charts: charts(&kept, family),
        })
    })?;
    report.write(&results)?;
    draw(workspace, &results, &kept)?;
    let path = workspace.root().join("BENCHMARKS.md");
    fs::write(&path, text).map_err(Error::io("write", &path))?;
    tell(format_args!(
        "{} is renewed",
        workspace.relative(&path).display()
    ));
    Ok(())
}

/// What stands around a family's table.
struct Texts {
    notes: Option<String>,
    charts: Vec<String>,
}

/// Charts are drawn by the benchmarks, which know plotters.
fn draw(workspace: &Workspace, results: &Path, kept: &Path) -> Result<(), Error> {
    let mut command = Command::new(program(workspace)?);
    command.arg("--charts").arg(results).arg(kept);
    run::run(&mut command)
}

/// What people wrote about a family's figures, with the figures.
fn notes(
    workspace: &Workspace,
    family: &str,
    report: &Report,
    known: &[Family],
) -> Result<Option<String>, Error> {
    let folder = workspace.root().join(FOLDER).join("notes");
    let path = folder.join(format!("{family}.md"));
    let Ok(text) = fs::read_to_string(&path) else {
        return Ok(None);
    };
    match prose::filled(&text, report, known) {
        Ok(text) => Ok(Some(text)),
        Err(problem) => Err(Error::Config { path, problem }),
    }
}

/// The charts of a family, as paths from the repository's root.
fn charts(kept: &Path, family: &str) -> Vec<String> {
    let mut charts: Vec<String> = fs::read_dir(kept)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| {
            name.strip_suffix(".svg").is_some_and(|name| {
                name == family
                    || name
                        .strip_prefix(family)
                        .is_some_and(|rest| rest.starts_with('.'))
            })
        })
        .map(|name| format!("{KEPT}/{name}"))
        .collect();
    charts.sort();
    charts
}

/// A number with a precision that suits it.
pub(crate) fn figure(value: f64) -> String {
    match value.abs() {
        zero if zero < 1e-9 => "0".to_owned(),
        large if large >= 1000.0 => crate::cost::number(value),
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

    #[test]
    fn a_familys_charts_are_not_those_of_a_longer_name() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["calls.svg", "calls.two.svg", "callsign.svg", "calls.json"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(
            charts(folder.path(), "calls"),
            [
                "docs/benchmarks/calls.svg".to_owned(),
                "docs/benchmarks/calls.two.svg".to_owned()
            ]
        );
    }
}
