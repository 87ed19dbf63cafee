//! The commands for a project of one's own.

#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{ExitCode, ExitStatus};

use clap::{Args, Subcommand};

use super::shared::Shared;
use super::{Format, Place, code};
use crate::common::error::Error;
use crate::common::screen::{self, report, say};
use crate::modules::build::BuildReport;
use crate::project::develop::{self, CargoProfile, ProjectOptions};
use crate::project::doctor;
use crate::project::new::{self, LmmsSource, NewModule, NewProject, Template};
use crate::project::package::{self, PackageOptions};

/// The commands of `cargo lmms`.
#[derive(Debug, Subcommand)]
pub(super) enum Everyday {
    New(New),
    NewModule(Module),
    Build(Build),
    Run(Run),
    Test(Test),
    Package(Package),
    #[command(flatten)]
    Shared(Shared),
    Clean(Clean),
    Doctor(Doctor),
}

/// Make a project: an application, a module, and tests of both.
///
/// The project is a workspace in a new folder; its name is the folder's.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    cargo lmms new my-app                        answers on the command line\n  \
    cargo lmms new my-server --template service  answers requests over TCP\n  \
    cargo lmms new my-app --lmms ../lmms         depends on the checkout in that folder\n  \
    cargo lmms new my-app --lmms https://example.org/lmms.git?branch=next")]
pub(super) struct New {
    /// The folder to make.
    #[arg(value_name = "APP")]
    folder: PathBuf,
    /// What kind of application.
    #[arg(long, value_enum, default_value_t)]
    template: Template,
    /// Where the project takes LMMS from: a folder, a git address or a version [default: the checkout that this program
    /// was installed from].
    #[arg(long, value_name = "PATH|GIT|VERSION")]
    lmms: Option<String>,
    #[command(flatten)]
    format: Format,
}

/// Add a module to the project.
///
/// It goes where the other modules are, else into the folder `modules`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    cargo lmms new-module weather                makes modules/weather\n  \
    cargo lmms new-module weather --json | jq -r '.files[]'")]
pub(super) struct Module {
    /// The module's name, which is also its interface's, with `_` for `-`.
    name: String,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    format: Format,
}

/// Build the modules, each a library of its own, and the programs.
///
/// Modules go to target/lmms/modules, by rename, so a running program is not disturbed. Nothing is built again that did
/// not change.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    cargo lmms build                             all modules, compiled fast\n  \
    cargo lmms build weather                     only this module, and the programs\n  \
    cargo lmms build --release                   for users: optimised, small\n  \
    cargo lmms build --json | jq '.modules[] | {name, size}'")]
pub(super) struct Build {
    /// Modules to build, by package name; none: all of them.
    #[arg(value_name = "MODULE")]
    modules: Vec<String>,
    #[command(flatten)]
    how: How,
    #[command(flatten)]
    format: Format,
}

/// Build the modules and the program, and run it.
///
/// Ends as the program does.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    cargo lmms run\n  \
    cargo lmms run -- --help                     arguments for the program\n  \
    cargo lmms run -p my-server --release        one of several programs")]
pub(super) struct Run {
    /// The package with the program, where there are several.
    #[arg(long, short, value_name = "NAME")]
    package: Option<String>,
    #[command(flatten)]
    how: How,
    /// Handed to the program.
    #[arg(last = true)]
    arguments: Vec<OsString>,
}

/// Build the modules and run all tests, which find them built.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    cargo lmms test\n  \
    cargo lmms test -- -p weather                arguments for `cargo test`")]
pub(super) struct Test {
    #[command(flatten)]
    how: How,
    /// Handed to `cargo test`.
    #[arg(last = true)]
    arguments: Vec<OsString>,
}

/// Put the program and its modules into a folder that can be copied anywhere.
///
/// Compiles as for a release and writes to target/lmms/packages. An archive is the same for the same files, whenever it
/// is made.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    cargo lmms package                           a folder with the program and the modules\n  \
    cargo lmms package --tar                     and an archive of it\n  \
    cargo lmms package -p my-server --json | jq -r .manifest_digest")]
pub(super) struct Package {
    /// The package with the program, where there are several.
    #[arg(long, short, value_name = "NAME")]
    package: Option<String>,
    /// Make a .tar.gz of the folder.
    #[arg(long)]
    tar: bool,
    /// Compile with this profile of the workspace [default: release].
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    format: Format,
}

/// Remove the built modules and all that was compiled for them.
///
/// Programs stay: `cargo clean` removes everything.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    cargo lmms clean                             says how much room it made")]
pub(super) struct Clean {
    #[command(flatten)]
    place: Place,
}

