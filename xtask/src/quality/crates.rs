//! `crates`: loads, calls and unloads the modules of `tests/crates`, each on a well-known crate, and compares what
//! happens with the [table](crate::modules::known).

#![forbid(unsafe_code)]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::common::error::Error;
use crate::common::run;
use crate::common::screen::{self, Screen, Style, report};
use crate::common::workspace::Workspace;
use crate::modules::build::{BuildOptions, Profile, build_modules};
use crate::modules::known::{self, Known, TABLE, Verdict};

/// The workspace with the modules and the program that loads them.
const FOLDER: &str = "tests/crates";

/// The program's package.
const HOST: &str = "lmms-crate-tests";

/// Those that build in a minute or two.
pub const CHEAP: &[&str] = &["ctrlc", "r2d2", "rayon", "signal-hook", "tracing-appender"];

/// What was seen of one crate.
#[derive(Clone, Debug, Serialize)]
pub struct Seen {
    /// The crate's module.
    pub name: &'static str,
    /// What the table says: `unloads`, `shutdown`, `never` or `not-loadable`.
    pub expected: &'static str,
    /// What was seen; `None`: the module could not be built or run.
    pub found: Option<Found>,
    /// Why not, or why it was built and can't be loaded; and what the test needs, if that may be why.
    pub problem: Option<String>,
    /// How long building it took, in milliseconds.
    pub build_milliseconds: u64,
}

/// What the program saw.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Found {
    /// `unloads`, `shutdown`, `never` or `not-loadable`.
    pub verdict: String,
    /// Loads.
    pub cycles: u64,
    /// How the last attempt to unload it ended before it was told to stop; or to load it.
    pub before: String,
    /// And after that.
    pub after: Option<String>,
    /// Descriptors that stayed open.
    pub descriptors: i64,
    /// Mappings that stayed.
    pub mappings: i64,
}

/// All that was seen.
#[derive(Clone, Debug, Serialize)]
pub struct CratesReport {
    /// By crate.
    pub crates: Vec<Seen>,
}

