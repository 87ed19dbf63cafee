//! What a crate's `Cargo.toml` says, as far as modules and gateways need it.

pub(crate) mod dependencies;
pub(crate) mod targets;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use crate::files::paths::normal;
use crate::files::toml_tree::Tree;
use crate::files::{self, Stamp};
use crate::manifest::dependencies::{Dependencies, Dependency};
use crate::mistakes::error::SourceError;
use crate::mistakes::location::Location;

/// A package's manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The `Cargo.toml`, absolute.
    pub file: PathBuf,
    /// The folder it stands in.
    pub directory: PathBuf,
    /// The package's name.
    pub package: String,
    /// The package's version.
    pub version: String,
    /// The name that code calls the library by.
    pub crate_name: String,
    /// The library's root file; it may not exist.
    pub root_file: PathBuf,
    /// The features that the build tool builds a module with: `[package.metadata.lmms]`'s, else the default ones, and
    /// all that these switch on.
    pub features: BTreeSet<String>,
    /// All dependencies: normal, build, dev, and those of some targets.
    pub dependencies: Vec<Dependency>,
}

/// A manifest with the files that decided what it says, as they were.
type Known = (Vec<(PathBuf, Option<Stamp>)>, Arc<Manifest>);

impl Manifest {
    /// Reads the manifest of the package in `directory`.
    ///
    /// # Errors
    /// The file can't be read, is no TOML, or has no `[package]` name.
    pub fn read(directory: &Path) -> Result<Manifest, SourceError> {
        let directory = normal(directory);
        let file = directory.join("Cargo.toml");
        let tree = files::toml(&file)?;
        let Some(package) = tree.text(&["package", "name"]) else {
            return Err(SourceError::Manifest {
                at: Location::new(&file, 1),
                message: "there is no `[package]` with a `name`: write one".to_owned(),
            });
        };
        let (crate_name, root_file) = library(&tree, &directory, package);
        let dependencies = Dependencies {
            tree: &tree,
            directory: &directory,
            file: &file,
        }
        .all()?;
        Ok(Manifest {
            package: package.to_owned(),
            version: version(&tree, &directory),
            crate_name,
            root_file,
            features: features(&tree),
            dependencies,
            file,
            directory,
        })
    }

    /// As [`read`](Manifest::read), but reads once as long as its own and the workspace's `Cargo.toml` stay the same.
    ///
    /// # Errors
    /// As there.
    pub fn known(directory: &Path) -> Result<Arc<Manifest>, SourceError> {
        static KNOWN: OnceLock<Mutex<HashMap<PathBuf, Known>>> = OnceLock::new();
        let known = KNOWN.get_or_init(Mutex::default);
        let mut known = files::lock(known);
        if let Some((stamps, manifest)) = known.get(directory)
            && stamps.iter().all(|(file, stamp)| *stamp == Stamp::of(file))
        {
            return Ok(Arc::clone(manifest));
        }
        let manifest = Arc::new(Manifest::read(directory)?);
        let files = manifest.files().into_iter();
        let stamps = files.map(|file| (file.clone(), Stamp::of(&file))).collect();
        known.insert(directory.to_owned(), (stamps, Arc::clone(&manifest)));
        Ok(manifest)
    }

    /// Where the dependency that code calls `name` comes from.
    pub(crate) fn dependency(&self, name: &str) -> Option<&Dependency> {
        self.dependencies
            .iter()
            .find(|dependency| dependency.extern_name == name)
    }

    /// The files that decided what this says: its own and the workspace's.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let workspace = workspace_root(&self.directory).map(|root| root.join("Cargo.toml"));
        let mut files = vec![self.file.clone()];
        files.extend(workspace.filter(|file| *file != self.file));
        files
    }
}

/// The workspace that a package in `directory` belongs to.
#[must_use]
pub fn workspace_root(directory: &Path) -> Option<PathBuf> {
    let own = files::toml(&directory.join("Cargo.toml")).ok();
    if let Some(root) = own
        .as_ref()
        .and_then(|tree| tree.text(&["package", "workspace"]))
    {
        return Some(normal(&directory.join(root)));
    }
    directory
        .ancestors()
        .find(|ancestor| {
            files::toml(&ancestor.join("Cargo.toml"))
                .is_ok_and(|tree| tree.get(&["workspace"]).is_some())
        })
        .map(Path::to_owned)
}

/// The version that cargo gives the package.
fn version(tree: &Tree, directory: &Path) -> String {
    let own = tree.text(&["package", "version"]).map(str::to_owned);
    let inherited = || {
        tree.flag(&["package", "version", "workspace"])?;
        let root = files::toml(&workspace_root(directory)?.join("Cargo.toml")).ok()?;
        let version = root.text(&["workspace", "package", "version"])?;
        Some(version.to_owned())
    };
    own.or_else(inherited).unwrap_or_else(|| "0.0.0".to_owned())
}

fn library(tree: &Tree, directory: &Path, package: &str) -> (String, PathBuf) {
    let name = tree
        .text(&["lib", "name"])
        .map_or_else(|| package.replace('-', "_"), str::to_owned);
    let root = tree.text(&["lib", "path"]).unwrap_or("src/lib.rs");
    (name, normal(&directory.join(root)))
}

fn features(tree: &Tree) -> BTreeSet<String> {
    let metadata = ["package", "metadata", "lmms"];
    let chosen = |key| [metadata.as_slice(), &[key]].concat();
    let mut open: Vec<&str> = tree.texts(&chosen("features"));
    if tree.flag(&chosen("default-features")) != Some(false) {
        open.push("default");
    }
    let mut enabled = BTreeSet::new();
    while let Some(feature) = open.pop() {
        if feature.starts_with("dep:") || feature.contains("?/") {
            continue;
        }
        // `dependency/feature` switches the dependency on.
        let feature = feature.split('/').next().unwrap_or(feature);
        if enabled.insert(feature.to_owned()) {
            open.extend(tree.texts(&["features", feature]));
        }
    }
    enabled
}

#[cfg(test)]
mod tests;
