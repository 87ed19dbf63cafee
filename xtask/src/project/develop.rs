//! `build`, `run`, `test` and `clean`: a project's modules, then its programs.

#![forbid(unsafe_code)]

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use cargo_metadata::Message;

use crate::common::error::{Error, ProjectError};
use crate::common::run;
use crate::common::workspace::Workspace;
use crate::modules::build::{self, BuildOptions, BuildReport, Profile, build_modules};

/// The environment variable that tells programs where modules are.
const MODULES: &str = "LMMS_MODULES";

/// How programs and modules are compiled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CargoProfile {
    /// Fast, to be changed again soon.
    #[default]
    Dev,
    /// As users get it.
    Release,
    /// Programs with this profile of the workspace, modules as for a release.
    Named(String),
}

impl CargoProfile {
    /// The profile that cargo calls `name`.
    pub fn named(name: &str) -> Self {
        match name {
            "dev" => Self::Dev,
            "release" => Self::Release,
            name => Self::Named(name.to_owned()),
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Dev => "dev",
            Self::Release => "release",
            Self::Named(name) => name,
        }
    }
}

/// What to build, and how.
#[derive(Clone, Debug, Default)]
pub struct ProjectOptions {
    /// How to compile.
    pub profile: CargoProfile,
    /// Modules by name; empty: all of them.
    pub modules: Vec<String>,
    /// Show cargo's commands.
    pub verbose: bool,
}

/// A program that uses modules.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Program {
    package: String,
    name: String,
}

/// A program that was built, with all modules.
pub(crate) struct BuiltProgram {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) modules: BuildReport,
}

/// Builds the modules and all programs that use them.
///
/// # Errors
/// What [`build_modules`] says, or [`Error::Failed`] when a program does not compile.
pub fn build(workspace: &Workspace, options: &ProjectOptions) -> Result<BuildReport, Error> {
    let report = modules(workspace, options)?;
    let mut packages: Vec<String> = programs(workspace)
        .into_iter()
        .map(|program| program.package)
        .collect();
    packages.dedup();
    if !packages.is_empty() {
        let mut command = cargo(workspace, "build", options);
        for package in packages {
            command.args(["-p", &package]);
        }
        run::run(&mut command)?;
    }
    Ok(report)
}

/// Builds the modules and a program, and runs it in the current folder; gives how it ended.
///
/// # Errors
/// As [`build()`]; [`ProjectError::NoProgram`] and [`ProjectError::WhichProgram`] when it isn't clear what to run.
pub fn run(
    workspace: &Workspace,
    options: &ProjectOptions,
    package: Option<&str>,
    arguments: &[OsString],
) -> Result<ExitStatus, Error> {
    let program = choose(workspace.root(), programs(workspace), package)?;
    modules(workspace, options)?;
    let chosen = ["-p", &program.package, "--bin", &program.name];
    // On its own, so that a program which doesn't compile is not taken for one that failed.
    run::run(cargo(workspace, "build", options).args(chosen))?;
    let mut command = cargo(workspace, "run", options);
    command
        .args(chosen)
        .arg("--quiet")
        .arg("--manifest-path")
        .arg(workspace.root().join("Cargo.toml"))
        .arg("--")
        .args(arguments)
        .env(MODULES, workspace.modules_dir());
    if let Ok(here) = env::current_dir() {
        command.current_dir(here);
    }
    run::status(&mut command)
}

/// Builds the modules and one program.
///
/// # Errors
/// As [`run`].
pub(crate) fn build_program(
    workspace: &Workspace,
    options: &ProjectOptions,
    package: Option<&str>,
) -> Result<BuiltProgram, Error> {
    let program = choose(workspace.root(), programs(workspace), package)?;
    let modules = modules(workspace, options)?;
    let mut command = cargo(workspace, "build", options);
    command
        .args(["-p", &program.package, "--bin", &program.name])
        .args(["--message-format", "json-render-diagnostics"])
        .stderr(Stdio::inherit());
    let output = command.output().map_err(|source| Error::Start {
        command: run::words(&command),
        source,
    })?;
    let said = output.stdout.as_slice();
    let path = Message::parse_stream(said).flatten().find_map(|message| {
        let Message::CompilerArtifact(artifact) = message else {
            return None;
        };
        artifact
            .executable
            .filter(|_| artifact.target.name == program.name)
    });
    match path {
        Some(path) if output.status.success() => Ok(BuiltProgram {
            name: program.name,
            path: path.into_std_path_buf(),
            modules,
        }),
        _ => Err(Error::Failed {
            command: run::words(&command),
            status: run::ending(output.status),
        }),
    }
}

/// Builds the modules and runs all tests, with `arguments` for cargo; gives how they ended.
///
/// # Errors
/// As [`build()`].
pub fn test(
    workspace: &Workspace,
    options: &ProjectOptions,
    arguments: &[OsString],
) -> Result<ExitStatus, Error> {
    modules(workspace, options)?;
    let mut command = cargo(workspace, "test", options);
    command
        .arg("--workspace")
        .args(arguments)
        .env(MODULES, workspace.modules_dir());
    run::status(&mut command)
}

/// What builds of modules leave in [`Workspace::lmms_dir`]. Packages and other things made of them stay.
const BUILT: [&str; 4] = ["modules", "quick", "build", "carriers"];