/// Builds the modules on `names`, or on all crates that have one, and runs each in a process of its own.
///
/// # Errors
/// [`Error::UnknownModule`], or the program can't be built. A module that can't is in the report.
pub fn crates(workspace: &Workspace, names: &[String]) -> Result<CratesReport, Error> {
    let tested: Vec<(&'static str, &Known)> = TABLE
        .iter()
        .filter_map(|row| Some((row.test?, row)))
        .collect();
    if let Some(name) = names
        .iter()
        .find(|name| tested.iter().all(|(known, _)| known != *name))
    {
        return Err(Error::UnknownModule {
            name: name.clone(),
            known: tested.iter().map(|(name, _)| (*name).to_owned()).collect(),
        });
    }
    let folder = workspace.root().join(FOLDER);
    let workspace = Workspace::find(Some(&folder))?;
    let program = host(&workspace)?;
    let chosen = tested
        .iter()
        .filter(|(name, _)| names.is_empty() || names.iter().any(|chosen| chosen == name));
    let seen = chosen.map(|(name, row)| {
        report(Screen::stderr().paint(Style::Strong, format_args!("\n== {name}")));
        let started = Instant::now();
        let built = build(&workspace, name);
        let build_milliseconds = started.elapsed().as_millis().try_into().unwrap_or(u64::MAX);
        let found = built.and_then(|()| try_out(&workspace, &program, name));
        let (found, problem) = judge(row, found);
        if let Some(problem) = &problem {
            report(problem);
        }
        Seen {
            name,
            expected: row.verdict.name(),
            found,
            problem,
            build_milliseconds,
        }
    });
    Ok(CratesReport {
        crates: seen.collect(),
    })
}

/// What was seen, and what was in the way, with what `row` needs unless all is as it says.
fn judge(row: &Known, found: Result<Found, Error>) -> (Option<Found>, Option<String>) {
    let (found, mut problem) = match found {
        Ok(found) => return (Some(found), None),
        Err(error) => {
            let text = error.to_string();
            let found = match error {
                Error::Describe { problem, .. } => Some(Found::not_loadable(problem)),
                _ => None,
            };
            (found, text)
        }
    };
    let as_expected = found
        .as_ref()
        .is_some_and(|found| found.verdict == row.verdict.name());
    if let Some(needs) = row.needs.filter(|_| !as_expected) {
        problem += &format!("\nthe test of `{}` needs {needs}", row.name);
    }
    (found, Some(problem))
}

/// Writes the table to `docs/crates.md`.
///
/// # Errors
/// The file can't be written.
pub fn document(workspace: &Workspace) -> Result<PathBuf, Error> {
    let path = workspace.root().join("docs/crates.md");
    fs::write(&path, known::document()).map_err(Error::io("write", &path))?;
    Ok(path)
}

impl Found {
    fn not_loadable(problem: String) -> Self {
        Self {
            verdict: Verdict::NotLoadable("").name().to_owned(),
            cycles: 0,
            before: problem,
            after: None,
            descriptors: 0,
            mappings: 0,
        }
    }
}

impl Seen {
    /// Whether that is what the table says.
    pub fn is_as_expected(&self) -> bool {
        self.found
            .as_ref()
            .is_some_and(|found| found.verdict == self.expected)
    }
}

impl CratesReport {
    /// Whether all is as the table says.
    pub fn is_as_expected(&self) -> bool {
        self.crates.iter().all(Seen::is_as_expected)
    }

    /// The report as a table.
    pub fn text(&self, screen: Screen) -> String {
        let rows = self.crates.iter().map(|seen| {
            let style = if seen.is_as_expected() {
                Style::Good
            } else {
                Style::Bad
            };
            let found = seen.found.as_ref();
            let verdict = found.map_or("not run", |found| &found.verdict);
            // Without what to do about it.
            let short = |text: &str| text.split(';').next().unwrap_or_default().to_owned();
            let last = |found: &Found| match &found.after {
                Some(after) => format!("{}; told to stop: {}", short(&found.before), short(after)),
                None => short(&found.before),
            };
            [
                seen.name.to_owned(),
                seen.expected.to_owned(),
                screen.paint(style, verdict),
                found.map_or(String::new(), |found| found.cycles.to_string()),
                screen::duration(Duration::from_millis(seen.build_milliseconds)),
                found
                    .map(last)
                    .or_else(|| seen.problem.clone())
                    .unwrap_or_default(),
            ]
        });
        screen.table(
            ["crate", "table", "seen", "loads", "build", "how it ended"],
            rows,
        )
    }
}

fn build(workspace: &Workspace, name: &str) -> Result<(), Error> {
    let options = BuildOptions {
        modules: vec![format!("uses-{name}")],
        profile: Profile::Quick,
        ..BuildOptions::default()
    };
    build_modules(workspace, &options).map(|_| ())
}

/// Builds the program that loads modules.
fn host(workspace: &Workspace) -> Result<PathBuf, Error> {
    run::run(workspace.cargo("build").args(["--package", HOST]))?;
    Ok(workspace.target_dir().join("debug").join(HOST))
}

fn try_out(workspace: &Workspace, program: &PathBuf, name: &str) -> Result<Found, Error> {
    let mut command = Command::new(program);
    command
        .arg(workspace.modules_dir())
        .arg(format!("uses-{name}"))
        .stderr(Stdio::inherit());
    let words = run::words(&command);
    let output = command.output().map_err(|source| Error::Start {
        command: words.clone(),
        source,
    })?;
    if !output.status.success() {
        return Err(Error::Failed {
            command: words,
            status: run::ending(output.status),
        });
    }
    serde_json::from_slice(&output.stdout).map_err(|error| Error::Answer {
        command: words,
        problem: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_the_table_is_a_failure() {
        let seen = |verdict: Option<&str>| Seen {
            name: "ctrlc",
            expected: "never",
            found: verdict.map(|verdict| Found {
                verdict: verdict.to_owned(),
                cycles: 3,
                before: "stays: it handles signals".to_owned(),
                after: None,
                descriptors: 0,
                mappings: 0,
            }),
            problem: None,
            build_milliseconds: 1,
        };
        let report = |verdict| CratesReport {
            crates: vec![seen(verdict)],
        };
        assert!(report(Some("never")).is_as_expected());
        assert!(!report(Some("unloads")).is_as_expected());
        assert!(!report(None).is_as_expected());
        let text = report(None).text(Screen::plain());
        assert!(text.contains("not run"), "{text}");
    }

    #[test]
    fn what_cannot_be_loaded_is_seen_and_what_a_test_needs_is_told_where_it_fails() {
        let row = |test: &str| TABLE.iter().find(|row| row.test == Some(test)).unwrap();
        let describe = || Error::Describe {
            module: "m".to_owned(),
            path: "m.so".into(),
            problem: "no room".to_owned(),
            advice: vec!["write this".to_owned()],
        };
        let jemalloc = row("tikv-jemallocator");
        let (found, problem) = judge(jemalloc, Err(describe()));
        assert_eq!(found.unwrap().verdict, jemalloc.verdict.name());
        let problem = problem.unwrap();
        assert!(problem.ends_with("no room\nwrite this"), "{problem}");
        let failed = || Error::Failed {
            command: "it".to_owned(),
            status: "exit code 1".to_owned(),
        };
        for error in [describe(), failed()] {
            let (found, problem) = judge(row("pyo3"), Err(error));
            assert!(found.is_none_or(|found| found.verdict == "not-loadable"));
            let problem = problem.unwrap();
            for word in ["`pyo3` needs", "libpython3-dev", "PYO3_PYTHON"] {
                assert!(problem.contains(word), "{problem}");
            }
        }
    }

    #[test]
    fn the_cheap_ones_have_modules() {
        for name in CHEAP {
            assert!(TABLE.iter().any(|row| row.test == Some(name)), "{name}");
        }
    }
}
