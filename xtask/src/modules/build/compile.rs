//! Runs cargo on the carriers and finds what it built.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::io::{BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

use cargo_metadata::{CrateType, Message};

use super::{BuildOptions, advice, carriers, profile};
use crate::common::error::Error;
use crate::common::run;
use crate::common::screen::Screen;
use crate::common::workspace::{ModuleCrate, Workspace};

/// Builds the carriers of `modules`; gives the library of each, by the module's name.
pub(super) fn compile(
    workspace: &Workspace,
    modules: &[ModuleCrate<'_>],
    options: &BuildOptions,
) -> Result<BTreeMap<String, PathBuf>, Error> {
    let triple = workspace.host();
    let mut command = workspace.cargo("build");
    command
        .arg("--manifest-path")
        .arg(carriers::folder(workspace).join("Cargo.toml"))
        .arg("--keep-going")
        .args(["--message-format", "json-render-diagnostics"]);
    profile::set(&mut command, workspace, options.profile);
    for module in modules {
        command
            .arg("-p")
            .arg(carriers::carrier_package(module.name()));
    }
    if options.verbose {
        command.arg("--verbose");
    }
    let (output, artifacts) = run(&mut command, options.quiet)?;
    let artifacts = artifacts.ok_or_else(|| failure(&output, workspace, triple, options.quiet))?;
    modules
        .iter()
        .map(|module| {
            let name = module.name();
            let library = artifacts
                .get(&carriers::carrier_package(name))
                .ok_or_else(|| Error::Answer {
                    command: "cargo build".to_owned(),
                    problem: format!("it built no library of the module `{name}`"),
                })?;
            Ok((name.to_owned(), library.clone()))
        })
        .collect()
}

/// The libraries by package; `None` when the build failed, with what was printed.
fn run(
    command: &mut Command,
    quiet: bool,
) -> Result<(String, Option<BTreeMap<String, PathBuf>>), Error> {
    let screen = Screen::stderr();
    if !quiet && screen.is_terminal() {
        // Its stderr is a pipe, because the text is needed too; so say what stands behind it.
        command
            .env("CARGO_TERM_PROGRESS_WHEN", "always")
            .env("CARGO_TERM_PROGRESS_WIDTH", screen.width().to_string());
    }
    command.env(
        "CARGO_TERM_COLOR",
        if screen.has_colour() && !quiet {
            "always"
        } else {
            "never"
        },
    );
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| Error::Start {
            command: "cargo build".to_owned(),
            source,
        })?;
    let printed = child
        .stderr
        .take()
        .map(|pipe| thread::spawn(move || pass_on(pipe, quiet)));
    let mut artifacts = BTreeMap::new();
    if let Some(stdout) = child.stdout.take() {
        for message in Message::parse_stream(BufReader::new(stdout)) {
            let message = message.map_err(Error::io("read the messages of", "cargo".as_ref()))?;
            let Message::CompilerArtifact(artifact) = message else {
                continue;
            };
            if !artifact.target.crate_types.contains(&CrateType::CDyLib) {
                continue;
            }
            let library = artifact
                .filenames
                .iter()
                .find(|file| file.extension() == Some("so"));
            // A package id ends in `#name@version`.
            let id = artifact.package_id.repr;
            let package = id
                .rsplit('#')
                .next()
                .and_then(|tail| tail.split('@').next());
            if let (Some(library), Some(package)) = (library, package) {
                artifacts.insert(package.to_owned(), library.clone().into_std_path_buf());
            }
        }
    }
    let status = child.wait().map_err(|source| Error::Start {
        command: "cargo build".to_owned(),
        source,
    })?;
    let mut printed = printed
        .and_then(|reader| reader.join().ok())
        .unwrap_or_default();
    if status.code().is_none() {
        printed += &format!("\ncargo ended with {}", run::ending(status));
    }
    Ok((printed, status.success().then_some(artifacts)))
}

/// Copies what cargo prints to stderr as it comes, and keeps it.
fn pass_on(mut pipe: impl Read, quiet: bool) -> String {
    let mut kept = Vec::new();
    let mut buffer = [0; 8192];
    while let Ok(count @ 1..) = pipe.read(&mut buffer) {
        kept.extend_from_slice(&buffer[..count]);
        if !quiet {
            let mut stderr = std::io::stderr();
            let _ = stderr.write_all(&buffer[..count]);
            let _ = stderr.flush();
        }
    }
    String::from_utf8_lossy(&kept).into_owned()
}

/// What made cargo fail, judged from what it printed.
fn failure(output: &str, workspace: &Workspace, triple: &str, quiet: bool) -> Error {
    if output.contains("No space left on device") || output.contains("(os error 28)") {
        return Error::DiskFull {
            path: workspace.target_dir().to_owned(),
        };
    }
    // rustc: can't find crate for `std` … the `x` target may not be installed
    if output.contains("target may not be installed") {
        return Error::TargetMissing {
            triple: triple.to_owned(),
        };
    }
    Error::Build {
        crates: failed_crates(output),
        advice: advice::advice(output),
        output: if quiet {
            output.to_owned()
        } else {
            String::new()
        },
    }
}

/// The names in cargo's lines ``error: could not compile `name` (lib) due to …``.
fn failed_crates(output: &str) -> Vec<String> {
    let mut crates: Vec<String> = output
        .lines()
        .filter_map(|line| line.split_once("could not compile `"))
        .filter_map(|(_, rest)| rest.split_once('`'))
        .map(|(name, _)| name.trim_start_matches("lmms-carrier-").to_owned())
        .collect();
    crates.sort();
    crates.dedup();
    crates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_crates_are_named_once() {
        let output = "\u{1b}[1merror\u{1b}[0m: could not compile `charts` (lib) due to 2 previous errors\n\
                      error: could not compile `lmms-carrier-sun` (lib) due to 1 previous error\n\
                      warning: build failed\n\
                      error: could not compile `charts` (lib) due to 2 previous errors\n";
        assert_eq!(failed_crates(output), ["charts", "sun"]);
    }

    #[test]
    fn what_is_printed_is_kept() {
        assert_eq!(pass_on("one\ntwo".as_bytes(), true), "one\ntwo");
    }
}
