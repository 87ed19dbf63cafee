//! `budget`: the instructions of the hot paths, counted by callgrind, against what they may be.
//!
//! Each path runs N times and 2N times; the difference over N is what one takes, and whatever
//! happens once falls out. Instructions are the same on a busy machine and on an idle one.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::common::error::Error;
use crate::common::run;
use crate::common::screen::{Screen, Style, report};
use crate::common::workspace::Workspace;
use crate::modules::build::{BuildOptions, build_modules};

/// The workspace of the program that is counted.
const FOLDER: &str = "tests/benchmarks";

/// How often each path runs.
const COUNT: u64 = 20_000;

/// By how much a path may exceed its budget.
const LEEWAY: f64 = 0.05;

/// The budget file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Budget {
    /// Instructions of each path.
    instructions: BTreeMap<String, f64>,
}

/// What was counted.
#[derive(Clone, Debug, Serialize)]
pub struct BudgetReport {
    /// Every path.
    pub paths: Vec<PathCount>,
}

/// The instructions of one path.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PathCount {
    /// The path.
    pub path: String,
    /// What it may take.
    pub budget: f64,
    /// What it takes.
    pub counted: f64,
    /// Whether that is at most 5% over budget.
    pub kept: bool,
}

/// Counts all paths of the budget; with `write`, what was counted becomes the budget.
///
/// # Errors
/// [`Error::NoValgrind`], what a build says, or a program that fails.
pub fn budget(workspace: &Workspace, write: bool) -> Result<BudgetReport, Error> {
    if Command::new("valgrind")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_err()
    {
        return Err(Error::NoValgrind);
    }
    let folder = workspace.root().join(FOLDER);
    let file = folder.join("budget.toml");
    let text = fs::read_to_string(&file).map_err(Error::io("read", &file))?;
    let budget: Budget = toml::from_str(&text).map_err(|error| Error::Config {
        path: file.clone(),
        problem: error.to_string().trim_end().to_owned(),
    })?;
    let program = build(workspace, &folder)?;
    let mut paths = Vec::new();
    for (path, allowed) in &budget.instructions {
        report(Screen::stderr().paint(Style::Faint, format_args!("counting {path}")));
        let once = program.instructions(path, COUNT)?;
        let twice = program.instructions(path, 2 * COUNT)?;
        let counted = twice.saturating_sub(once) as f64 / COUNT as f64;
        paths.push(PathCount::judged(path, *allowed, counted));
    }
    if write {
        renew(&file, &text, &paths)?;
        for path in &mut paths {
            *path = PathCount::judged(&path.path, path.counted, path.counted);
        }
    }
    Ok(BudgetReport { paths })
}

impl PathCount {
    fn judged(path: &str, budget: f64, counted: f64) -> Self {
        Self {
            path: path.to_owned(),
            budget,
            counted,
            kept: counted <= budget * (1.0 + LEEWAY),
        }
    }
}

impl BudgetReport {
    /// Whether every path keeps to its budget.
    pub fn is_kept(&self) -> bool {
        self.paths.iter().all(|path| path.kept)
    }

    /// The counts as a table.
    pub fn text(&self, screen: Screen) -> String {
        let rows = self.paths.iter().map(|path| {
            let word = if !path.kept {
                screen.paint(Style::Bad, "over budget")
            } else if path.counted < path.budget * (1.0 - LEEWAY) {
                screen.paint(Style::Good, "better: lower the budget")
            } else {
                screen.paint(Style::Good, "kept")
            };
            [
                path.path.clone(),
                format!("{:.1}", path.counted),
                format!("{:.1}", path.budget),
                format!("{:+.1}%", (path.counted / path.budget - 1.0) * 100.0),
                word,
            ]
        });
        screen.table(["path", "instructions", "budget", "", ""], rows)
    }
}

struct Program {
    program: PathBuf,
    modules: PathBuf,
}

/// Builds the program and the module it calls.
fn build(workspace: &Workspace, folder: &Path) -> Result<Program, Error> {
    let mut command = workspace.cargo("build");
    command
        .args(["--release", "-p", "hot-paths"])
        .current_dir(folder);
    run::run(&mut command)?;
    let benchmarks = Workspace::find(Some(folder))?;
    let options = BuildOptions {
        modules: vec!["benchmark-probe".to_owned()],
        quiet: true,
        ..BuildOptions::default()
    };
    Ok(Program {
        program: folder.join("target/release/hot-paths"),
        modules: build_modules(&benchmarks, &options)?.folder,
    })
}

impl Program {
    /// The instructions of the whole process, all threads of it.
    fn instructions(&self, path: &str, count: u64) -> Result<u64, Error> {
        let mut command = Command::new("valgrind");
        command
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(&self.program)
            .arg(&self.modules)
            .args([path, &count.to_string()]);
        let output = command.output().map_err(|source| Error::Start {
            command: run::words(&command),
            source,
        })?;
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            report(&said);
            return Err(Error::Failed {
                command: run::words(&command),
                status: run::ending(output.status),
            });
        }
        collected(&said).ok_or_else(|| Error::Answer {
            command: run::words(&command),
            problem: "it says nothing of what it collected".to_owned(),
        })
    }
}

/// The count in callgrind's last words: `==1== Collected : 1234`.
fn collected(said: &str) -> Option<u64> {
    said.lines()
        .filter_map(|line| line.split_once("Collected :"))
        .next_back()
        .and_then(|(_, count)| count.trim().parse().ok())
}

/// Writes what was counted into the budget; its comments stay.
fn renew(file: &Path, text: &str, paths: &[PathCount]) -> Result<(), Error> {
    let lines = text.lines().map(|line| {
        let name = line.split_once('=').map(|(name, _)| name.trim());
        match paths.iter().find(|path| Some(path.path.as_str()) == name) {
            Some(path) => format!("{} = {:.1}\n", path.path, path.counted),
            None => format!("{line}\n"),
        }
    });
    let text: String = lines.collect();
    fs::write(file, text).map_err(Error::io("write", file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callgrinds_count_is_found() {
        let said = "==7== Callgrind\n==7== Events    : Ir\n==7== Collected : 123456\n==7== \n";
        assert_eq!(collected(said), Some(123_456));
        assert_eq!(collected("==7== nothing"), None);
    }

    #[test]
    fn five_percent_over_is_kept_and_more_is_not() {
        assert!(PathCount::judged("call", 100.0, 104.9).kept);
        let over = PathCount::judged("call", 100.0, 105.1);
        assert!(!over.kept);
        let report = BudgetReport { paths: vec![over] };
        assert!(!report.is_kept());
        assert!(report.text(Screen::plain()).contains("over budget"));
    }

    #[test]
    fn a_renewed_budget_keeps_its_comments() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("budget.toml");
        let text = "# why\n[instructions]\ncall = 20.0\nheap = 30.0\n";
        renew(&file, text, &[PathCount::judged("call", 20.0, 18.04)]).unwrap();
        assert_eq!(
            fs::read_to_string(&file).unwrap(),
            "# why\n[instructions]\ncall = 18.0\nheap = 30.0\n"
        );
    }
}
