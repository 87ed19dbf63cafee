//! `soak`: all hazardous modules in rotation, for any length of time.

#![forbid(unsafe_code)]

use std::process::ExitStatus;

use crate::common::error::Error;
use crate::common::run;
use crate::common::workspace::Workspace;

/// The package whose program `soak` does the work.
const PACKAGE: &str = "lmms-hazard-tests";

/// How much to run, and how to report it.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct SoakOptions {
    /// Seconds to run [default: 60, or no limit with --cycles].
    #[arg(long)]
    pub seconds: Option<u64>,
    /// Stop after this many unloads.
    #[arg(long)]
    pub cycles: Option<u64>,
    /// Threads that call and unload [default: 4].
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// Seed of the random numbers [default: 1].
    #[arg(long)]
    pub seed: Option<u64>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Builds the hazards and runs them. The exit status is 1 after a crash, a wrong result, or growth of memory.
///
/// The build is a debug build, with debug assertions.
///
/// # Errors
/// [`Error::NoApplication`] in a workspace without hazards, or [`Error::Start`].
pub fn soak(workspace: &Workspace, options: SoakOptions) -> Result<ExitStatus, Error> {
    let packages = &workspace.metadata().packages;
    if !packages
        .iter()
        .any(|package| package.name.as_str() == PACKAGE)
    {
        return Err(Error::NoApplication {
            wanted: format!("package `{PACKAGE}`"),
        });
    }
    let mut command = workspace.cargo("run");
    command.args(["--quiet", "--package", PACKAGE, "--bin", "soak", "--"]);
    command.args(arguments(options));
    run::status(&mut command)
}

fn arguments(options: SoakOptions) -> Vec<String> {
    let values = [
        ("--seconds", options.seconds),
        ("--cycles", options.cycles),
        ("--threads", options.threads.map(u64::from)),
        ("--seed", options.seed),
    ];
    let mut arguments = Vec::new();
    for (name, value) in values {
        if let Some(value) = value {
            arguments.extend([name.to_owned(), value.to_string()]);
        }
    }
    if options.json {
        arguments.push("--json".to_owned());
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_said_is_handed_on() {
        assert!(arguments(SoakOptions::default()).is_empty());
        let options = SoakOptions {
            cycles: Some(9),
            threads: Some(2),
            json: true,
            ..SoakOptions::default()
        };
        assert_eq!(
            arguments(options),
            ["--cycles", "9", "--threads", "2", "--json"]
        );
    }
}
