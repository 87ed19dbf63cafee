//! What a crate's `Cargo.toml` says, as far as modules and gateways need it.

use std::collections::{BTreeSet, HashMap};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::error::SourceError;
use crate::files::{self, Stamp};
use crate::location::Location;
use crate::toml_tree::{Tree, Value};

/// A package's manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The `Cargo.toml`, absolute.
    pub file: PathBuf,
    /// The folder it stands in.
    pub directory: PathBuf,
    /// The package's name.
    pub package: String,
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

/// An entry of a dependency table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// The name it is written under.
    pub key: String,
    /// The package's name, which differs where the dependency is renamed.
    pub package: String,
    /// The name that code calls it by.
    pub extern_name: String,
    /// The folder of a path dependency.
    pub directory: Option<PathBuf>,
    /// The table it stands in, like `target.'cfg(unix)'.dev-dependencies`.
    pub table: String,
    /// Its line in `Cargo.toml`.
    pub line: u32,
}

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
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
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

/// The path without `.` and `..`, as far as it can be told without asking the file system.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(normal.components().next_back(), Some(Component::Normal(_))) =>
            {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

/// The path behind links, if it is there.
pub(crate) fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
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

struct Dependencies<'a> {
    tree: &'a Tree,
    directory: &'a Path,
    file: &'a Path,
}

const TABLES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

impl Dependencies<'_> {
    fn all(&self) -> Result<Vec<Dependency>, SourceError> {
        let mut all = Vec::new();
        for table in TABLES {
            self.table(&[table], table, &mut all)?;
        }
        for (target, _) in self.tree.entries(&["target"]) {
            for table in TABLES {
                let shown = format!("target.'{target}'.{table}");
                self.table(&["target", target, table], &shown, &mut all)?;
            }
        }
        Ok(all)
    }

    fn table(
        &self,
        path: &[&str],
        shown: &str,
        all: &mut Vec<Dependency>,
    ) -> Result<(), SourceError> {
        for (key, entry) in self.tree.entries(path) {
            all.push(self.dependency(key, entry, shown)?);
        }
        Ok(())
    }

    fn dependency(&self, key: &str, entry: &Tree, table: &str) -> Result<Dependency, SourceError> {
        let inherited = match entry.flag(&["workspace"]) {
            Some(true) => Some(self.inherited(key, entry)?),
            _ => None,
        };
        let (says, base) = match &inherited {
            Some((workspace, root)) => (
                workspace
                    .get(&["workspace", "dependencies", key])
                    .unwrap_or(entry),
                root.as_path(),
            ),
            None => (entry, self.directory),
        };
        let renamed = says.text(&["package"]);
        let directory = says.text(&["path"]).map(|path| normal(&base.join(path)));
        let extern_name = match (renamed, &directory) {
            // A rename wins over the library's own name.
            (Some(_), _) | (None, None) => key.replace('-', "_"),
            (None, Some(directory)) => files::toml(&directory.join("Cargo.toml"))
                .ok()
                .and_then(|tree| tree.text(&["lib", "name"]).map(str::to_owned))
                .unwrap_or_else(|| key.replace('-', "_")),
        };
        Ok(Dependency {
            key: key.to_owned(),
            package: renamed.unwrap_or(key).to_owned(),
            extern_name,
            directory,
            table: table.to_owned(),
            line: entry.line,
        })
    }

    fn inherited(&self, key: &str, entry: &Tree) -> Result<(Arc<Tree>, PathBuf), SourceError> {
        let missing = |message: String| SourceError::Manifest {
            at: Location::new(self.file, entry.line),
            message,
        };
        let root = workspace_root(self.directory).ok_or_else(|| {
            missing(format!(
                "`{key}` is inherited, but this package is in no workspace: give it a version or path"
            ))
        })?;
        let workspace = files::toml(&root.join("Cargo.toml"))?;
        match workspace
            .get(&["workspace", "dependencies", key])
            .map(|tree| &tree.value)
        {
            Some(Value::Text(_) | Value::Table(_)) => Ok((workspace, root)),
            _ => Err(missing(format!(
                "`{key}` is inherited, but [workspace.dependencies] has no `{key}`: add it there"
            ))),
        }
    }
}

#[cfg(test)]
mod tests;
