//! The commands as a program: arguments in, text or JSON out, an exit code.
//!
//! `cargo lmms` has the commands for a project that uses LMMS (`project`), `cargo xtask` those for this repository. Cargo
//! passes the name of the subcommand as the first argument.
//!
//! Exit codes: 0 success, 1 a build, check or test found a problem, 2 wrong usage, 3 valgrind, which `budget` needs, is
//! missing.

#![forbid(unsafe_code)]

mod guide;
mod measure;
mod project;
mod shared;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};

use measure::{Bench, Budget, Cost};
use project::Everyday;
use shared::Shared;

use crate::build::{BuildOptions, Profile, build_modules};
use crate::describe;
use crate::e2e::{self, E2eOptions};
use crate::error::Error;
use crate::screen::{Screen, Style, report, say, say_json};
use crate::soak::{self, SoakOptions};
use crate::workspace::Workspace;
use crate::{ci, crates, demo, fuzz, model, sanitize, test};

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
    /// Load, call and unload hazardous modules under load, and measure what remains.
    ///
    /// Exits with 1 after a crash, a wrong result, or when more than a byte remains per cycle.
    #[command(after_help = "Examples:\n  \
        cargo xtask soak                             a minute\n  \
        cargo xtask soak --cycles 100000\n  \
        cargo xtask soak --seconds 30 --json | jq '{good, cycles, live_per_cycle, resident_per_cycle}'")]
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

/// Load, call and unload modules that use well-known crates, and compare with docs/crates.md.
///
/// Some take many minutes to build. Exits with 1 if one behaves differently.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    cargo xtask crates                           all of them\n  \
    cargo xtask crates r2d2 rayon                only these two\n  \
    cargo xtask crates --cheap                   those that `ci` runs\n  \
    cargo xtask crates --document                write docs/crates.md from the table")]
struct Crates {
    /// Crates, as in docs/crates.md [default: all that have a test].
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Test only crates that build in a minute or two.
    #[arg(long, conflicts_with = "names")]
    cheap: bool,
    /// Write docs/crates.md and run nothing.
    #[arg(long)]
    document: bool,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    format: Format,
}

/// Compare the smart home with a real Home Assistant server, directive by directive.
///
/// Installs the server in target/e2e (from PyPI, with Python 3.11 or 3.12) and starts it on loopback with its demonstration
/// devices. Sends every directive to every entity, and compares with the server's states and its own Alexa endpoint.
/// Exits with 1 if a difference is not explained.
#[derive(Debug, Args)]
#[command(
    name = "e2e",
    after_help = "Examples:\n  \
    cargo xtask e2e home-assistant\n  \
    cargo xtask e2e home-assistant --only climate.\n  \
    cargo xtask e2e home-assistant --json | jq '.differences[] | select(.reason == null)'"
)]
struct E2e {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    options: E2eOptions,
}

/// Search with libFuzzer for inputs that break a parser.
///
/// Needs a nightly toolchain. Exits with 1 if it finds one, and leaves the input in
/// target/fuzz/artifacts.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    cargo xtask fuzz                             all targets, a minute each\n  \
    cargo xtask fuzz by-name --seconds 600       one of them, longer")]
struct Fuzz {
    /// Targets [default: all].
    #[arg(value_enum)]
    targets: Vec<fuzz::Target>,
    /// Seconds that each target runs.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    #[command(flatten)]
    place: Place,
}

/// Load, call and unload modules under AddressSanitizer or LeakSanitizer.
///
/// Needs a nightly toolchain. Host and modules are instrumented, and planted mistakes show that the
/// sanitizer works. Exits with 1 if it finds something, or misses a planted mistake.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    cargo xtask sanitize                         memory errors, and leaks at the end\n  \
    cargo xtask sanitize leak                    only leaks")]
struct Sanitize {
    /// The sanitizer.
    #[arg(value_enum, default_value_t)]
    what: sanitize::Sanitizer,
    #[command(flatten)]
    place: Place,
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
struct Soak {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    options: SoakOptions,
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

    /// The workspace, for a command that works without one: a workspace that was named must be there; around the current
    /// folder there may be none.
    fn find_if_named(&self) -> Result<Option<Workspace>, Error> {
        match (self.find(), &self.manifest_path) {
            (Ok(workspace), _) => Ok(Some(workspace)),
            (Err(error), Some(_)) => Err(error),
            (Err(_), None) => Ok(None),
        }
    }
}

/// Runs the program's command.
pub fn main() -> ExitCode {
    describe::this_is_the_program();
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    let called = arguments.get(1).and_then(|name| name.to_str());
    let for_repository = called == Some("xtask");
    if for_repository || called == Some("lmms") {
        arguments.remove(1);
    }
    let outcome = if for_repository {
        Xtask::parse_from(arguments).command.run()
    } else {
        Lmms::parse_from(arguments).command.run()
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
            Self::Soak(command) => {
                let status = soak::soak(&command.place.find()?, command.options)?;
                Ok(code(status.success()))
            }
            Self::E2e(command) => {
                let status = e2e::e2e(&command.place.find()?, &command.options)?;
                Ok(code(status.success()))
            }
            Self::Fuzz(command) => {
                let place = command.place.find()?;
                fuzz::fuzz(&place, &command.targets, command.seconds)?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Sanitize(command) => {
                let found = sanitize::sanitize(&command.place.find()?, command.what)?;
                say(found.text());
                Ok(code(found.is_clean()))
            }
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

impl Crates {
    fn run(self) -> Result<ExitCode, Error> {
        let workspace = self.place.find()?;
        if self.document {
            let path = crates::document(&workspace)?;
            report(format_args!("{} is written", path.display()));
            return Ok(ExitCode::SUCCESS);
        }
        let cheap = crates::CHEAP.iter().map(|name| (*name).to_owned());
        let names = if self.cheap {
            cheap.collect()
        } else {
            self.names
        };
        let found = crates::crates(&workspace, &names)?;
        self.format.show(&found, |screen| found.text(screen));
        Ok(code(found.is_as_expected()))
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
    use super::*;
    use clap::CommandFactory;

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
