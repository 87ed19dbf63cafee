//! The measured module, built and opened.

#![forbid(unsafe_code)]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use lmms::clock::{Clock, SystemClock};
use lmms::{CallError, Policy};

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
    settle(&report.folder)?;
    Ok(report.folder)
}

/// Waits until no file in `folder` is so young that its times can't tell whether it has changed: LMMS hashes those each
/// time.
fn settle(folder: &Path) -> Result<(), String> {
    const YOUNG: Duration = Duration::from_secs(3);
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        write_back(&entry.path())?;
        let changed = entry.metadata().and_then(|data| data.modified());
        // A file from the future is as good as a young one.
        let age = changed.map_err(failed)?.elapsed().unwrap_or_default();
        thread::sleep(YOUNG.saturating_sub(age));
    }
    Ok(())
}

/// Has the kernel write a file to the disk: pages of one that was just built count as dirty memory of whoever maps it.
fn write_back(file: &Path) -> Result<(), String> {
    let written = File::open(file).and_then(|file| file.sync_all());
    written.map_err(|error| format!("{}: {error}", file.display()))
}

/// A gateway to the measured module that sweeps only when told to.
pub fn open() -> Result<Probe, String> {
    open_with(|builder| builder)
}

/// Like [`open`], with something else about it.
pub fn open_with(
    configure: impl FnOnce(lmms::Builder<Probe>) -> lmms::Builder<Probe>,
) -> Result<Probe, String> {
    let builder = Probe::builder()
        .modules(modules()?)
        .background_sweeps(false)
        .policy(Policy::default());
    configure(builder).open().map_err(|error| error.to_string())
}

/// The system's clock, except that it doesn't say how it moves: each call counts as one that comes alone.
#[derive(Debug)]
pub struct Rare;

impl Clock for Rare {
    fn monotonic(&self) -> Duration {
        SystemClock.monotonic()
    }

    fn coarse(&self) -> Duration {
        SystemClock.coarse()
    }

    fn unix_time(&self) -> Duration {
        SystemClock.unix_time()
    }
}

/// What becomes of an error that nobody expects: it is handed on, as `?` does. Where an error is dropped in place
/// instead, the compiler may give results a place in memory as well.
#[cold]
#[inline(never)]
pub fn failed(error: CallError) -> u64 {
    eprintln!("{error}");
    0
}

/// A file that cargo built beside this program: a rival's library, another program.
pub fn beside(name: &str) -> Result<PathBuf, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let file = program.with_file_name(name);
    if file.is_file() {
        write_back(&file)?;
        return Ok(file);
    }
    Err(format!(
        "{} is not built: `cargo build --release --workspace` in tests/benchmarks",
        file.display()
    ))
}
