//! The import rule on the dependency graph: modules are reached through a gateway only.

#![forbid(unsafe_code)]

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::Path as StdPath;

use cargo_metadata::{DependencyKind, Metadata, Package, PackageId};

use super::{Part, PartReport, Problem};
use crate::common::workspace::{self, Workspace};

pub(super) fn check(workspace: &Workspace) -> PartReport {
    let modules = workspace.modules();
    let applications = workspace.applications();
    let scope = format!(
        "the dependencies of {} application(s) and {} module(s), all kinds and all the way",
        applications.len(),
        modules.len()
    );
    let mut report = PartReport::new(Part::Imports, scope);
    let graph = Graph::new(workspace.metadata());
    let targets: Vec<&PackageId> = modules.iter().map(|module| &module.package.id).collect();
    for application in &applications {
        for path in graph.paths(&application.package.id, &targets) {
            report
                .problems
                .push(problem(workspace, Importer::Application, &path));
        }
    }
    for module in &modules {
        for path in graph.paths(&module.package.id, &targets) {
            report
                .problems
                .push(problem(workspace, Importer::Module, &path));
        }
    }
    report
}

#[derive(Clone, Copy)]
enum Importer {
    Application,
    Module,
}

/// A way through the graph: packages, and the kind of dependency that leads to the next one.
struct Path<'g> {
    packages: Vec<&'g Package>,
    last_kind: DependencyKind,
}

/// Who depends on whom: what cargo resolved, and what manifests of this machine merely could
/// switch on, by a feature or on another platform.
struct Graph<'g> {
    edges: HashMap<&'g PackageId, Vec<Edge<'g>>>,
    packages: HashMap<&'g PackageId, &'g Package>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Edge<'g> {
    to: &'g PackageId,
    kind: DependencyKind,
}

impl<'g> Graph<'g> {
    fn new(metadata: &'g Metadata) -> Self {
        let mut graph = Self {
            edges: HashMap::new(),
            packages: metadata
                .packages
                .iter()
                .map(|package| (&package.id, package))
                .collect(),
        };
        for node in metadata.resolve.iter().flat_map(|graph| &graph.nodes) {
            for dependency in &node.deps {
                for kind in &dependency.dep_kinds {
                    graph.add(&node.id, &dependency.pkg, kind.kind);
                }
            }
        }
        let by_folder: HashMap<&StdPath, &PackageId> = metadata
            .packages
            .iter()
            .filter(|package| package.source.is_none())
            .map(|package| (workspace::folder(package), &package.id))
            .collect();
        for package in &metadata.packages {
            for dependency in &package.dependencies {
                let folder = dependency.path.as_ref().map(|path| path.as_std_path());
                if let Some(to) = folder.and_then(|folder| by_folder.get(folder)) {
                    graph.add(&package.id, to, dependency.kind);
                }
            }
        }
        graph
    }

    fn add(&mut self, from: &'g PackageId, to: &'g PackageId, kind: DependencyKind) {
        let edges = self.edges.entry(from).or_default();
        let edge = Edge { to, kind };
        if !edges.contains(&edge) {
            edges.push(edge);
        }
    }

    /// A shortest path from `start` to each of `targets` that it reaches.
    ///
    /// A path ends at the first target on it: what that one does is its own business. Dev
    /// dependencies count for `start` alone, because cargo builds only a package's own.
    fn paths(&self, start: &'g PackageId, targets: &[&PackageId]) -> Vec<Path<'g>> {
        let mut from: BTreeMap<&PackageId, (&'g PackageId, DependencyKind)> = BTreeMap::new();
        let mut open = VecDeque::from([start]);
        let mut found = Vec::new();
        while let Some(id) = open.pop_front() {
            for Edge { to: next, kind } in self.edges.get(id).into_iter().flatten().copied() {
                if kind == DependencyKind::Development && id != start {
                    continue;
                }
                if next == start || from.contains_key(next) {
                    continue;
                }
                from.insert(next, (id, kind));
                if targets.contains(&next) {
                    found.push(next);
                } else {
                    open.push_back(next);
                }
            }
        }
        found
            .into_iter()
            .filter_map(|end| self.trace(&from, end))
            .collect()
    }

    fn trace(
        &self,
        from: &BTreeMap<&PackageId, (&'g PackageId, DependencyKind)>,
        end: &'g PackageId,
    ) -> Option<Path<'g>> {
        let (_, last_kind) = *from.get(end)?;
        let mut packages = vec![*self.packages.get(end)?];
        let mut at = end;
        while let Some((previous, _)) = from.get(at) {
            packages.push(self.packages.get(previous)?);
            at = previous;
        }
        packages.reverse();
        Some(Path {
            packages,
            last_kind,
        })
    }
}

fn problem(workspace: &Workspace, importer: Importer, path: &Path<'_>) -> Problem {
    let names: Vec<&str> = path
        .packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    let first = names.first().copied().unwrap_or_default();
    let module = names.last().copied().unwrap_or_default();
    // A path has two ends at least, so there is a package before the module.
    let importing = path.packages.iter().rev().nth(1);
    let manifest = importing.map_or_else(String::new, |package| {
        workspace
            .relative(package.manifest_path.as_std_path())
            .display()
            .to_string()
    });
    let section = match path.last_kind {
        DependencyKind::Development => "dev-dependencies",
        DependencyKind::Build => "build-dependencies",
        _ => "dependencies",
    };
    let (code, kind, instead) = match importer {
        Importer::Application => (
            "module-import",
            "application",
            "call it through the gateway, `home.<interface>().<operation>(…)`, which needs no \
             dependency",
        ),
        Importer::Module => (
            "module-to-module",
            "module",
            "declare `lmms::gateway! { pub(crate) Peers { modules: [\"../*\"] } }` and call \
             `Peers::new(cx).<interface>().<operation>(…)`",
        ),
    };
    Problem {
        code,
        place: manifest.clone(),
        what: format!(
            "the {kind} `{first}` depends on the module `{module}`: {}",
            names.join(" → ")
        ),
        advice: format!(
            "remove `{module}` from [{section}] of {manifest} and {instead}; types that both need \
             belong in a crate of their own that is no module"
        ),
    }
}
