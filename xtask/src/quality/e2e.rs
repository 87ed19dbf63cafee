//! `e2e`: the smart home beside a real Home Assistant server, which this installs and starts.

#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use clap::ValueEnum;

use crate::common::error::Error;
use crate::common::run;
use crate::common::screen::report;
use crate::common::workspace::Workspace;
use crate::modules::build::{BuildOptions, build_modules};

/// The package whose program compares.
const PACKAGE: &str = "lmms-e2e";

/// The server's version: the last one that runs with Python 3.11 and 3.12.
const HOME_ASSISTANT: &str = "homeassistant==2024.3.3";

/// What this version doesn't say of its dependencies: a later one lacks what it uses.
const PINS: &[&str] = &["josepy<2"];

/// The interpreters that are looked for, and the versions that will do.
const PYTHONS: &[&str] = &["python3.11", "python3.12", "python3"];
const VERSIONS: &[&str] = &["Python 3.11.", "Python 3.12."];

/// A server to compare the smart home with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Peer {
    /// Home Assistant and its own Alexa endpoint.
    HomeAssistant,
}

/// What to compare, and how to report it.
#[derive(Clone, Debug, clap::Args)]
pub struct E2eOptions {
    /// The server to compare with.
    #[arg(value_enum)]
    pub peer: Peer,
    /// Compare only entities whose id contains this text.
    #[arg(long, value_name = "TEXT")]
    pub only: Option<String>,
    /// Print the comparisons as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Installs the server if necessary, builds the smart home, and compares them. The exit status is 1 if a difference is
/// not explained.
///
/// The server is installed in `target/e2e`.
///
/// # Errors
/// [`Error::Python`] without a suitable Python, what a build says, or [`Error::Failed`] when the server can't be
/// installed.
pub fn e2e(workspace: &Workspace, options: &E2eOptions) -> Result<ExitStatus, Error> {
    let Peer::HomeAssistant = options.peer;
    let folder = workspace.target_dir().join("e2e/home-assistant");
    let programs = install(&folder)?;
    let modules = build_modules(workspace, &BuildOptions::default())?.folder;
    run::run(
        workspace
            .cargo("build")
            .args(["-p", "smart-home", "-p", PACKAGE]),
    )?;
    let built = workspace.target_dir().join("debug");
    let mut command = Command::new(built.join(PACKAGE));
    command.arg("--python").arg(programs);
    command.arg("--folder").arg(folder.join("server"));
    command.arg("--program").arg(built.join("smart-home"));
    command.arg("--modules").arg(modules);
    if let Some(only) = &options.only {
        command.arg("--only").arg(only);
    }
    if options.json {
        command.arg("--json");
    }
    run::status(&mut command)
}

/// Installs the server into an environment below `folder`, unless it is there; the folder with its programs.
fn install(folder: &Path) -> Result<PathBuf, Error> {
    let environment = folder.join("python");
    let programs = environment.join("bin");
    let done = folder.join("installed");
    let wanted = format!("{HOME_ASSISTANT} {}", PINS.join(" "));
    if fs::read_to_string(&done).is_ok_and(|installed| installed == wanted) {
        return Ok(programs);
    }
    let python = python()?;
    report(format_args!(
        "installing {HOME_ASSISTANT} below {}: some minutes",
        folder.display()
    ));
    fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    run::run(
        Command::new(python)
            .args(["-m", "venv", "--clear"])
            .arg(&environment),
    )?;
    let pip = || {
        let mut pip = Command::new(programs.join("python"));
        pip.args([
            "-m",
            "pip",
            "--disable-pip-version-check",
            "install",
            "--quiet",
        ]);
        pip
    };
    // The package brings the list of versions that it was tested with.
    run::run(pip().args(["--no-deps", HOME_ASSISTANT]))?;
    let constraints = constraints(&environment)?;
    run::run(
        pip()
            .args(["--prefer-binary", "--constraint"])
            .arg(constraints)
            .arg(HOME_ASSISTANT)
            .args(PINS),
    )?;
    fs::write(&done, wanted).map_err(Error::io("write", &done))?;
    Ok(programs)
}

/// The first Python of a version that will do.
fn python() -> Result<&'static str, Error> {
    let version = |name: &str| {
        let output = Command::new(name).arg("--version").output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let found: Vec<String> = PYTHONS.iter().filter_map(|name| version(name)).collect();
    PYTHONS
        .iter()
        .copied()
        .find(|name| version(name).is_some_and(|version| is_suitable(&version)))
        .ok_or(Error::Python { found })
}

fn is_suitable(version: &str) -> bool {
    VERSIONS.iter().any(|known| version.starts_with(known))
}

fn constraints(environment: &Path) -> Result<PathBuf, Error> {
    let library = environment.join("lib");
    let entries = fs::read_dir(&library).map_err(Error::io("read", &library))?;
    let file = "site-packages/homeassistant/package_constraints.txt";
    entries
        .flatten()
        .map(|entry| entry.path().join(file))
        .find(|path| path.is_file())
        .ok_or_else(|| Error::Answer {
            command: format!("pip install {HOME_ASSISTANT}"),
            problem: format!("there is no {file} below {}", library.display()),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_versions_that_the_server_runs_with_are_suitable() {
        assert!(is_suitable("Python 3.11.7") && is_suitable("Python 3.12.1"));
        for other in [
            "Python 3.10.9",
            "Python 3.13.0",
            "Python 3.1",
            "Python 2.7.18",
            "",
        ] {
            assert!(!is_suitable(other), "{other}");
        }
    }

    #[test]
    fn the_versions_that_were_tested_are_found_in_the_environment() {
        let folder = tempfile::tempdir().unwrap();
        let error = constraints(folder.path()).unwrap_err().to_string();
        assert!(error.contains("lib"), "{error}");
        let packages = folder
            .path()
            .join("lib/python3.11/site-packages/homeassistant");
        fs::create_dir_all(&packages).unwrap();
        let error = constraints(folder.path()).unwrap_err().to_string();
        assert!(error.contains("package_constraints.txt"), "{error}");
        let file = packages.join("package_constraints.txt");
        fs::write(&file, "aiohttp==3.9.3\n").unwrap();
        assert_eq!(constraints(folder.path()).unwrap(), file);
    }
}
