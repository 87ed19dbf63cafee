//! `check`: the rules that the compiler can't see.
//!
//! - [`Part::Imports`]: no application reaches a module crate, no module reaches another.
//! - [`Part::Binaries`]: an application's program contains nothing of a module.
//! - [`Part::Registry`]: the built modules are what the sources say.
//! - [`Part::Tidy`]: the files of the repository keep to its habits.

#![forbid(unsafe_code)]

mod binaries;
mod circles;
mod imports;
mod invariants;
mod registry;
mod style;
mod tidy;

use std::fmt;

use serde::Serialize;

use crate::common::error::Error;
use crate::common::screen::{Screen, Style};
use crate::common::workspace::Workspace;

/// What to check, and what may be done for it.
#[derive(Clone, Debug, Default)]
pub struct CheckOptions {
    /// Build nothing: what is missing or outdated is reported, not made.
    pub no_build: bool,
    /// Parts to check; empty: all, but [`Part::Tidy`] only where there is a `.ci/tidy.toml`.
    pub parts: Vec<Part>,
}

/// A group of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Who depends on whom.
    Imports,
    /// What is in the programs.
    Binaries,
    /// Built modules against their sources.
    Registry,
    /// The files of the repository.
    Tidy,
}

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// A short stable name, such as `module-import`.
    pub code: &'static str,
    /// Where: a file, a package, a module.
    pub place: String,
    /// What was found.
    pub what: String,
    /// What to do about it.
    pub advice: String,
}

/// What came out for one group of rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartReport {
    /// The group.
    pub part: Part,
    /// What was looked at, in a sentence: so that nobody takes nothing for a success.
    pub scope: String,
    /// What could not be judged.
    pub notes: Vec<String>,
    /// The broken rules.
    pub problems: Vec<Problem>,
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// By group.
    pub parts: Vec<PartReport>,
}

/// Checks the workspace.
///
/// # Errors
/// When a check could not be made at all. Broken rules are no error but in the report.
pub fn check(workspace: &Workspace, options: &CheckOptions) -> Result<CheckReport, Error> {
    let all = [Part::Imports, Part::Binaries, Part::Registry, Part::Tidy];
    let applies = |part: &Part| *part != Part::Tidy || tidy::is_configured(workspace);
    let wanted =
        |part: &Part| options.parts.contains(part) || options.parts.is_empty() && applies(part);
    let mut parts = Vec::new();
    for part in all.into_iter().filter(wanted) {
        parts.push(match part {
            Part::Imports => imports::check(workspace),
            Part::Binaries => binaries::check(workspace, options)?,
            Part::Registry => registry::check(workspace, options)?,
            Part::Tidy => tidy::check(workspace)?,
        });
    }
    Ok(CheckReport { parts })
}

impl CheckReport {
    /// All broken rules.
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        self.parts.iter().flat_map(|part| &part.problems)
    }

    /// Whether every rule holds.
    pub fn is_clean(&self) -> bool {
        self.problems().next().is_none()
    }

    /// The report as text for a person.
    pub fn text(&self, screen: Screen) -> String {
        let mut text = String::new();
        for part in &self.parts {
            let verdict = match part.problems.len() {
                0 => screen.paint(Style::Good, "holds"),
                1 => screen.paint(Style::Bad, "1 problem"),
                count => screen.paint(Style::Bad, format_args!("{count} problems")),
            };
            let name = screen.paint(Style::Strong, part.part);
            text += &format!("{name}: {verdict} ({})\n", part.scope);
            for note in &part.notes {
                text += &format!("  {}: {note}\n", screen.paint(Style::Warning, "note"));
            }
            for problem in &part.problems {
                text += &format!(
                    "  {} {}\n    {}\n    to do: {}\n",
                    screen.paint(Style::Bad, format_args!("[{}]", problem.code)),
                    problem.place,
                    problem.what,
                    problem.advice
                );
            }
        }
        text
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Imports => "imports",
            Self::Binaries => "binaries",
            Self::Registry => "registry",
            Self::Tidy => "tidy",
        })
    }
}

impl PartReport {
    fn new(part: Part, scope: String) -> Self {
        Self {
            part,
            scope,
            notes: Vec::new(),
            problems: Vec::new(),
        }
    }
}
