//! The measured module, built and opened.

#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use lmms::Policy;

lmms::gateway! {
    /// The module that is measured.
    pub Probe { modules: ["modules/*"] }
}

/// This crate's folder.
pub const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

/// The folder with the built module; the first caller builds it.
pub fn modules() -> Result<PathBuf, String> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    BUILT.get_or_init(|| build(Path::new(FOLDER))).clone()
}

/// The folder of the repository.
pub fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Builds the modules of the workspace in `folder`; gives where they are.
pub fn build(folder: &Path) -> Result<PathBuf, String> {
    let workspace = xtask::Workspace::find(Some(folder)).map_err(|error| error.to_string())?;
    let options = xtask::BuildOptions {
        quiet: true,
        ..Default::default()
    };
    let report = xtask::build_modules(&workspace, &options).map_err(|error| error.to_string())?;
    Ok(report.folder)
}

/// A gateway to the measured module that sweeps only when told to.
pub fn open() -> Result<Probe, String> {
    Probe::builder()
        .modules(modules()?)
        .background_sweeps(false)
        .policy(Policy::default())
        .open()
        .map_err(|error| error.to_string())
}

/// A file that cargo built beside this program: a peer's library, another program.
pub fn beside(name: &str) -> Result<PathBuf, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let file = program.with_file_name(name);
    if file.is_file() {
        return Ok(file);
    }
    Err(format!(
        "{} is not built: `cargo build --release --workspace` in tests/benchmarks",
        file.display()
    ))
}
