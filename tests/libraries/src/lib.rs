//! Real module libraries for tests: built once, opened many times.

#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::sync::OnceLock;

lmms::gateway! {
    /// The fixture modules.
    pub Fixtures { modules: ["fixtures/*"] }
}

lmms::gateway! {
    /// Gateways of other sources than the fixtures were built from.
    pub Altered { modules: ["altered/*"] }
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
