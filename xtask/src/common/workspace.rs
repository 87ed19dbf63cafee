//! The cargo workspace that a command works on.

#![forbid(unsafe_code)]

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::camino::Utf8Path;
use cargo_metadata::{
    DependencyKind, Metadata, MetadataCommand, Node, Package, PackageId, Target, TargetKind,
};
use lmms_source::{Manifest, is_module_crate};

use crate::common::error::Error;
use crate::common::sources;

/// A cargo workspace with its whole dependency graph, as cargo resolved it.
#[derive(Debug)]
pub struct Workspace {
    metadata: Metadata,
    host: String,
}

/// A module crate of a workspace.
#[derive(Clone, Copy, Debug)]
pub struct ModuleCrate<'a> {
    /// The package.
    pub package: &'a Package,
    /// Its library target.
    pub library: &'a Target,
}

/// A package that calls modules.
#[derive(Clone, Copy, Debug)]
pub struct Application<'a> {
    /// The package.
    pub package: &'a Package,
    /// Whether it invokes `lmms::gateway!`, rather than only using the host side of `lmms`.
    pub has_gateway: bool,
}

impl Workspace {
    /// Finds the workspace around `start`, a folder or a `Cargo.toml`; `None`: the current folder.
    ///
    /// # Errors
    /// [`Error::Metadata`] when there is none or cargo can't resolve it, [`Error::Io`] when the
    /// path does not exist.
    pub fn find(start: Option<&Path>) -> Result<Self, Error> {
        let host = host_triple(start)?;
        let mut command = MetadataCommand::new();
        // Without it cargo would download what only other platforms need.
        command.other_options(["--filter-platform".to_owned(), host.clone()]);
        if let Some(start) = start {
            let start = std::path::absolute(start).map_err(Error::io("find", start))?;
            let manifest = if start.is_dir() {
                start.join("Cargo.toml")
            } else {
                start
            };
            if let Some(folder) = manifest.parent() {
                command.current_dir(folder);
            }
            command.manifest_path(manifest);
        }
        match command.exec() {
            Ok(metadata) => Ok(Self { metadata, host }),
            Err(source) => Err(Error::Metadata {
                start: start.map_or_else(|| PathBuf::from("."), Path::to_owned),
                source: Box::new(source),
            }),
        }
    }

    /// What cargo says about the workspace.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The folder of the workspace's `Cargo.toml`.
    pub fn root(&self) -> &Path {
        self.metadata.workspace_root.as_std_path()
    }

    /// Where cargo puts what it builds.
    pub fn target_dir(&self) -> &Path {
        self.metadata.target_directory.as_std_path()
    }

    /// Where cargo keeps what it makes on the way: the same folder unless the user's configuration names another.
    pub fn build_dir(&self) -> &Path {
        let build = self.metadata.build_directory.as_deref();
        build.map_or(self.target_dir(), Utf8Path::as_std_path)
    }

    /// The target that the toolchain builds for by itself, such as `x86_64-unknown-linux-gnu`.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The folder for everything that this tool writes.
    pub fn lmms_dir(&self) -> PathBuf {
        self.target_dir().join("lmms")
    }

    /// The folder with the built modules and their manifest.
    pub fn modules_dir(&self) -> PathBuf {
        self.lmms_dir().join("modules")
    }

    /// The `lmms` package that the workspace uses.
    ///
    /// # Errors
    /// [`Error::NoLmms`] when nothing in the workspace depends on it.
    pub fn lmms(&self) -> Result<&Package, Error> {
        self.metadata
            .packages
            .iter()
            .find(|package| package.name.as_str() == "lmms")
            .ok_or_else(|| Error::NoLmms {
                root: self.root().to_owned(),
            })
    }

