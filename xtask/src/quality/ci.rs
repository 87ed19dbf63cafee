//! `ci`: everything that must hold before a change is merged.

#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::time::{Duration, Instant};

use crate::check::{self, CheckOptions};
use crate::common::error::Error;
use crate::common::run;
use crate::common::screen::{self, Screen, Style, report};
use crate::common::workspace::Workspace;
use crate::measure::budget;
use crate::modules::build::{BuildOptions, build_modules};
use crate::quality::crates;
use crate::quality::lint;
use crate::quality::model;
use crate::quality::soak::{self, SoakOptions};
use crate::quality::test;

/// One step of the whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its name.
    pub name: &'static str,
    /// How it ended.
    pub result: StepResult,
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepResult {
    /// All was well, after this time.
    Passed(Duration),
    /// Something was found, after this time.
    Failed(Duration),
    /// An earlier step failed.
    Skipped,
    /// A tool that this machine doesn't have is needed; which.
    Missing(&'static str),
}

type Action<'a> = Box<dyn FnOnce() -> Result<bool, Error> + 'a>;

/// Runs all steps up to the first that fails; gives how each one ended.
pub fn ci(workspace: &Workspace) -> Vec<Step> {
    let cargo = |subcommand: &'static str, arguments: &'static [&'static str]| -> Action<'_> {
        Box::new(move || {
            let mut command = workspace.cargo(subcommand);
            if subcommand == "doc" {
                command.env("RUSTDOCFLAGS", "-D warnings");
            }
            run::run(command.args(arguments)).map(|()| true)
        })
    };
    let all_targets = ["--workspace", "--all-targets", "--", "-D", "warnings"].as_slice();
    let steps: Vec<(&'static str, Action<'_>)> = vec![
        ("format", Box::new(|| formatted(workspace))),
        ("clippy", cargo("clippy", all_targets)),
        (
            "module side",
            Box::new(|| lint::module_side(workspace).map(|()| true)),
        ),
        ("docs", cargo("doc", &["--workspace", "--no-deps"])),
        (
            "modules",
            Box::new(|| build_modules(workspace, &BuildOptions::default()).map(|_| true)),
        ),
        ("check", Box::new(|| check_all(workspace))),
        ("model", Box::new(|| model::model(workspace).map(|()| true))),
        (
            "test",
            Box::new(|| test::test(workspace, &[] as &[OsString]).map(|()| true)),
        ),
        ("crates", Box::new(|| cheap_crates(workspace))),
        ("soak", Box::new(|| soak_shortly(workspace))),
        ("budget", Box::new(|| within_budget(workspace))),
    ];
    run_steps(steps)
}

/// Whether every step passed.
pub fn passed(steps: &[Step]) -> bool {
    steps
        .iter()
        .all(|step| matches!(step.result, StepResult::Passed(_) | StepResult::Missing(_)))
}

/// The steps as a table.
pub fn table(steps: &[Step], screen: Screen) -> String {
    let rows = steps.iter().map(|step| {
        let (word, time) = match &step.result {
            StepResult::Passed(time) => ("passed", screen::duration(*time)),
            StepResult::Failed(time) => ("FAILED", screen::duration(*time)),
            StepResult::Skipped => ("not run", String::new()),
            StepResult::Missing(tool) => ("NOT CHECKED", format!("there is no {tool}")),
        };
        [step.name.to_owned(), word.to_owned(), time]
    });
    screen.table(["step", "result", "time"], rows)
}

fn run_steps(steps: Vec<(&'static str, Action<'_>)>) -> Vec<Step> {
    let screen = Screen::stderr();
    let mut failed = false;
    let mut done = Vec::new();
    for (name, action) in steps {
        let result = if failed {
            StepResult::Skipped
        } else {
            report(screen.paint(Style::Strong, format_args!("\n== {name}")));
            let started = Instant::now();
            let outcome = action();
            let time = started.elapsed();
            if let Err(error) = &outcome {
                report(format_args!(
                    "{}: {error}",
                    screen.paint(Style::Bad, "error")
                ));
            }
            match outcome {
                Ok(true) => StepResult::Passed(time),
                Err(Error::NoValgrind) => StepResult::Missing("valgrind"),
                _ => {
                    failed = true;
                    StepResult::Failed(time)
                }
            }
        };
        done.push(Step { name, result });
    }
    done
}

/// Also in the workspaces of their own, which are too heavy to be compiled here: their rivals alone take
/// longer than all other steps.
fn formatted(workspace: &Workspace) -> Result<bool, Error> {
    for folder in ["", "tests/benchmarks", "tests/crates", "tests/fuzz"] {
        let mut command = workspace.cargo("fmt");
        command
            .args(["--all", "--check"])
            .current_dir(workspace.root().join(folder));
        run::run(&mut command)?;
    }
    Ok(true)
}

fn within_budget(workspace: &Workspace) -> Result<bool, Error> {
    let found = budget::budget(workspace, false)?;
    report(found.text(Screen::stderr()));
    Ok(found.is_kept())
}

/// Those that build in a minute or two.
fn cheap_crates(workspace: &Workspace) -> Result<bool, Error> {
    let names: Vec<String> = crates::CHEAP
        .iter()
        .map(|name| (*name).to_owned())
        .collect();
    let found = crates::crates(workspace, &names)?;
    report(found.text(Screen::stderr()));
    Ok(found.is_as_expected())
}

/// Long enough for every hazard to come and go some dozens of times.
fn soak_shortly(workspace: &Workspace) -> Result<bool, Error> {
    let options = SoakOptions {
        seconds: Some(30),
        ..SoakOptions::default()
    };
    Ok(soak::soak(workspace, options)?.success())
}

fn check_all(workspace: &Workspace) -> Result<bool, Error> {
    let found = check::check(workspace, &CheckOptions::default())?;
    report(found.text(Screen::stderr()));
    Ok(found.is_clean())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn the_first_failure_ends_the_run() {
        let ran = Cell::new(0);
        let step = |outcome: fn() -> Result<bool, Error>| -> Action<'_> {
            let ran = &ran;
            Box::new(move || {
                ran.set(ran.get() + 1);
                outcome()
            })
        };
        let broken = || {
            Err(Error::Answer {
                command: "a".to_owned(),
                problem: "b".to_owned(),
            })
        };
        let steps = run_steps(vec![
            ("one", step(|| Ok(true))),
            ("two", step(broken)),
            ("three", step(|| Ok(true))),
        ]);
        assert_eq!(ran.get(), 2);
        assert!(!passed(&steps));
        assert!(matches!(steps[0].result, StepResult::Passed(_)));
        assert!(matches!(steps[1].result, StepResult::Failed(_)));
        assert_eq!(steps[2].result, StepResult::Skipped);
        let text = table(&steps, Screen::plain());
        assert!(
            text.contains("FAILED") && text.contains("not run"),
            "{text}"
        );
    }

    #[test]
    fn what_a_machine_can_not_check_is_said_and_fails_nothing() {
        let steps = run_steps(vec![
            ("budget", Box::new(|| Err(Error::NoValgrind))),
            ("next", Box::new(|| Ok(true))),
        ]);
        assert!(passed(&steps));
        let text = table(&steps, Screen::plain());
        assert!(text.contains("NOT CHECKED"), "{text}");
        assert!(text.contains("there is no valgrind"), "{text}");
        assert!(matches!(steps[1].result, StepResult::Passed(_)));
    }

    #[test]
    fn a_found_problem_fails_its_step() {
        let steps = run_steps(vec![("check", Box::new(|| Ok(false)))]);
        assert!(matches!(steps[0].result, StepResult::Failed(_)));
        let steps = run_steps(vec![("check", Box::new(|| Ok(true)))]);
        assert!(passed(&steps));
    }
}
