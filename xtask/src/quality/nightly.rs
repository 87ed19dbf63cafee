//! The nightly toolchain, for what stable Rust can't do: sanitizers and fuzzing.

#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::Command;

use crate::common::error::Error;
use crate::common::workspace::Workspace;

const TOOLCHAIN: &str = "nightly";

/// A nightly toolchain with its sanitizers.
#[derive(Debug)]
pub(crate) struct Nightly {
    /// What it builds for.
    pub(crate) target: String,
}

impl Nightly {
    /// Finds it; `runtime` is the library of the sanitizer that is needed, such as `asan`.
    ///
    /// # Errors
    /// [`Error::Nightly`] says what is missing and how to get it.
    pub(crate) fn find(purpose: &'static str, runtime: &str) -> Result<Self, Error> {
        let missing = |problem: String| Error::Nightly { purpose, problem };
        let ask = |arguments: &[&str]| {
            let output = rustup().args(arguments).output();
            output
                .ok()
                .filter(|output| output.status.success())
                .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        };
        let install = format!("run `rustup toolchain install {TOOLCHAIN}`");
        let version = ask(&["rustc", "-vV"])
            .ok_or_else(|| missing(format!("there is no {TOOLCHAIN} toolchain: {install}")))?;
        let target = version
            .lines()
            .find_map(|line| line.strip_prefix("host: "))
            .ok_or_else(|| missing("`rustc -vV` names no host".to_owned()))?
            .to_owned();
        let libraries = ask(&["rustc", "--print", "target-libdir"]).unwrap_or_default();
        let file = PathBuf::from(libraries.trim()).join(format!("librustc-nightly_rt.{runtime}.a"));
        if !file.is_file() {
            return Err(missing(format!(
                "the one here has no such sanitizer for {target} ({} is missing): {install} on a \
                 system that has it, such as Linux with glibc",
                file.display()
            )));
        }
        Ok(Self { target })
    }

    /// A program that runs with this toolchain, in the workspace's root.
    pub(crate) fn command(&self, workspace: &Workspace, program: impl Into<PathBuf>) -> Command {
        let mut command = rustup();
        command.arg(program.into()).current_dir(workspace.root());
        command
    }
}

/// `rustup run nightly`, free of what cargo and the user say for another toolchain.
fn rustup() -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", TOOLCHAIN]);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let of_package = ["CARGO_PKG_", "CARGO_BIN_", "CARGO_MANIFEST_"]
            .iter()
            .any(|prefix| text.starts_with(prefix));
        let of_toolchain = [
            "CARGO",
            "CARGO_ENCODED_RUSTFLAGS",
            "RUSTC",
            "RUSTC_WRAPPER",
            "RUSTDOC",
            "RUSTFLAGS",
            "RUSTUP_TOOLCHAIN",
            "LD_LIBRARY_PATH",
        ]
        .contains(&&*text);
        if of_package || of_toolchain {
            command.env_remove(&name);
        }
    }
    command
}
