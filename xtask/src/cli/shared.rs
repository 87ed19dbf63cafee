//! The commands that both programs have.

#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::guide::Guide;
use super::{Format, Place, code};
use crate::check::{self, CheckOptions, Part};
use crate::common::error::Error;
use crate::common::screen::{self, report};
use crate::modules::{describe, inspect, operations, outdated};

/// What both programs have.
#[derive(Debug, Subcommand)]
pub(super) enum Shared {
    Inspect(Inspect),
    Check(Check),
    Operations(Operations),
    Guide(Guide),
    #[command(name = describe::SUBCOMMAND, hide = true)]
    Describe {
        module: String,
        path: PathBuf,
    },
}

/// Show the contents of a built library, and whether it can be unloaded.
///
/// Exits with 1 if it can't be loaded or unloaded, or differs from the manifest.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    cargo lmms inspect images                   the built module\n  \
    cargo lmms inspect ./some/library.so        any file\n  \
    cargo lmms inspect images --json | jq .unload")]
pub(super) struct Inspect {
    /// A module's name, or a path to a library.
    #[arg(value_name = "MODULE|PATH")]
    what: String,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    format: Format,
}

/// Check rules that the compiler can't see.
///
/// imports: no application or module depends on a module. binaries: no program contains one.
/// registry: the built modules match their sources. tidy: the conventions of a repository with a .ci/tidy.toml.
/// Exits with 1 if a rule is broken.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    cargo lmms check                            everything\n  \
    cargo lmms check imports tidy               only these, which need no build\n  \
    cargo lmms check --no-build --json          what is built, for a program")]
pub(super) struct Check {
    /// Parts to check [default: all].
    #[arg(value_enum)]
    parts: Vec<Part>,
    /// Build nothing; check what is built.
    #[arg(long)]
    no_build: bool,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    format: Format,
}

/// List the operations of all modules.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    cargo lmms operations                       all of them\n  \
    cargo lmms operations images                those of one interface or module\n  \
    cargo lmms operations --json | jq '.[].name'")]
pub(super) struct Operations {
    /// Part of a module's, interface's or operation's name.
    filter: Option<String>,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    format: Format,
}

impl Shared {
    pub(super) fn run(self) -> Result<ExitCode, Error> {
        match self {
            Self::Inspect(command) => command.run(),
            Self::Check(command) => command.run(),
            Self::Operations(command) => command.run(),
            Self::Guide(command) => command.run(),
            Self::Describe { module, path } => Ok(describe_here(&module, &path)),
        }
    }
}

impl Inspect {
    fn run(self) -> Result<ExitCode, Error> {
        let found = inspect::inspect(&self.place.find()?, &self.what)?;
        self.format.show(&found, |screen| found.text(screen));
        Ok(code(found.is_sound()))
    }
}

impl Check {
    fn run(self) -> Result<ExitCode, Error> {
        let options = CheckOptions {
            no_build: self.no_build,
            parts: self.parts,
        };
        let found = check::check(&self.place.find()?, &options)?;
        self.format.show(&found, |screen| found.text(screen));
        Ok(code(found.is_clean()))
    }
}

impl Operations {
    fn run(self) -> Result<ExitCode, Error> {
        let workspace = self.place.find()?;
        let found = operations::operations(&workspace, self.filter.as_deref())?;
        self.format
            .show(&found, |screen| operations::table(&found, screen));
        for outdated in outdated::find(&workspace).0 {
            report(format_args!("{outdated}; {}", outdated.advice()));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The child's side of [`describe::describe`].
fn describe_here(module: &str, path: &Path) -> ExitCode {
    match describe::describe_here(module, path) {
        Ok(description) => {
            screen::say_json(&description);
            ExitCode::SUCCESS
        }
        Err(problem) => {
            report(format_args!("error: {problem}"));
            ExitCode::FAILURE
        }
    }
}
