//! Programs that were built before one of their modules was there.
//!
//! `gateway!` tells cargo which files it has read, and the `Cargo.lock`s that change when a workspace gets another
//! member. A folder that is added outside of these workspaces changes none of them, so cargo takes the program for
//! fresh. A compiler on stable can't be told to look at a folder; a build script can.

#![forbid(unsafe_code)]

use std::fmt;
use std::path::{Path, PathBuf};

use lmms_source::{Naming, find_modules};
use serde::Serialize;

use crate::common::sources::{self, Gateway};
use crate::common::workspace::{self, Workspace};
use crate::modules::freshness;

/// A program that doesn't know a module that its gateway's patterns match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outdated {
    /// The program, from the workspace's root.
    pub program: PathBuf,
    /// The module.
    pub module: String,
    /// Its folder.
    pub folder: PathBuf,
    /// The file with the gateway, from the workspace's root.
    pub gateway: PathBuf,
}

/// The programs of a workspace that were built before a module was added, and the modules that a gateway serves but the
/// workspace doesn't build.
pub(crate) fn find(workspace: &Workspace) -> (Vec<Outdated>, Vec<String>) {
    let members = workspace.modules();
    let is_member = |folder: &Path| members.iter().any(|module| same(module.folder(), folder));
    let mut outdated = Vec::new();
    let mut foreign = Vec::new();
    for application in workspace.applications() {
        let programs = programs(workspace, application.package);
        for gateway in sources::gateways(application.package) {
            let served = served(workspace::folder(application.package), &gateway);
            for (module, folder) in &served {
                if !is_member(folder) {
                    foreign.push(format!(
                        "the gateway in {} serves `{module}` in {}, which is no member of this workspace, so that \
                         `build-modules` doesn't build it here",
                        workspace.relative(&gateway.file).display(),
                        folder.display()
                    ));
                }
            }
            for (program, sources) in &programs {
                for (module, folder) in unknown(sources, &served) {
                    outdated.push(Outdated {
                        program: workspace.relative(program).to_owned(),
                        module: module.clone(),
                        folder: folder.clone(),
                        gateway: workspace.relative(&gateway.file).to_owned(),
                    });
                }
            }
        }
    }
    outdated.dedup();
    foreign.dedup();
    (outdated, foreign)
}

impl Outdated {
    /// What to do.
    pub fn advice(&self) -> String {
        format!(
            "run `touch {}` and build it again; a build script with \
             `println!(\"cargo::rerun-if-changed={}\");` lets cargo see the next one by itself",
            self.gateway.display(),
            self.folder.parent().unwrap_or(&self.folder).display()
        )
    }
}

impl fmt::Display for Outdated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} was built before its gateway's patterns matched the module `{}` in {}",
            self.program.display(),
            self.module,
            self.folder.display()
        )
    }
}

/// The modules that a gateway's patterns match now, with their folders.
fn served(base: &Path, gateway: &Gateway) -> Vec<(String, PathBuf)> {
    let found = find_modules(base, &gateway.patterns, &Naming::AsModule);
    let modules = found.modules.into_iter();
    modules
        .map(|module| (module.manifest.package, module.manifest.directory))
        .collect()
}

/// The modules that a program with these sources doesn't know. What knows none of them has another gateway, or none.
fn unknown<'a>(
    sources: &[PathBuf],
    served: &'a [(String, PathBuf)],
) -> impl Iterator<Item = &'a (String, PathBuf)> {
    let knows = |(_, folder): &&(String, PathBuf)| sources.contains(&folder.join("Cargo.toml"));
    let (known, unknown): (Vec<_>, Vec<_>) = served.iter().partition(knows);
    unknown.into_iter().filter(move |_| !known.is_empty())
}

/// The built programs of a package with the sources that cargo noted.
fn programs(
    workspace: &Workspace,
    package: &cargo_metadata::Package,
) -> Vec<(PathBuf, Vec<PathBuf>)> {
    let names = package
        .targets
        .iter()
        .filter(|target| target.is_bin())
        .map(|target| target.name.as_str());
    let profiles = ["debug", "release"];
    names
        .flat_map(|name| profiles.map(|profile| workspace.target_dir().join(profile).join(name)))
        .filter_map(|program| {
            let sources = freshness::sources_of(&program)?;
            Some((program, sources))
        })
        .collect()
}

/// Whether both lead to the same place.
pub(crate) fn same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    real(one) == real(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_knows_the_modules_whose_manifest_is_among_its_sources() {
        let served: Vec<_> = ["a", "b"]
            .map(|name| (name.to_owned(), PathBuf::from("/elsewhere").join(name)))
            .into();
        let names = |sources: &[&str]| -> Vec<String> {
            let sources: Vec<_> = sources.iter().map(PathBuf::from).collect();
            unknown(&sources, &served)
                .map(|(name, _)| name.clone())
                .collect()
        };
        let [a, b] = ["/elsewhere/a/Cargo.toml", "/elsewhere/b/Cargo.toml"];
        assert_eq!(names(&["/app/src/main.rs", a]), ["b"]);
        assert_eq!(names(&[b, a]), [""; 0]);
        assert_eq!(names(&["/app/src/other.rs"]), [""; 0]);
    }
}
