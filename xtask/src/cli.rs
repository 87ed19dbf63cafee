//! The commands as a program: arguments in, text or JSON out, an exit code.
//!
//! `cargo lmms` has the commands for a project that uses LMMS (`project`), `cargo xtask` those for this repository.
//! Cargo passes the name of the subcommand as the first argument.
//!
//! Exit codes: 0 success, 1 a build, check or test found a problem, 2 wrong usage, 3 valgrind, which `budget` needs, is
//! missing.

#![forbid(unsafe_code)]

mod guide;
mod measure;
mod project;
mod quality;
mod shared;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};

use crate::common::caller::Caller;
use crate::common::error::Error;
use crate::common::screen::{Screen, Style, report, say, say_json};
use crate::common::workspace::Workspace;
use crate::modules::build::{BuildOptions, Profile, build_modules};
use crate::modules::describe;
use crate::project::demo;
use crate::quality::{ci, model, test};
use measure::{Bench, Budget, Cost};
use project::Everyday;
use quality::{Crates, E2e, Fuzz, Sanitize, Soak};
use shared::Shared;

/// Makes, builds, runs and inspects programs whose features are modules, loaded when they are needed.
#[derive(Debug, Parser)]
#[command(name = "cargo lmms", bin_name = "cargo lmms", version)]
#[command(after_help = "A first answer:\n  \
    cargo lmms new my-app && cd my-app && cargo lmms run\n\n\
    Exit codes: 0 success, 1 a problem was found, 2 wrong usage; `run` exits as the program does.\n\
    `cargo lmms COMMAND --help` shows examples.")]
struct Lmms {
    #[command(subcommand)]
    command: Everyday,
}

/// Builds, inspects and checks the modules of this repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
#[command(
    after_help = "Exit codes: 0 success, 1 a problem was found, 2 wrong usage.\n\
    `cargo xtask COMMAND --help` shows examples."
)]
struct Xtask {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    BuildModules(BuildModules),
    #[command(flatten)]
    Shared(Shared),
    /// Build the example application and its modules, and play a day in a smart home.
    #[command(after_help = "Examples:\n  \
        cargo xtask demo\n  \
        cargo xtask demo -- --help                   options of the application's demo")]
    Demo(Passing),
    /// Build the modules, then run all tests of the workspace.
    #[command(after_help = "Examples:\n  \
        cargo xtask test\n  \
        cargo xtask test -- -p lmms --lib            arguments for `cargo test`")]
    Test(Passing),
    /// Check the protocols of loading, calling and unloading in every order of events (loom).
    #[command(after_help = "Examples:\n  \
        cargo xtask model                            fails if a call could meet an unload")]
    Model(Place),
    Soak(Soak),
    Bench(Bench),
    Budget(Budget),
    Cost(Cost),
    Crates(Crates),
    E2e(E2e),
    Fuzz(Fuzz),
    Sanitize(Sanitize),
    /// Run all checks: format, clippy, module side, docs, modules, check, model, test, crates, soak, budget.
    #[command(after_help = "Examples:\n  \
        cargo xtask ci                               stops at the first failure")]
    Ci(Place),
}

/// Build modules as dynamic libraries, with a manifest.
///
/// Writes to target/lmms/modules. Files are replaced by rename, which doesn't disturb a running
/// application. Unchanged modules are not rebuilt.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    cargo xtask build-modules                    all modules\n  \
    cargo xtask build-modules images charts      only these two\n  \
    cargo xtask build-modules --profile quick    for a first look\n  \
    cargo xtask build-modules --json | jq '.modules[] | {name, size}'\n  \
    cargo xtask build-modules --manifest-path ../other-workspace")]
struct BuildModules {
    /// Modules to build, by package name [default: all].
    #[arg(value_name = "MODULE")]
    modules: Vec<String>,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    format: Format,
    /// How to compile: for use, or in a fraction of the time for a first look.
    #[arg(long, default_value_t, value_parser = profile())]
    profile: Profile,
    /// Show cargo's commands.
    #[arg(long, short)]
    verbose: bool,
}

