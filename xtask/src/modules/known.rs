//! Well-known crates that keep a module loaded, and how a module that uses one can still be unloaded.

#![forbid(unsafe_code)]

mod table;

pub use table::TABLE;

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, Node, Package, PackageId};
use lmms::manifest::Finding;
use serde::Serialize;

use crate::common::screen::{Screen, Style};
use crate::elf;

/// One row of the table: a crate, or a feature of one.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// The crate.
    pub name: &'static str,
    /// The features with which the row applies.
    pub feature: Feature,
    /// What it keeps.
    pub keeps: &'static str,
    /// The consequence for a module that uses it.
    pub verdict: Verdict,
    /// The folder of its module in `tests/crates/modules`, if it has one.
    pub test: Option<&'static str>,
    /// What its test needs besides cargo.
    pub needs: Option<&'static str>,
}

/// The features of its crate with which a row applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// Any.
    Any,
    /// With this one.
    On(&'static str),
    /// Without this one.
    Off(&'static str),
}

/// The consequence of a crate for unloading a module that uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It unloads.
    Unloads,
    /// It unloads with a shutdown function that has this line.
    Shutdown(&'static str),
    /// It stays for good once the crate is used; what to do instead.
    Never(&'static str),
    /// It can't be loaded; the line its `Cargo.toml` needs instead.
    NotLoadable(&'static str),
}

/// Advice on one crate in a module's graph.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Advice {
    /// The crate.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it keeps.
    pub keeps: String,
    /// `shutdown`, `never` or `not-loadable`.
    pub verdict: &'static str,
    /// The lines to write, or what to do instead.
    pub line: String,
}

impl Verdict {
    /// A short stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unloads => "unloads",
            Self::Shutdown(_) => "shutdown",
            Self::Never(_) => "never",
            Self::NotLoadable(_) => "not-loadable",
        }
    }
}

impl Advice {
    fn new(row: &Known, package: &Package) -> Option<Self> {
        let line = match row.verdict {
            Verdict::Unloads => return None,
            Verdict::Shutdown(line) => {
                format!("lmms::module!(shutdown = stop);  fn stop() {{ {line} }}")
            }
            Verdict::Never(instead) | Verdict::NotLoadable(instead) => instead.to_owned(),
        };
        Some(Self {
            name: row.name.to_owned(),
            version: package.version.to_string(),
            keeps: row.keeps.to_owned(),
            verdict: row.verdict.name(),
            line,
        })
    }

    /// A line for a person.
    pub(crate) fn text(&self, screen: Screen) -> String {
        let name = screen.paint(
            Style::Warning,
            format_args!("{} {}", self.name, self.version),
        );
        let then = match self.verdict {
            "never" => "once that is used, the module stays for good",
            "not-loadable" => "the module can't be loaded; write in its Cargo.toml",
            _ => "if that is used, write",
        };
        format!("{name}: keeps {}; {then}: {}", self.keeps, self.line)
    }
}

/// The table's advice on the dependencies of `package` in `graph`.
pub(crate) fn advice(graph: &Metadata, package: &str) -> Vec<Advice> {
    advice_where(graph, package, |row, node| match row.feature {
        Feature::Any => true,
        Feature::On(feature) => has(node, feature),
        Feature::Off(feature) => !has(node, feature),
    })
}

/// The table's reasons why `package` of `graph`, whose library has these `findings`, can't be loaded.
pub(crate) fn obstacles(graph: &Metadata, package: &str, findings: &[Finding]) -> Vec<Advice> {
    // A graph unifies features over all packages, so a feature that is on there may be off for this package. Its
    // library shows which.
    let static_tls = findings
        .iter()
        .any(|finding| finding.code == elf::STATIC_TLS);
    advice_where(graph, package, |row, node| {
        matches!(row.verdict, Verdict::NotLoadable(_))
            && match row.feature {
                Feature::Any => true,
                Feature::On(feature) => has(node, feature),
                Feature::Off(feature) => static_tls || !has(node, feature),
            }
    })
}

fn advice_where(
    graph: &Metadata,
    package: &str,
    counts: impl Fn(&Known, &Node) -> bool,
) -> Vec<Advice> {
    let Some(start) = graph
        .packages
        .iter()
        .find(|known| known.name.as_str() == package)
    else {
        return Vec::new();
    };
    let packages: BTreeMap<&PackageId, &Package> = graph
        .packages
        .iter()
        .map(|package| (&package.id, package))
        .collect();
    let mut found = BTreeSet::new();
    for node in reached(graph, &start.id) {
        let Some(package) = packages.get(&node.id) else {
            continue;
        };
        let rows = TABLE
            .iter()
            .filter(|row| package.name.as_str() == row.name && counts(row, node));
        found.extend(rows.filter_map(|row| Advice::new(row, package)));
    }
    found.into_iter().collect()
}