/// Look whether modules can be built, loaded and unloaded on this machine.
///
/// Works anywhere; inside a project its folders are looked at too. Exits with 1 when something doesn't work.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    cargo lmms doctor\n  \
    cargo lmms doctor --json | jq '.checks[] | select(.verdict != \"good\")'")]
pub(super) struct Doctor {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    format: Format,
}

/// How the commands compile.
#[derive(Debug, Args)]
struct How {
    /// As users get it: optimised.
    #[arg(long, short, conflicts_with = "profile")]
    release: bool,
    /// Compile with this profile of the workspace [default: dev]. Modules are compiled fast with `dev`, else as for a
    /// release.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Show the commands that cargo runs.
    #[arg(long, short)]
    verbose: bool,
    #[command(flatten)]
    place: Place,
}

impl How {
    fn options(&self, modules: Vec<String>) -> ProjectOptions {
        ProjectOptions {
            profile: match &self.profile {
                Some(name) => CargoProfile::named(name),
                None if self.release => CargoProfile::Release,
                None => CargoProfile::Dev,
            },
            modules,
            verbose: self.verbose,
        }
    }
}

impl Everyday {
    pub(super) fn run(self) -> Result<ExitCode, Error> {
        match self {
            Self::New(command) => command.run(),
            Self::NewModule(command) => command.run(),
            Self::Build(command) => command.run(),
            Self::Run(command) => command.run(),
            Self::Test(command) => command.run(),
            Self::Package(command) => command.run(),
            Self::Shared(command) => command.run(),
            Self::Clean(command) => command.run(),
            Self::Doctor(command) => command.run(),
        }
    }
}

impl New {
    fn run(self) -> Result<ExitCode, Error> {
        let lmms = self.lmms.as_deref().map(LmmsSource::parse).transpose()?;
        let created = new::project(&NewProject {
            folder: self.folder,
            template: self.template,
            lmms,
        })?;
        self.format.show(&created, |screen| created.text(screen));
        Ok(ExitCode::SUCCESS)
    }
}

impl Module {
    fn run(self) -> Result<ExitCode, Error> {
        let workspace = self.place.find()?;
        let created = new::module(&workspace, &NewModule { name: self.name })?;
        self.format.show(&created, |screen| created.text(screen));
        Ok(ExitCode::SUCCESS)
    }
}

impl Build {
    fn run(self) -> Result<ExitCode, Error> {
        let workspace = self.how.place.find()?;
        let built = develop::build(&workspace, &self.how.options(self.modules))?;
        self.format
            .show(&built, |screen| BuildReport::table(&built, screen));
        Ok(ExitCode::SUCCESS)
    }
}

impl Run {
    fn run(self) -> Result<ExitCode, Error> {
        let workspace = self.how.place.find()?;
        let options = self.how.options(Vec::new());
        let status = develop::run(
            &workspace,
            &options,
            self.package.as_deref(),
            &self.arguments,
        )?;
        Ok(as_it_ended(status))
    }
}

impl Test {
    fn run(self) -> Result<ExitCode, Error> {
        let workspace = self.how.place.find()?;
        let options = self.how.options(Vec::new());
        let status = develop::test(&workspace, &options, &self.arguments)?;
        Ok(code(status.success()))
    }
}

impl Package {
    fn run(self) -> Result<ExitCode, Error> {
        let workspace = self.place.find()?;
        let profile = self.profile.as_deref().map(CargoProfile::named);
        let packed = package::package(
            &workspace,
            &PackageOptions {
                build: ProjectOptions {
                    profile: profile.unwrap_or(CargoProfile::Release),
                    ..ProjectOptions::default()
                },
                package: self.package,
                tar: self.tar,
            },
        )?;
        self.format.show(&packed, |screen| packed.text(screen));
        Ok(ExitCode::SUCCESS)
    }
}

impl Clean {
    fn run(self) -> Result<ExitCode, Error> {
        let workspace = self.place.find()?;
        let bytes = develop::clean(&workspace)?;
        report(format_args!(
            "removed {} below {}",
            screen::size(bytes),
            workspace.lmms_dir().display()
        ));
        Ok(ExitCode::SUCCESS)
    }
}

impl Doctor {
    fn run(self) -> Result<ExitCode, Error> {
        let workspace = self.place.find_if_named()?;
        let found = doctor::examine(workspace.as_ref());
        self.format.show(&found, |screen| found.text(screen));
        if !self.format.json && workspace.is_none() {
            say("No workspace here: only the machine was looked at.");
        }
        Ok(code(found.works()))
    }
}

/// The exit code of a program that was run for the user.
fn as_it_ended(status: ExitStatus) -> ExitCode {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}
