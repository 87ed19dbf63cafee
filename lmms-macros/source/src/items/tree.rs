//! The module tree of one crate: which files it has, and what stands in them.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::files;
use crate::files::paths::normal;
use crate::items::cfg::{self, Decided, Decision};
use crate::items::scope::Scope;
use crate::lexing::outline::{Attribute, Item, ItemKind, Outline};
use crate::lexing::words::plain;
use crate::mistakes::error::SourceError;
use crate::mistakes::location::Location;

/// Deeper than any crate written by a person; a file that contains itself ends here.
const DEEPEST: usize = 64;

/// All modules of a crate; the root is the first.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) nodes: Vec<Node>,
    /// Every file that was read, or whose creation would change the tree.
    pub(crate) files: BTreeSet<PathBuf>,
}

/// One module.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) parent: Option<usize>,
    /// The names from the crate root to here.
    pub(crate) path: Vec<String>,
    pub(crate) file: PathBuf,
    pub(crate) children: Vec<(String, usize)>,
    /// Whether the module is compiled, with all around it.
    pub(crate) decision: Decision,
    /// The module as its parent declares it, for messages.
    declared: Location,
    outline: Arc<Outline>,
    /// The inline modules that lead from the file's outline to this one.
    inline: Vec<usize>,
    scope: OnceCell<Scope>,
}

impl Node {
    pub(crate) fn items(&self) -> &[Item] {
        let mut outline: &Outline = &self.outline;
        for index in &self.inline {
            match outline.items.get(*index).map(|item| &item.kind) {
                Some(ItemKind::Module {
                    body: Some(body), ..
                }) => outline = body,
                _ => return &[],
            }
        }
        &outline.items
    }

    /// The names in the module, taken apart once. `features` are those the tree was read with.
    pub(crate) fn scope(&self, features: &BTreeSet<String>) -> &Scope {
        self.scope.get_or_init(|| Scope::of(self.items(), features))
    }

    pub(crate) fn at(&self, line: u32) -> Location {
        Location::new(&self.file, line)
    }

    /// The modules of that name: several only if at most one of them is compiled.
    pub(crate) fn children_of<'n>(&'n self, name: &'n str) -> impl Iterator<Item = usize> + 'n {
        let named = self.children.iter().filter(move |(child, _)| child == name);
        named.map(|(_, index)| *index)
    }

    /// Where the module is declared.
    pub(crate) fn declared(&self) -> &Location {
        &self.declared
    }
}

/// Reads the crate whose root is `root`. Items under a condition that doesn't hold are left out; what can't be read is
/// added to `errors`.
pub(crate) fn read(
    root: &Path,
    features: &BTreeSet<String>,
    errors: &mut Vec<SourceError>,
) -> Result<Tree, SourceError> {
    let outline = files::outline(root)?;
    let mut grower = Grower {
        tree: Tree {
            nodes: Vec::new(),
            files: BTreeSet::from([root.to_owned()]),
        },
        features,
        errors,
    };
    let decision = cfg::decide(&outline.attributes, features).decision;
    grower.grow(
        Node {
            parent: None,
            path: Vec::new(),
            file: root.to_owned(),
            children: Vec::new(),
            decision,
            declared: Location::new(root, 1),
            outline,
            inline: Vec::new(),
            scope: OnceCell::new(),
        },
        &Place {
            folder: parent(root),
            owner: parent(root),
        },
    );
    Ok(grower.tree)
}

/// Where the children of a module are looked for.
struct Place {
    /// The folder of the file.
    folder: PathBuf,
    /// The folder for files of `mod name;`; differs from `folder` in `name.rs` and within inline modules.
    owner: PathBuf,
}

struct Grower<'a> {
    tree: Tree,
    features: &'a BTreeSet<String>,
    errors: &'a mut Vec<SourceError>,
}