fn has(node: &Node, feature: &str) -> bool {
    node.features.iter().any(|has| has.as_str() == feature)
}

/// The packages linked into `start`, without those that only LMMS needs.
fn reached<'g>(graph: &'g Metadata, start: &'g PackageId) -> Vec<&'g Node> {
    let nodes: BTreeMap<&PackageId, &Node> = graph
        .resolve
        .iter()
        .flat_map(|resolve| &resolve.nodes)
        .map(|node| (&node.id, node))
        .collect();
    let mut seen = BTreeSet::from([start]);
    let mut open = vec![start];
    let mut found = Vec::new();
    while let Some(node) = open.pop().and_then(|id| nodes.get(id)) {
        found.push(*node);
        for dependency in &node.deps {
            let normal = dependency
                .dep_kinds
                .iter()
                .any(|kind| kind.kind == DependencyKind::Normal);
            if normal && dependency.name != "lmms" && seen.insert(&dependency.pkg) {
                open.push(&dependency.pkg);
            }
        }
    }
    found
}

/// The table as a page of documentation.
pub fn document() -> String {
    let mut text = String::from(
        "# Crates in modules\n\n\
         `cargo xtask crates --document` writes this page from `xtask/src/modules/known/table.rs`. `cargo lmms build` and `inspect`\n\
         look there for each crate in the graph of a module without a shutdown function.\n\n\
         | unloads | a module that uses the crate | what to do |\n|---|---|---|\n\
         | yes | is unloaded as any other | nothing |\n\
         | with a shutdown function | is unloaded if `lmms::module!(shutdown = stop)` names a function with this line; otherwise it \
         stays as long as the threads or handlers exist, and `explain` names them | write the line |\n\
         | never | works, and stays until the process ends: from its first load if `build-modules` reports so, else from the first use \
         of the crate | the alternative in the table |\n\
         | can't be loaded | `build-modules` fails with the reason, and keeps the last good library | write the line in the module's \
         `Cargo.toml` |\n\n\
         `cargo xtask crates [NAME…]` builds, loads, calls and unloads a module for each crate that has a test, and compares the result\n\
         with this table. The other rows rest on reading the crates' code.\n\n\
         | crate | keeps | unloads | line or alternative | test | needs |\n|---|---|---|---|---|---|\n",
    );
    for row in TABLE {
        let name = match row.feature {
            Feature::Any => row.name.to_owned(),
            Feature::On(feature) => format!("{}, feature `{feature}`", row.name),
            Feature::Off(feature) => format!("{}, without `{feature}`", row.name),
        };
        let (unloads, line) = match row.verdict {
            Verdict::Unloads => ("yes", String::new()),
            Verdict::Shutdown(line) => ("with a shutdown function", format!("`{line}`")),
            Verdict::Never(instead) => ("never", instead.to_owned()),
            Verdict::NotLoadable(line) => ("can't be loaded", format!("`{line}`")),
        };
        // A bar inside a cell would end it.
        let line = line.replace('|', "\\|");
        let test = row.test.map_or(String::new(), |test| format!("`{test}`"));
        let needs = row.needs.unwrap_or_default();
        text += &format!(
            "| {name} | {} | {unloads} | {line} | {test} | {needs} |\n",
            row.keeps
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
    }

    #[test]
    fn the_page_is_what_the_table_says() {
        let page = fs::read_to_string(root().join("docs/crates.md")).unwrap_or_default();
        assert!(
            page == document(),
            "run `cargo xtask crates --document` to renew docs/crates.md"
        );
    }

    #[test]
    fn the_rows_are_sorted_and_each_module_of_the_tests_has_one() {
        let names: Vec<&str> = TABLE.iter().map(|row| row.name).collect();
        assert!(
            names.is_sorted_by_key(|name| name.replace('_', "-")),
            "{names:?}"
        );
        let folder = root().join("tests/crates/modules");
        let modules = fs::read_dir(folder).unwrap();
        let modules: BTreeSet<String> = modules
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let tested: BTreeSet<String> = TABLE
            .iter()
            .filter_map(|row| row.test.map(str::to_owned))
            .collect();
        assert_eq!(modules, tested);
    }

    #[test]
    fn a_row_about_a_feature_counts_only_where_the_feature_is_on() {
        let graph = graph(&["rt"]);
        let found = advice(&graph, "lmms-carrier-sun");
        let [tokio] = &found[..] else {
            panic!("{found:?}");
        };
        assert_eq!((tokio.name.as_str(), tokio.verdict), ("tokio", "shutdown"));
        assert!(
            tokio.line.contains("lmms::module!(shutdown = stop);"),
            "{tokio:?}"
        );
        let verdicts = |features: &[&str]| -> Vec<&str> {
            let found = advice(&super::tests::graph(features), "lmms-carrier-sun");
            found.into_iter().map(|advice| advice.verdict).collect()
        };
        assert_eq!(verdicts(&["rt", "signal"]), ["never", "shutdown"]);
        assert!(verdicts(&["sync"]).is_empty());
        assert!(advice(&graph, "nobody").is_empty());
    }

    #[test]
    fn what_is_in_the_way_of_a_load_is_told_by_the_library_where_the_graph_can_not() {
        let verdicts = |found: Vec<Advice>| -> Vec<&str> {
            found.into_iter().map(|advice| advice.verdict).collect()
        };
        let graph = |features: &[&str]| graph_with("tikv-jemallocator", features);
        let (without, with) = (graph(&[]), graph(&["disable_initial_exec_tls"]));
        let carrier = "lmms-carrier-sun";
        assert_eq!(verdicts(advice(&without, carrier)), ["not-loadable"]);
        assert_ne!(verdicts(advice(&with, carrier)), ["not-loadable"]);
        let elf = elf::Elf {
            tls_model: elf::TlsModel::Static,
            ..elf::Elf::default()
        };
        let fixed = elf::grade(&elf, None).findings;
        let obstacles = |graph, findings| obstacles(graph, carrier, findings);
        assert!(obstacles(&with, &[]).is_empty(), "another reason");
        for found in [
            obstacles(&with, &fixed),
            obstacles(&without, &fixed),
            obstacles(&without, &[]),
        ] {
            let [jemalloc] = &found[..] else {
                panic!("{found:?}");
            };
            let text = jemalloc.text(Screen::plain());
            let line = "write in its Cargo.toml: tikv-jemallocator = {";
            assert!(text.contains(line), "{text}");
        }
        assert!(obstacles(&super::tests::graph(&["rt"]), &fixed).is_empty());
    }

    /// A carrier that reaches tokio with these features, and ctrlc only through `lmms`.
    fn graph(features: &[&str]) -> Metadata {
        graph_with("tokio", features)
    }

    fn graph_with(reached: &str, features: &[&str]) -> Metadata {
        let package = |name: &str| {
            serde_json::json!({
                "name": name, "version": "1.2.3", "id": name, "dependencies": [], "targets": [],
                "features": {}, "manifest_path": format!("/{name}/Cargo.toml"), "source": null,
                "license": null, "license_file": null, "description": null, "authors": [],
                "categories": [], "keywords": [], "readme": null, "repository": null,
                "homepage": null, "documentation": null, "edition": "2021", "links": null,
                "publish": null, "metadata": null, "default_run": null, "rust_version": null,
            })
        };
        let node = |name: &str, on: &[&str], features: &[&str]| {
            let deps: Vec<_> = on
                .iter()
                .map(|dep| {
                    serde_json::json!({
                        "name": dep, "pkg": dep, "dep_kinds": [{ "kind": null, "target": null }],
                    })
                })
                .collect();
            serde_json::json!({
                "id": name, "dependencies": on, "deps": deps, "features": features,
            })
        };
        let names = ["lmms-carrier-sun", "sun", "lmms", "ctrlc", reached];
        let graph = serde_json::json!({
            "packages": names.map(package),
            "workspace_members": [names[0]], "workspace_default_members": [names[0]],
            "resolve": {
                "nodes": [
                    node("lmms-carrier-sun", &["sun", "lmms"], &[]),
                    node("sun", &[reached, "lmms"], &[]),
                    node("lmms", &["ctrlc"], &[]),
                    node("ctrlc", &[], &[]),
                    node(reached, &[], features),
                ],
                "root": null,
            },
            "workspace_root": "/", "target_directory": "/target", "version": 1,
            "build_directory": null, "metadata": null,
        });
        serde_json::from_value(graph).expect("cargo's answer")
    }
}
