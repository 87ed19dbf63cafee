//! `test`: builds the modules once, then runs all tests.

#![forbid(unsafe_code)]

use std::ffi::OsString;

use crate::common::error::Error;
use crate::common::run;
use crate::common::workspace::Workspace;
use crate::modules::build::{BuildOptions, build_modules};

/// Builds the modules, then runs `cargo test --workspace --no-fail-fast` with `arguments`.
///
/// # Errors
/// What [`build_modules`] says, or [`Error::Failed`] when a test failed.
pub fn test(workspace: &Workspace, arguments: &[OsString]) -> Result<(), Error> {
    if !workspace.modules().is_empty() {
        build_modules(workspace, &BuildOptions::default())?;
    }
    // All that fails is worth knowing after so long a time.
    let mut tests = workspace.cargo("test");
    run::run(
        tests
            .args(["--workspace", "--no-fail-fast"])
            .args(arguments),
    )
}