/// Removes the built modules and their own build folders, when no build of them runs; gives how many bytes that were.
///
/// # Errors
/// [`Error::Io`] when something can't be removed.
pub fn clean(workspace: &Workspace) -> Result<u64, Error> {
    let folder = workspace.lmms_dir();
    if !folder.is_dir() {
        return Ok(0);
    }
    let _turn = build::take_turn(workspace, false)?;
    let mut bytes = 0;
    for path in BUILT.map(|name| folder.join(name)) {
        if path.exists() {
            bytes += size_of(&path);
            fs::remove_dir_all(&path).map_err(Error::io("remove", &path))?;
        }
    }
    Ok(bytes)
}

fn modules(workspace: &Workspace, options: &ProjectOptions) -> Result<BuildReport, Error> {
    let build = BuildOptions {
        modules: options.modules.clone(),
        quiet: false,
        verbose: options.verbose,
        profile: match options.profile {
            CargoProfile::Dev => Profile::Quick,
            CargoProfile::Release | CargoProfile::Named(_) => Profile::Release,
        },
    };
    build_modules(workspace, &build)
}

fn cargo(workspace: &Workspace, subcommand: &str, options: &ProjectOptions) -> Command {
    let mut command = workspace.cargo(subcommand);
    command.args(["--profile", options.profile.name()]);
    if options.verbose {
        command.arg("--verbose");
    }
    command
}

/// The programs of packages that have a gateway, by package and name.
fn programs(workspace: &Workspace) -> Vec<Program> {
    let applications = workspace.applications().into_iter();
    let mut programs: Vec<Program> = applications
        .filter(|application| application.has_gateway)
        .flat_map(|application| {
            let targets = application.package.targets.iter();
            targets
                .filter(|target| target.is_bin())
                .map(|target| Program {
                    package: application.package.name.to_string(),
                    name: target.name.clone(),
                })
        })
        .collect();
    programs.sort_by(|a, b| (&a.package, &a.name).cmp(&(&b.package, &b.name)));
    programs
}

/// The program to run: the only one, or that of `package`; of several in it, the one that is called like it.
fn choose(
    root: &Path,
    mut programs: Vec<Program>,
    package: Option<&str>,
) -> Result<Program, ProjectError> {
    let mut known: Vec<String> = programs.iter().map(|it| it.package.clone()).collect();
    known.dedup();
    if let Some(package) = package {
        programs.retain(|program| program.package == package);
    }
    if programs.len() > 1 && programs.iter().all(|it| it.package == programs[0].package) {
        programs.retain(|program| program.name == program.package);
    }
    match programs.pop() {
        Some(program) if programs.is_empty() => Ok(program),
        None if known.is_empty() => Err(ProjectError::NoProgram {
            root: root.to_owned(),
        }),
        _ => Err(ProjectError::WhichProgram {
            asked: package.map(str::to_owned),
            known,
        }),
    }
}

/// Bytes of all files below `path`; links count as themselves, and what can't be read as nothing.
fn size_of(path: &Path) -> u64 {
    let Ok(metadata) = path.symlink_metadata() else {
        return 0;
    };
    if !metadata.is_dir() {
        return metadata.len();
    }
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries.map(|entry| size_of(&entry.path())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn programs(names: &[(&str, &str)]) -> Vec<Program> {
        let names = names.iter();
        names
            .map(|(package, name)| Program {
                package: (*package).to_owned(),
                name: (*name).to_owned(),
            })
            .collect()
    }

    fn chosen(names: &[(&str, &str)], package: Option<&str>) -> Result<String, String> {
        let chosen = choose(Path::new("/project"), programs(names), package);
        chosen
            .map(|program| program.name)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_only_program_is_run_and_of_several_the_one_that_was_asked_for() {
        assert_eq!(chosen(&[("app", "tool")], None), Ok("tool".into()));
        let two = [("app", "app"), ("server", "server")];
        assert_eq!(chosen(&two, Some("server")), Ok("server".into()));
        let helpers = [("app", "app"), ("app", "helper")];
        assert_eq!(chosen(&helpers, None), Ok("app".into()));
    }

    #[test]
    fn where_it_is_not_clear_what_to_run_the_choices_are_named() {
        let two = [("app", "app"), ("server", "server")];
        let error = chosen(&two, None).unwrap_err();
        assert!(
            error.contains("app, server") && error.contains("-p"),
            "{error}"
        );
        let error = chosen(&two, Some("sever")).unwrap_err();
        assert!(
            error.contains("`sever`") && error.contains("app, server"),
            "{error}"
        );
        let error = chosen(&[], None).unwrap_err();
        assert!(
            error.contains("/project") && error.contains("gateway!"),
            "{error}"
        );
    }

    #[test]
    fn profiles_are_called_as_cargo_calls_them() {
        for name in ["dev", "release", "small"] {
            assert_eq!(CargoProfile::named(name).name(), name);
        }
        assert_eq!(CargoProfile::named("dev"), CargoProfile::Dev);
        assert_eq!(CargoProfile::named("release"), CargoProfile::Release);
    }

    #[test]
    fn the_size_of_a_folder_is_that_of_its_files() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("deep")).unwrap();
        fs::write(folder.path().join("deep/a"), "12345").unwrap();
        fs::write(folder.path().join("b"), "123").unwrap();
        std::os::unix::fs::symlink("deep", folder.path().join("c")).unwrap();
        assert_eq!(size_of(folder.path()), 8 + "deep".len() as u64);
    }
}
