//! `model`: the protocols of loading, calling and unloading under the model checker loom.

#![forbid(unsafe_code)]

use crate::common::error::Error;
use crate::common::run;
use crate::common::workspace::Workspace;

/// Runs all models of `lmms`: the shipped code, on loom's threads and atomics, in every order of
/// events that the memory model allows up to a number of preemptions.
///
/// # Errors
/// [`Error::Failed`] when a model found a mistake, or a control did not find its own.
pub fn model(workspace: &Workspace) -> Result<(), Error> {
    run::run(
        workspace
            .cargo("test")
            .args(["-p", "lmms", "--lib", "model::"])
            // A folder of its own: other flags would rebuild everything there and back.
            .arg("--target-dir")
            .arg(workspace.target_dir().join("model"))
            .env("RUSTFLAGS", "--cfg lmms_loom"),
    )
}