/// A `mod` among a module's items.
struct Declared {
    position: usize,
    name: String,
    is_inline: bool,
    decision: Decision,
    /// What `#[path = "…"]` says.
    named_file: Option<PathBuf>,
    line: u32,
}

impl Grower<'_> {
    /// Adds a module and all below it; returns its index.
    fn grow(&mut self, node: Node, place: &Place) -> usize {
        let index = self.tree.nodes.len();
        let declared = if node.path.len() < DEEPEST {
            self.declared(&node)
        } else {
            Vec::new()
        };
        self.tree.nodes.push(node);
        for child in declared {
            let name = child.name.clone();
            if let Some((node, place)) = self.child(index, child, place) {
                let child = self.grow(node, &place);
                self.tree.nodes[index].children.push((name, child));
            }
        }
        index
    }

    fn declared(&self, node: &Node) -> Vec<Declared> {
        let modules = node
            .items()
            .iter()
            .enumerate()
            .filter_map(|(position, item)| match &item.kind {
                ItemKind::Module { name, body } => Some((position, item, name, body)),
                _ => None,
            })
            .flat_map(|(position, item, name, body)| {
                let inner = body.iter().flat_map(|body| &body.attributes);
                let decided = cfg::decide(item.attributes.iter().chain(inner), self.features);
                let declared = move |(named_file, decision)| Declared {
                    position,
                    name: plain(name),
                    is_inline: body.is_some(),
                    decision,
                    named_file,
                    line: item.line,
                };
                named_files(decided).into_iter().map(declared)
            });
        modules.collect()
    }

    /// The module that a `mod` in module `parent` declares; `None` if it isn't compiled or can't be read.
    fn child(&mut self, parent: usize, declared: Declared, place: &Place) -> Option<(Node, Place)> {
        let parent_node = &self.tree.nodes[parent];
        let decision = parent_node.decision.clone().and(declared.decision);
        if decision == Decision::Off {
            return None;
        }
        let chain = |names: &[String]| {
            names
                .iter()
                .cloned()
                .chain([declared.name.clone()])
                .collect()
        };
        let mut child = Node {
            parent: Some(parent),
            path: chain(&parent_node.path),
            file: parent_node.file.clone(),
            children: Vec::new(),
            decision,
            declared: parent_node.at(declared.line),
            outline: Arc::clone(&parent_node.outline),
            inline: Vec::new(),
            scope: OnceCell::new(),
        };
        if declared.is_inline {
            child.inline = parent_node
                .inline
                .iter()
                .copied()
                .chain([declared.position])
                .collect();
            let folder = declared
                .named_file
                .unwrap_or_else(|| PathBuf::from(&declared.name));
            let owner = place.owner.join(folder);
            let folder = owner.clone();
            return Some((child, Place { folder, owner }));
        }
        // Within an inline module a named file is looked for in that module's folder.
        let base = if parent_node.inline.is_empty() {
            &place.folder
        } else {
            &place.owner
        };
        let named_file = declared.named_file.map(|path| normal(&base.join(path)));
        let (file, place) = self.find(&declared.name, named_file, place, &child)?;
        match files::outline(&file) {
            Ok(outline) => child.outline = outline,
            Err(error) => {
                self.errors.push(error);
                return None;
            }
        }
        let own = cfg::decide(&child.outline.attributes, self.features).decision;
        child.decision = child.decision.and(own);
        if child.decision == Decision::Off {
            return None;
        }
        child.file = file;
        Some((child, place))
    }

    /// The file of `mod name;` and where its own children are.
    fn find(
        &mut self,
        name: &str,
        named_file: Option<PathBuf>,
        place: &Place,
        child: &Node,
    ) -> Option<(PathBuf, Place)> {
        let owns_its_folder = named_file.is_some();
        let candidates = match named_file {
            Some(file) => vec![file],
            None => vec![
                place.owner.join(format!("{name}.rs")),
                place.owner.join(name).join("mod.rs"),
            ],
        };
        let Some(file) = candidates.iter().find(|file| file.is_file()).cloned() else {
            // Under an unknown condition the file may be missing for good reason.
            if child.decision == Decision::On {
                self.errors.push(SourceError::MissingFile {
                    at: child.declared.clone(),
                    name: name.to_owned(),
                    tried: candidates,
                });
            }
            return None;
        };
        self.tree.files.insert(file.clone());
        let folder = parent(&file);
        let owner = if owns_its_folder || file.ends_with("mod.rs") {
            folder.clone()
        } else {
            folder.join(name)
        };
        Some((file, Place { folder, owner }))
    }
}