    /// The module crates, sorted by name: members that invoke `lmms::module!` at their root.
    pub fn modules(&self) -> Vec<ModuleCrate<'_>> {
        let mut modules: Vec<_> = self
            .members()
            .filter_map(|package| {
                let library = library(package)?;
                let manifest = Manifest::known(folder(package)).ok()?;
                is_module_crate(&manifest).then_some(ModuleCrate { package, library })
            })
            .collect();
        modules.sort_by_key(|module| module.package.name.as_str());
        modules
    }

    /// A member that invokes `lmms::module!`, but whose library is of a kind that no other crate can link.
    pub(crate) fn unlinkable_module(&self) -> Option<&Package> {
        self.members().find(|package| {
            let kinds = [TargetKind::CDyLib, TargetKind::DyLib, TargetKind::StaticLib];
            let odd = package
                .targets
                .iter()
                .find(|target| kinds.iter().any(|kind| target.is_kind(kind.clone())));
            library(package).is_none()
                && odd.is_some()
                && Manifest::known(folder(package)).is_ok_and(|manifest| is_module_crate(&manifest))
        })
    }

    /// The packages that use the host side of `lmms`, sorted by name.
    pub fn applications(&self) -> Vec<Application<'_>> {
        let modules = self.modules();
        let mut applications: Vec<_> = self
            .members()
            .filter(|package| !modules.iter().any(|module| module.package.id == package.id))
            .filter(|package| package.name.as_str() != "lmms")
            .filter_map(|package| {
                let application = Application {
                    package,
                    has_gateway: sources::invokes_gateway(package),
                };
                (application.has_gateway || uses_host_side(package)).then_some(application)
            })
            .collect();
        applications.sort_by_key(|application| application.package.name.as_str());
        applications
    }

    /// All packages that end up in the target code of `start`, without those called like one of
    /// `skipped` and what only they reach.
    pub(crate) fn reached(&self, start: &PackageId, skipped: &[&str]) -> Vec<&Package> {
        let nodes: HashMap<&PackageId, &Node> = self
            .metadata
            .resolve
            .iter()
            .flat_map(|graph| &graph.nodes)
            .map(|node| (&node.id, node))
            .collect();
        let packages: HashMap<&PackageId, &Package> = self
            .metadata
            .packages
            .iter()
            .map(|package| (&package.id, package))
            .collect();
        let mut seen = BTreeSet::from([start]);
        let mut open = vec![start];
        let mut reached = Vec::new();
        while let Some(id) = open.pop() {
            for dependency in nodes.get(id).into_iter().flat_map(|node| &node.deps) {
                let normal = dependency
                    .dep_kinds
                    .iter()
                    .any(|kind| kind.kind == DependencyKind::Normal);
                let Some(package) = packages.get(&dependency.pkg) else {
                    continue;
                };
                let skip = skipped.contains(&package.name.as_str());
                if normal && !skip && seen.insert(&dependency.pkg) {
                    reached.push(*package);
                    open.push(&dependency.pkg);
                }
            }
        }
        reached
    }

    /// A cargo command in the workspace's root, free of what `cargo run` told this program.
    pub fn cargo(&self, subcommand: &str) -> Command {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        // Build scripts that watch these would run again on every switch between tool and user.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if name == "CARGO" || name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_BIN_") {
                command.env_remove(name.as_ref());
            }
        }
        // A relative one is meant from the folder in which the user said it.
        if std::env::var_os("CARGO_TARGET_DIR").is_some() {
            command.env("CARGO_TARGET_DIR", self.target_dir());
        }
        command
            .env_remove("CARGO_MANIFEST_DIR")
            .env_remove("CARGO_MANIFEST_PATH")
            .current_dir(self.root())
            .arg(subcommand);
        command
    }

    /// `path` as a person in the workspace's root would write it.
    pub fn relative<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(self.root()).unwrap_or(path)
    }

    /// Whether a member of the workspace is called that.
    pub(crate) fn has_member(&self, name: &str) -> bool {
        self.members().any(|package| package.name.as_str() == name)
    }

    fn members(&self) -> impl Iterator<Item = &Package> {
        self.metadata
            .packages
            .iter()
            .filter(|package| self.metadata.workspace_members.contains(&package.id))
    }
}

impl ModuleCrate<'_> {
    /// The module's name: its package's.
    pub fn name(&self) -> &str {
        self.package.name.as_str()
    }

    /// The name of its crate in code.
    pub fn crate_name(&self) -> &str {
        &self.library.name
    }

    /// The folder of its `Cargo.toml`.
    pub fn folder(&self) -> &Path {
        folder(self.package)
    }
}

/// The folder of a package's `Cargo.toml`.
pub(crate) fn folder(package: &Package) -> &Path {
    let manifest = package.manifest_path.as_std_path();
    manifest.parent().unwrap_or(manifest)
}

/// The target that the toolchain at `start` builds for by itself.
fn host_triple(start: Option<&Path>) -> Result<String, Error> {
    let rustc = std::env::var_os("RUSTC").unwrap_or("rustc".into());
    let mut command = Command::new(rustc);
    // A rust-toolchain.toml there decides which compiler this is.
    if let Some(folder) = start.and_then(|start| start.ancestors().find(|path| path.is_dir())) {
        command.current_dir(folder);
    }
    let output = command.arg("-vV").output().map_err(|source| Error::Start {
        command: "rustc -vV".to_owned(),
        source,
    })?;
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
        .ok_or_else(|| Error::Answer {
            command: "rustc -vV".to_owned(),
            problem: "it names no host".to_owned(),
        })
}

fn library(package: &Package) -> Option<&Target> {
    package
        .targets
        .iter()
        .find(|target| target.is_kind(TargetKind::Lib) || target.is_kind(TargetKind::RLib))
}

/// Whether a package asks for `lmms` with its host side, in whatever section.
fn uses_host_side(package: &Package) -> bool {
    package.dependencies.iter().any(|dependency| {
        dependency.name == "lmms"
            && (dependency.uses_default_features
                || dependency
                    .features
                    .iter()
                    .any(|feature| feature == "gateway" || feature == "default"))
    })
}