#[derive(Debug, Args)]
struct Passing {
    #[command(flatten)]
    place: Place,
    /// Arguments to pass on.
    #[arg(last = true)]
    arguments: Vec<OsString>,
}

#[derive(Debug, Args)]
struct Place {
    /// Folder or Cargo.toml of the workspace [default: the one of the current folder].
    #[arg(long, value_name = "DIR")]
    manifest_path: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Format {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Takes the name of a profile.
fn profile() -> impl TypedValueParser<Value = Profile> {
    PossibleValuesParser::new(Profile::ALL.map(Profile::name)).try_map(|name| {
        let mut all = Profile::ALL.into_iter();
        all.find(|profile| profile.name() == name)
            .ok_or("no such profile")
    })
}

impl Place {
    fn find(&self) -> Result<Workspace, Error> {
        Workspace::find(self.manifest_path.as_deref())
    }

    /// The workspace, for a command that works without one: a workspace that was named must be there; around the
    /// current folder there may be none.
    fn find_if_named(&self) -> Result<Option<Workspace>, Error> {
        match (self.find(), &self.manifest_path) {
            (Ok(workspace), _) => Ok(Some(workspace)),
            (Err(error), Some(_)) => Err(error),
            (Err(_), None) => Ok(None),
        }
    }
}

/// The program's arguments; ends the process where they are wrong or ask for help.
fn parse<P: Parser>(caller: Caller, arguments: Vec<OsString>) -> P {
    let mut program = fitted::<P>(caller);
    let mut matches = program.clone().get_matches_from(arguments);
    P::from_arg_matches_mut(&mut matches).unwrap_or_else(|error| error.format(&mut program).exit())
}

/// The program with examples that its caller can type: those of shared commands name `cargo lmms`.
fn fitted<P: Parser>(caller: Caller) -> clap::Command {
    P::command().mut_subcommands(|command| {
        let examples = command.get_after_help().map(ToString::to_string);
        match examples {
            Some(examples) => {
                command.after_help(examples.replace(Caller::Lmms.program(), caller.program()))
            }
            None => command,
        }
    })
}

/// Runs the program's command.
pub fn main() -> ExitCode {
    describe::this_is_the_program();
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    let called = arguments.get(1).and_then(|name| name.to_str());
    let caller = match called {
        Some("xtask") => Caller::Xtask,
        _ => Caller::Lmms,
    };
    if matches!(called, Some("xtask" | "lmms")) {
        arguments.remove(1);
    }
    caller.is_of_this_process();
    let outcome = match caller {
        Caller::Xtask => parse::<Xtask>(caller, arguments).command.run(),
        Caller::Lmms => parse::<Lmms>(caller, arguments).command.run(),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            let screen = Screen::stderr();
            report(format_args!(
                "{}: {error}",
                screen.paint(Style::Bad, "error")
            ));
            ExitCode::from(match error {
                Error::NoValgrind => 3,
                error if error.is_usage() => 2,
                _ => 1,
            })
        }
    }
}

impl Command {
    fn run(self) -> Result<ExitCode, Error> {
        match self {
            Self::BuildModules(command) => command.run(),
            Self::Shared(command) => command.run(),
            Self::Bench(command) => command.run(),
            Self::Budget(command) => command.run(),
            Self::Crates(command) => command.run(),
            Self::Cost(command) => command.run(),
            Self::Demo(command) => {
                let status = demo::demo(&command.place.find()?, &command.arguments)?;
                Ok(code(status.success()))
            }
            Self::Test(command) => {
                test::test(&command.place.find()?, &command.arguments)?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Soak(command) => command.run(),
            Self::E2e(command) => command.run(),
            Self::Fuzz(command) => command.run(),
            Self::Sanitize(command) => command.run(),
            Self::Model(place) => {
                model::model(&place.find()?)?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Ci(place) => {
                let steps = ci::ci(&place.find()?);
                say(ci::table(&steps, Screen::stdout()));
                Ok(code(ci::passed(&steps)))
            }
        }
    }
}

impl BuildModules {
    fn run(self) -> Result<ExitCode, Error> {
        let options = BuildOptions {
            modules: self.modules,
            quiet: false,
            verbose: self.verbose,
            profile: self.profile,
        };
        let report = build_modules(&self.place.find()?, &options)?;
        self.format.show(&report, |screen| report.table(screen));
        Ok(ExitCode::SUCCESS)
    }
}

impl Format {
    fn show(&self, facts: &impl serde::Serialize, text: impl FnOnce(Screen) -> String) {
        if self.json {
            say_json(facts);
        } else {
            say(text(Screen::stdout()).trim_end());
        }
    }
}

fn code(good: bool) -> ExitCode {
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Xtask::command().debug_assert();
        Lmms::command().debug_assert();
    }

    #[test]
    fn every_shown_command_has_help_and_examples() {
        for program in [Xtask::command(), Lmms::command()] {
            let shown = program.get_subcommands();
            for command in shown.filter(|command| !command.is_hide_set()) {
                let name = command.get_name();
                assert!(command.get_about().is_some(), "{name} says nothing");
                let examples = command.get_after_help().expect("examples").to_string();
                let calls = format!(" {name}");
                assert!(
                    examples.contains("cargo ") && examples.contains(&calls),
                    "{name} has no example"
                );
            }
        }
    }

    #[test]
    fn all_help_names_the_program_that_was_called() {
        let programs = [
            (Caller::Xtask, fitted::<Xtask>(Caller::Xtask), "cargo lmms"),
            (Caller::Lmms, fitted::<Lmms>(Caller::Lmms), "cargo xtask"),
        ];
        for (caller, mut program, other) in programs {
            program.build();
            let shown = |command: &&mut clap::Command| !command.is_hide_set();
            let mut helps = vec![program.render_long_help().to_string()];
            helps.extend(
                (program.get_subcommands_mut().filter(shown)).flat_map(|command| {
                    let long = command.render_long_help().to_string();
                    [long, command.render_help().to_string()]
                }),
            );
            assert!(helps.len() > 10, "{caller:?} has few commands");
            for help in helps {
                assert!(help.contains(caller.program()), "{help}");
                assert!(!help.contains(other), "{help}");
            }
        }
    }

    #[test]
    fn examples_are_commands_of_the_program() {
        for (caller, program) in [
            (Caller::Xtask, fitted::<Xtask>(Caller::Xtask)),
            (Caller::Lmms, fitted::<Lmms>(Caller::Lmms)),
        ] {
            for command in program.get_subcommands() {
                let examples = command.get_after_help().map(ToString::to_string);
                for line in examples.iter().flat_map(|examples| examples.lines()) {
                    let Some((_, words)) = line.split_once(caller.program()) else {
                        continue;
                    };
                    let name = words.split_whitespace().next().unwrap_or_default();
                    assert!(program.find_subcommand(name).is_some(), "{line}");
                }
            }
        }
    }

    #[test]
    fn projects_have_no_commands_of_this_repository() {
        let lmms = Lmms::command();
        for name in ["bench", "budget", "ci", "soak", "build-modules"] {
            assert!(lmms.find_subcommand(name).is_none(), "{name}");
            assert!(Xtask::command().find_subcommand(name).is_some(), "{name}");
        }
    }

    #[test]
    fn arguments_behind_two_dashes_are_handed_on() {
        let cli = Xtask::try_parse_from(["xtask", "test", "--", "-p", "lmms"]).unwrap();
        let Command::Test(command) = cli.command else {
            panic!("not the test command");
        };
        assert_eq!(command.arguments, ["-p", "lmms"]);
    }
}
