//! Finding the module crates that a gateway serves.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::crates::module_crate::{ModuleCrate, is_module_crate, read_module};
use crate::files::paths::{normal, real};
use crate::manifest::Manifest;
use crate::mistakes::error::{Dependence, SourceError};
use crate::mistakes::location::Location;
use crate::mistakes::type_problem::TypeProblem;
use crate::resolve::names::Naming;

/// The modules that some patterns match.
#[derive(Debug, Default)]
pub struct Modules {
    /// The modules, by name. Operations with errors are left out.
    pub modules: Vec<ModuleCrate>,
    /// What is wrong, each with the index of the pattern that led there.
    pub errors: Vec<(usize, SourceError)>,
    /// The files that were read, and the `Cargo.lock`s that change when a workspace among them gets another member: if
    /// none of them changes, and no folder outside of these workspaces is added, the result stays the same.
    pub files: BTreeSet<PathBuf>,
}

/// Finds and reads the module crates that `patterns` match, relative to `base`. A pattern is a folder or a glob.
///
/// Matching folders without a `Cargo.toml`, and crates that are no modules, are passed over; but a pattern without
/// wildcards must lead to a module, and every pattern to at least one.
#[must_use]
pub fn find_modules(base: &Path, patterns: &[String], naming: &Naming) -> Modules {
    let mut found = Modules::default();
    let mut owners: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for (index, pattern) in patterns.iter().enumerate() {
        found.files.extend(lock_file(&certain_part(base, pattern)));
        match folders(base, pattern) {
            Ok(folders) => found.add(index, pattern, base, folders, naming, &mut owners),
            Err(error) => found.errors.push((index, error)),
        }
    }
    found
        .modules
        .sort_by(|a, b| a.manifest.package.cmp(&b.manifest.package));
    found.check_libraries(&owners);
    found.check_duplicates(&owners);
    found.name_packages_once();
    found
}

/// The crate's manifest must not name any of `modules`; every dependency that does is an error.
#[must_use]
pub fn dependencies_on_modules(manifest: &Manifest, modules: &[ModuleCrate]) -> Vec<Dependence> {
    let folders: Vec<PathBuf> = modules
        .iter()
        .map(|module| real(&module.manifest.directory))
        .collect();
    dependences(manifest, |folder| folders.contains(&real(folder)))
}

/// The dependencies of a crate that are module crates, found by looking at their sources.
#[must_use]
pub fn module_dependencies(manifest: &Manifest) -> Vec<Dependence> {
    dependences(manifest, |folder| {
        Manifest::read(folder).is_ok_and(|other| is_module_crate(&other))
    })
}

impl Modules {
    fn add(
        &mut self,
        index: usize,
        pattern: &str,
        base: &Path,
        folders: Vec<PathBuf>,
        naming: &Naming,
        owners: &mut BTreeMap<PathBuf, usize>,
    ) {
        let is_literal = !has_wildcards(pattern);
        let before = (self.modules.len(), self.errors.len());
        let mut known = false;
        for folder in folders {
            if owners.contains_key(&folder) {
                known = true;
                continue;
            }
            if !folder.join("Cargo.toml").is_file() {
                continue;
            }
            if !is_literal && !is_package(&folder) {
                continue;
            }
            let reading = read_module(&folder, naming);
            self.files.extend(lock_file(&folder));
            self.files.extend(reading.files);
            self.errors
                .extend(reading.errors.into_iter().map(|error| (index, error)));
            if let Some(module) = reading.module {
                owners.insert(folder, index);
                self.modules.push(module);
            }
        }
        if known || before != (self.modules.len(), self.errors.len()) {
            return;
        }
        let path = normal(&base.join(pattern));
        let error = if !is_literal {
            SourceError::NoModules {
                pattern: path.display().to_string(),
            }
        } else {
            let found = if !path.is_dir() {
                "there is no such folder"
            } else if !path.join("Cargo.toml").is_file() {
                "it has no Cargo.toml"
            } else {
                "its library has no `lmms::module!();`"
            };
            SourceError::NotAModule { path, found }
        };
        self.errors.push((index, error));
    }

    /// One missing dependency may be behind the types of a hundred operations.
    fn name_packages_once(&mut self) {
        let mut named = BTreeSet::new();
        self.errors.retain(|(_, error)| {
            let SourceError::Type {
                interface, problem, ..
            } = error
            else {
                return true;
            };
            let (TypeProblem::PackageOutOfReach { package, .. }
            | TypeProblem::PackageHidden { package, .. }) = &**problem
            else {
                return true;
            };
            named.insert((interface.clone(), package.clone()))
        });
    }

