//! The files that cargo begins a crate with.

use std::path::Path;

use crate::files;
use crate::files::paths::{normal, real};

const TABLES: [&str; 4] = ["bin", "test", "example", "bench"];

/// Whether `file` is the root of one of the package's targets, found by its place or named by the manifest. Without a
/// manifest nothing is known, and it may be.
pub(crate) fn is_root(file: &Path, package: &Path) -> bool {
    let Ok(manifest) = files::toml(&package.join("Cargo.toml")) else {
        return true;
    };
    let inside = file.strip_prefix(package).unwrap_or(file);
    let folders = ["src/bin", "tests", "examples", "benches"];
    let by_place = ["src/lib.rs", "src/main.rs", "build.rs"]
        .iter()
        .any(|root| inside == Path::new(root))
        || folders.iter().any(|folder| {
            let parent = inside.parent();
            let grandparent = parent.and_then(Path::parent);
            parent == Some(Path::new(folder))
                || inside.ends_with("main.rs") && grandparent == Some(Path::new(folder))
        });
    let is_named = |path: &str| real(&normal(&package.join(path))) == *file;
    let named = [&["lib", "path"][..], &["package", "build"]];
    by_place
        || named
            .iter()
            .any(|key| manifest.text(key).is_some_and(is_named))
        || TABLES.iter().any(|table| {
            let targets = manifest.items(&[table]);
            targets
                .iter()
                .any(|target| target.text(&["path"]).is_some_and(is_named))
        })
}
