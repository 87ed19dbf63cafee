//! Real module libraries for tests: built once, opened many times.

#![forbid(unsafe_code)]

pub mod child;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::{fs, io};

lmms::gateway! {
    /// The fixture modules.
    pub Fixtures { modules: ["fixtures/*"] }
}

lmms::gateway! {
    /// Gateways of other sources than the fixtures were built from.
    pub Altered { modules: ["altered/*"] }
}

/// Copies the built fixtures to `folder`, where a test may damage them.
///
/// # Panics
/// When they can't be built or copied.
pub fn copy_to(folder: &Path) {
    let copy = || {
        for entry in fs::read_dir(modules())? {
            let entry = entry?;
            fs::copy(entry.path(), folder.join(entry.file_name()))?;
        }
        io::Result::Ok(())
    };
    copy().unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
}

/// The folder with the built fixtures. The first caller builds them.
///
/// # Panics
/// When they can't be built: then no test means anything.
pub fn modules() -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER
        .get_or_init(|| {
            let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
            let build = || {
                let workspace = xtask::Workspace::find(Some(fixtures.as_ref()))?;
                let options = xtask::BuildOptions {
                    quiet: true,
                    ..Default::default()
                };
                xtask::build_modules(&workspace, &options)
            };
            match build() {
                Ok(report) => report.folder,
                Err(error) => panic!("the fixture modules can't be built: {error}"),
            }
        })
        .clone()
}
