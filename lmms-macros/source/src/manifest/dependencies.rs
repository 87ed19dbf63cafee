//! The dependency tables of a `Cargo.toml`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::files;
use crate::files::paths::normal;
use crate::files::toml_tree::{Tree, Value};
use crate::manifest::workspace_root;
use crate::mistakes::error::SourceError;
use crate::mistakes::location::Location;

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

/// Reads the tables of one manifest.
pub(super) struct Dependencies<'a> {
    pub(super) tree: &'a Tree,
    pub(super) directory: &'a Path,
    pub(super) file: &'a Path,
}

const TABLES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

impl Dependencies<'_> {
    /// The entries of all tables.
    pub(super) fn all(&self) -> Result<Vec<Dependency>, SourceError> {
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