/// The files that a `mod` may have by its `#[path = "…"]`s, each with whether it has it; `None` is the usual place.
/// There are several where a `cfg_attr` that only the compiler can decide says which.
fn named_files(decided: Decided) -> Vec<(Option<PathBuf>, Decision)> {
    let certain = decided.attributes.iter().find_map(path_of);
    let mut files: Vec<_> = decided
        .undecided
        .iter()
        .filter_map(|open| Some((path_of(&open.attribute)?, &open.condition)))
        .map(|(file, condition)| {
            let unknown = Decision::Unknown(condition.clone());
            (Some(file), decided.decision.clone().and(unknown))
        })
        .collect();
    let otherwise = match files.first() {
        Some((_, unknown)) => unknown.clone(),
        None => decided.decision,
    };
    files.push((certain, otherwise));
    files
}

fn path_of(attribute: &Attribute) -> Option<PathBuf> {
    let value = attribute
        .text
        .strip_prefix("path")?
        .trim_start()
        .strip_prefix('=')?;
    let literal = syn::parse_str::<syn::LitStr>(value).ok()?;
    Some(PathBuf::from(literal.value()))
}

fn parent(file: &Path) -> PathBuf {
    file.parent().map(Path::to_owned).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Workspace;

    fn paths(workspace: &Workspace, root: &str) -> (Vec<String>, Vec<String>) {
        let mut errors = Vec::new();
        let tree = read(&workspace.path(root), &BTreeSet::new(), &mut errors).unwrap();
        let paths = tree.nodes.iter().map(|node| node.path.join("::")).collect();
        let errors = errors
            .iter()
            .map(|error| workspace.relative(&error.to_string()))
            .collect();
        (paths, errors)
    }

    /// The tree of `src/lib.rs`, which must be readable.
    fn tree(workspace: &Workspace) -> Tree {
        let mut errors = Vec::new();
        let tree = read(&workspace.path("src/lib.rs"), &BTreeSet::new(), &mut errors).unwrap();
        assert!(errors.is_empty(), "{errors:?}");
        tree
    }

    #[test]
    fn files_are_found_as_rust_finds_them() {
        let workspace = Workspace::new();
        workspace.write(
            "src/lib.rs",
            "mod a; mod b; mod c { mod d; #[path = \"x.rs\"] mod e; } #[path = \"far/f.rs\"] mod f; #[cfg_attr(all(), path = \"g2.rs\")] mod g;",
        );
        workspace.write("src/a.rs", "mod deep; #[path = \"near_a.rs\"] mod near;");
        workspace.write("src/near_a.rs", "");
        workspace.write("src/a/deep.rs", "mod r#fn;");
        workspace.write("src/a/deep/fn.rs", "");
        workspace.write("src/b/mod.rs", "mod deep;");
        workspace.write("src/b/deep.rs", "");
        workspace.write("src/c/d.rs", "");
        workspace.write("src/c/x.rs", "");
        workspace.write("src/far/f.rs", "mod near;");
        workspace.write("src/far/near.rs", "");
        workspace.write("src/g2.rs", "");
        let (paths, errors) = paths(&workspace, "src/lib.rs");
        assert_eq!(errors, [""; 0]);
        assert_eq!(
            paths,
            [
                "",
                "a",
                "a::deep",
                "a::deep::fn",
                "a::near",
                "b",
                "b::deep",
                "c",
                "c::d",
                "c::e",
                "f",
                "f::near",
                "g"
            ]
        );
    }

    #[test]
    fn what_is_not_compiled_is_not_read() {
        let workspace = Workspace::new();
        workspace.write(
            "src/lib.rs",
            "#[cfg(test)] mod tests; #[cfg(feature = \"x\")] mod x; #[cfg(overflow_checks)] mod missing; mod on;",
        );
        workspace.write("src/on.rs", "#![cfg(debug_assertions)] mod inner {}");
        let tree = tree(&workspace);
        assert_eq!(tree.nodes.len(), 3);
        let debug_assertions = Decision::Unknown("cfg(debug_assertions)".into());
        assert_eq!(tree.nodes[1].decision, debug_assertions);
        assert_eq!(
            tree.nodes[2].decision, debug_assertions,
            "a child is no surer than its parent"
        );
    }

    #[test]
    fn conditions_count_wherever_they_stand() {
        let workspace = Workspace::new();
        workspace.write(
            "src/lib.rs",
            "#[cfg_attr(all(), cfg(test))] mod a { mod b; }
             mod c { #![cfg(false)] mod d; }
             mod e { #![cfg_attr(not(test), cfg(false))] }
             mod file;
             mod on { #![cfg_attr(test, cfg(false))] }",
        );
        workspace.write(
            "src/file.rs",
            "//! Docs.\n#![allow(dead_code)]\n#![cfg_attr(all(), cfg(false))]\nmod missing;",
        );
        let paths: Vec<_> = tree(&workspace)
            .nodes
            .iter()
            .map(|node| node.path.join("::"))
            .collect();
        assert_eq!(paths, ["", "on"]);
    }

    #[test]
    fn every_file_that_a_module_may_have_is_read_but_none_is_certain() {
        let workspace = Workspace::new();
        workspace.write(
            "src/lib.rs",
            "#[cfg_attr(overflow_checks, path = \"w.rs\")] #[cfg_attr(debug_assertions, path = \"u.rs\")] mod system;
             #[cfg_attr(debug_assertions, allow(dead_code))] mod plain;",
        );
        for file in ["w", "u", "system", "plain"] {
            workspace.write(&format!("src/{file}.rs"), "");
        }
        let tree = tree(&workspace);
        let found: Vec<_> = tree.nodes[1..]
            .iter()
            .map(|node| {
                let file = node.file.file_stem().unwrap().to_str().unwrap();
                (file, node.decision == Decision::On)
            })
            .collect();
        assert_eq!(
            found,
            [
                ("w", false),
                ("u", false),
                ("system", false),
                ("plain", true)
            ]
        );
        let Decision::Unknown(condition) = &tree.nodes[1].decision else {
            panic!("{:?}", tree.nodes[1]);
        };
        assert_eq!(condition, "cfg_attr(overflow_checks, path = \"w.rs\")");
    }

    #[test]
    fn a_missing_file_is_an_error_and_the_rest_is_still_read() {
        let workspace = Workspace::new();
        workspace.write("src/lib.rs", "\nmod gone;\nmod here {}");
        let (paths, errors) = paths(&workspace, "src/lib.rs");
        assert_eq!(paths, ["", "here"]);
        assert_eq!(
            errors,
            [
                "src/lib.rs:2: there is no file for `mod gone;`: create src/gone.rs or src/gone/mod.rs"
            ]
        );
    }

    #[test]
    fn a_file_that_contains_itself_ends() {
        let workspace = Workspace::new();
        workspace.write("src/lib.rs", "#[path = \"lib.rs\"] mod again;");
        let (paths, _) = paths(&workspace, "src/lib.rs");
        assert_eq!(paths.len(), DEEPEST + 1);
    }
}