    /// Notes modules whose libraries would have one name, in which `-` is `_`; the later module is left out.
    fn check_libraries(&mut self, owners: &BTreeMap<PathBuf, usize>) {
        let mut seen: BTreeMap<String, Location> = BTreeMap::new();
        let errors = &mut self.errors;
        self.modules.retain(|module| {
            let manifest = &module.manifest;
            let name = manifest.package.replace('-', "_");
            let at = Location::new(&manifest.file, 1);
            let Some(first) = seen.get(&name) else {
                seen.insert(name, at);
                return true;
            };
            let pattern = owners.get(&manifest.directory).copied().unwrap_or(0);
            let first = first.clone();
            errors.push((pattern, SourceError::DuplicateModule { at, first, name }));
            false
        });
    }

    /// Notes operations that two modules both have; the later module loses its own.
    fn check_duplicates(&mut self, owners: &BTreeMap<PathBuf, usize>) {
        let mut seen: BTreeMap<(String, String), Location> = BTreeMap::new();
        for module in &mut self.modules {
            let pattern = owners.get(&module.manifest.directory).copied().unwrap_or(0);
            let errors = &mut self.errors;
            module.operations.retain(|operation| {
                let key = (operation.interface.clone(), operation.name.clone());
                let Some(first) = seen.get(&key) else {
                    seen.insert(key, operation.at.clone());
                    return true;
                };
                errors.push((
                    pattern,
                    SourceError::DuplicateOperation {
                        at: operation.at.clone(),
                        first: first.clone(),
                        interface: key.0,
                        name: key.1,
                    },
                ));
                false
            });
        }
    }
}

/// The folders that a pattern matches, each once.
fn folders(base: &Path, pattern: &str) -> Result<Vec<PathBuf>, SourceError> {
    let bad = |message: String| SourceError::Pattern {
        pattern: pattern.to_owned(),
        message,
    };
    if pattern.is_empty() {
        return Err(bad("it is empty".to_owned()));
    }
    if !has_wildcards(pattern) {
        return Ok(vec![normal(&base.join(pattern))]);
    }
    let absolute = if Path::new(pattern).is_absolute() {
        pattern.to_owned()
    } else {
        format!(
            "{}/{pattern}",
            glob::Pattern::escape(&base.display().to_string())
        )
    };
    let paths = glob::glob(&absolute).map_err(|error| bad(error.msg.to_owned()))?;
    let folders: BTreeSet<PathBuf> = paths
        .filter_map(Result::ok)
        .map(|path| normal(&path))
        .filter(|path| path.is_dir())
        .collect();
    Ok(folders.into_iter().collect())
}

/// The folder that a pattern's matches are below.
fn certain_part(base: &Path, pattern: &str) -> PathBuf {
    let certain = Path::new(pattern)
        .components()
        .take_while(|component| !has_wildcards(&component.as_os_str().to_string_lossy()));
    normal(&base.join(certain.collect::<PathBuf>()))
}

/// The `Cargo.lock` of the workspace around a folder.
fn lock_file(folder: &Path) -> Option<PathBuf> {
    let locks = folder.ancestors().map(|folder| folder.join("Cargo.lock"));
    locks.into_iter().find(|lock| lock.is_file())
}

fn has_wildcards(pattern: &str) -> bool {
    pattern.contains(['*', '?', '['])
}

/// A workspace's own folder has a `Cargo.toml` too, perhaps without a package.
fn is_package(folder: &Path) -> bool {
    crate::files::toml(&folder.join("Cargo.toml"))
        .map_or(true, |tree| tree.get(&["package"]).is_some())
}

fn dependences(manifest: &Manifest, is_module: impl Fn(&Path) -> bool) -> Vec<Dependence> {
    let own = real(&manifest.directory);
    manifest
        .dependencies
        .iter()
        .filter_map(|dependency| {
            let folder = dependency.directory.as_deref()?;
            // A package may depend on itself, to switch on its features in tests.
            if real(folder) == own || !is_module(folder) {
                return None;
            }
            Some(Dependence {
                at: Location::new(&manifest.file, dependency.line),
                table: dependency.table.clone(),
                key: dependency.key.clone(),
                from: manifest.package.clone(),
                module: dependency.package.clone(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;
