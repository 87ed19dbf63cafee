//! What the names of a module file stand for.
//!
//! They are looked up as the compiler does: what the file defines or imports by name, what local globs bring, crates,
//! the prelude, primitives.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use crate::declarations::types::is_primitive;
use crate::items::cfg::Decision;
use crate::items::scope::{Binding, Condition, Scope, UsedPath};
use crate::items::tree::Tree;
use crate::lexing::outline::Attribute;
use crate::lexing::words::plain;
use crate::manifest::Manifest;
use crate::mistakes::location::Location;
use crate::mistakes::type_problem::TypeProblem;

/// Longer chains of imports and aliases are taken for circles.
pub(crate) const LONGEST_CHAIN: usize = 32;

/// How the crate that reads names other crates.
#[derive(Debug, Clone)]
pub enum Naming {
    /// As the module itself does: for lists that people read.
    AsModule,
    /// As the crate with the gateway does.
    AsGateway {
        /// That crate's manifest.
        manifest: Arc<Manifest>,
        /// The name of the crate being compiled: `CARGO_CRATE_NAME`.
        crate_name: String,
        /// The crates that it can name, where the compiler tells.
        visible: Option<BTreeSet<String>>,
        /// What the names of its modules with copies of other modules' types begin with.
        types: String,
    },
}

/// Crates whose errors hold what only the module has: trait objects, backtraces.
const ERROR_CRATES: [&str; 6] = [
    "anyhow",
    "color-eyre",
    "error-stack",
    "eyre",
    "failure",
    "miette",
];

/// What a path leads to.
pub(crate) enum Target {
    /// A path that starts at another crate's root.
    External {
        root: String,
        path: Vec<String>,
        /// The package of that crate; `std` for the standard library.
        package: String,
        /// The folder of that crate's package, where it is a path dependency.
        directory: Option<PathBuf>,
    },
    Primitive(String),
    Alias {
        node: usize,
        line: u32,
        text: String,
    },
    Module(usize),
    /// A struct, enum, union or trait of this crate: its module, and its place among the items there.
    Own {
        node: usize,
        item: usize,
    },
    /// What another crate's module that is imported whole has to bring, unless `otherwise` is there.
    ThroughGlob {
        /// The module with the import.
        node: usize,
        /// The path from there on.
        path: Vec<String>,
        otherwise: Option<Box<Target>>,
    },
}

/// The names of one crate.
pub(crate) struct Names<'a> {
    pub(crate) tree: &'a Tree,
    pub(super) manifest: &'a Manifest,
    pub(super) naming: &'a Naming,
    /// Modules whose globs were searched for a name in vain: parents and children often import each other whole.
    searched: RefCell<HashSet<(usize, String)>>,
    /// Modules whose foreign globs are being looked for.
    pub(super) gathering: RefCell<HashSet<usize>>,
}

impl<'a> Names<'a> {
    pub(crate) fn new(tree: &'a Tree, manifest: &'a Manifest, naming: &'a Naming) -> Names<'a> {
        Names {
            tree,
            manifest,
            naming,
            searched: RefCell::default(),
            gathering: RefCell::default(),
        }
    }

    /// Follows a path from module `node` to what it names.
    pub(crate) fn follow(
        &self,
        node: usize,
        path: &UsedPath,
        depth: usize,
    ) -> Result<Target, TypeProblem> {
        let missing = || TypeProblem::Missing(path.segments.join("::"));
        let Some((first, rest)) = path.segments.split_first() else {
            return Err(missing());
        };
        if depth > LONGEST_CHAIN {
            return Err(missing());
        }
        if path.leading {
            return self
                .crate_root(first, rest)
                .unwrap_or_else(|| Err(missing()));
        }
        match first.as_str() {
            "crate" => return self.descend(0, rest, depth),
            "self" => return self.descend(node, rest, depth),
            "super" => {
                let parent = self.tree.nodes[node].parent.ok_or_else(missing)?;
                let rest = UsedPath {
                    leading: false,
                    segments: [vec!["self".to_owned()], rest.to_vec()].concat(),
                };
                // `super::super`
                let rest = match rest.segments.get(1).map(String::as_str) {
                    Some("super") => UsedPath {
                        segments: rest.segments[1..].to_vec(),
                        ..rest
                    },
                    _ => rest,
                };
                return self.follow(parent, &rest, depth + 1);
            }
            _ => {}
        }
        if let Some(target) = self.named(node, first, rest, depth) {
            return target;
        }
        if let Some(target) = self.crate_root(first, rest) {
            return target;
        }
        if rest.is_empty() && is_primitive(first) {
            return Ok(Target::Primitive(first.clone()));
        }
        let prelude = prelude(first).filter(|_| rest.is_empty());
        let prelude = prelude.map(|(root, path)| Target::External {
            root: root.to_owned(),
            path: path.iter().map(|segment| (*segment).to_owned()).collect(),
            package: "std".to_owned(),
            directory: None,
        });
        if self.has_foreign_globs(node) {
            return Ok(Target::ThroughGlob {
                node,
                path: path.segments.clone(),
                otherwise: prelude.map(Box::new),
            });
        }
        if let Some(prelude) = prelude {
            return Ok(prelude);
        }
        Err(if self.has_globs(node) {
            TypeProblem::OnlyThroughGlob(first.clone())
        } else {
            TypeProblem::Unknown(first.clone())
        })
    }

    /// Follows `rest` from within module `node`, where no crate or prelude name counts.
    fn descend(&self, node: usize, rest: &[String], depth: usize) -> Result<Target, TypeProblem> {
        let Some((first, after)) = rest.split_first() else {
            return Ok(Target::Module(node));
        };
        self.named(node, first, after, depth).unwrap_or_else(|| {
            if self.has_foreign_globs(node) {
                return Ok(Target::ThroughGlob {
                    node,
                    path: rest.to_vec(),
                    otherwise: None,
                });
            }
            let within = &self.tree.nodes[node].path;
            let path = ["crate".to_owned()]
                .iter()
                .chain(within)
                .chain(rest)
                .cloned()
                .collect::<Vec<_>>();
            Err(TypeProblem::Missing(path.join("::")))
        })
    }

    /// What `name` is in module `node` itself, if anything.
    fn named(
        &self,
        node: usize,
        name: &str,
        rest: &[String],
        depth: usize,
    ) -> Option<Result<Target, TypeProblem>> {
        if depth > LONGEST_CHAIN {
            return None;
        }
        let children = self.tree.nodes[node].children_of(name);
        let children: Vec<usize> = children.collect();
        let certain = children
            .iter()
            .find(|child| !self.is_first_undecided(node, **child));
        if let Some(child) = certain {
            return Some(self.descend(*child, rest, depth + 1));
        }
        if let Some(child) = children.first() {
            return Some(Err(self.undecided_module(*child)));
        }
        let scope = self.scope(node);
        let bound: Vec<_> = scope
            .get(name)
            .iter()
            .filter_map(|binding| self.bound(node, name, binding, rest, depth))
            .collect();
        // One of two imports of a name may be a function or macro, which leads nowhere here.
        if let Some(first) = bound
            .iter()
            .position(Result::is_ok)
            .or((!bound.is_empty()).then_some(0))
        {
            return bound.into_iter().nth(first);
        }
        let search = (node, name.to_owned());
        if !self.searched.borrow_mut().insert(search.clone()) {
            return None;
        }
        let found = scope.globs.iter().find_map(|glob| {
            // Only globs of this crate's own modules can be looked through.
            let found = match self.follow(node, &glob.path, depth + 1) {
                Ok(Target::Module(target)) if target != node => {
                    self.named(target, name, rest, depth + 1)
                }
                _ => None,
            };
            match &glob.undecided {
                Some(condition) if found.is_some() => {
                    Some(Err(self.undecided(node, name, condition)))
                }
                _ => found,
            }
        });
        if found.is_some() {
            self.searched.borrow_mut().remove(&search);
        }
        found
    }

    /// Whether a path in module `node` leads to `lmms`' item `name`; `None` if it can't be followed.
    pub(crate) fn is_of_lmms(&self, node: usize, path: &UsedPath, name: &str) -> Option<bool> {
        match self.follow(node, path, 0) {
            Ok(Target::External { package, path, .. }) => {
                Some(package == "lmms" && path.len() == 1 && path[0] == name)
            }
            Ok(Target::Alias { node, text, .. }) => {
                let alias: syn::ItemType = syn::parse_str(&text).ok()?;
                match &*alias.ty {
                    // A chain of aliases is no longer than one of imports.
                    syn::Type::Path(path)
                        if path.qself.is_none()
                            && path.path != syn::Path::from(alias.ident.clone()) =>
                    {
                        self.is_of_lmms(node, &UsedPath::of(&path.path), name)
                    }
                    _ => Some(false),
                }
            }
            Ok(Target::ThroughGlob { .. }) => None,
            Ok(_) | Err(TypeProblem::Local(_)) => Some(false),
            Err(_) => None,
        }
    }

    /// Whether an attribute in module `node` is `lmms::operation`, under whatever name; where it can't be followed,
    /// what is called `operation` is.
    pub(crate) fn is_operation(&self, node: usize, attribute: &Attribute) -> bool {
        let text = attribute.path();
        let segments = text.trim_start_matches("::").split("::");
        let path = UsedPath {
            leading: text.starts_with("::"),
            segments: segments.map(plain).collect(),
        };
        let by_name = path.segments.last().is_some_and(|last| last == "operation");
        let leads_there = match &path.segments[..] {
            [name] if !path.leading => self.is_imported_from_lmms(node, name, "operation"),
            _ => self.is_of_lmms(node, &path, "operation"),
        };
        leads_there.unwrap_or(by_name)
    }

    /// Whether one of the imports of a name, which may stand for several things, is `lmms`' item `item`.
    fn is_imported_from_lmms(&self, node: usize, name: &str, item: &str) -> Option<bool> {
        let imports = self.scope(node).get(name).iter();
        let found = imports.filter_map(|binding| match binding {
            Binding::Use(path) => self.is_of_lmms(node, path, item),
            _ => None,
        });
        found.reduce(|one, other| one || other)
    }

    /// What a definition or import of module `node` stands for.
    fn bound(
        &self,
        node: usize,
        name: &str,
        binding: &Binding,
        rest: &[String],
        depth: usize,
    ) -> Option<Result<Target, TypeProblem>> {
        match binding {
            Binding::Type { item } if rest.is_empty() => {
                Some(Ok(Target::Own { node, item: *item }))
            }
            Binding::Type { item } => Some(Err(TypeProblem::Local(self.at(node, *item)))),
            Binding::Alias { line, text } => Some(Ok(Target::Alias {
                node,
                line: *line,
                text: text.clone(),
            })),
            Binding::Constant { .. } => None,
            Binding::Undecided(condition) => Some(Err(self.undecided(node, name, condition))),
            // `use serde;` and `use serde::{self}` name the crate.
            Binding::Use(path) if path.segments == [name] => self.crate_root(name, rest),
            Binding::Use(path) => {
                let path = UsedPath {
                    leading: path.leading,
                    segments: path.segments.iter().chain(rest).cloned().collect(),
                };
                Some(self.follow(node, &path, depth + 1))
            }
        }
    }

    /// The crate that `name` is, with `rest` after it.
    fn crate_root(&self, name: &str, rest: &[String]) -> Option<Result<Target, TypeProblem>> {
        let external = |root: &str, package: &str, directory: Option<&PathBuf>| Target::External {
            root: root.to_owned(),
            path: rest.to_vec(),
            package: package.to_owned(),
            directory: directory.cloned(),
        };
        match name {
            "std" | "core" => return Some(Ok(external(name, "std", None))),
            "alloc" => return Some(Ok(external("std", "std", None))),
            _ => {}
        }
        let dependency = self.manifest.dependency(name)?;
        let package = &dependency.package;
        if ERROR_CRATES.contains(&package.as_str()) {
            return Some(Err(TypeProblem::OpaqueError(package.clone())));
        }
        let root = match self.naming {
            Naming::AsModule => name.to_owned(),
            Naming::AsGateway {
                manifest,
                crate_name,
                visible,
                types: _,
            } => {
                let dependencies = manifest.dependencies.iter();
                let of_package = dependencies.filter(|dependency| dependency.package == *package);
                let (reach, hidden): (Vec<_>, Vec<_>) = of_package.partition(|dependency| {
                    let may_be = !dependency.table.ends_with("build-dependencies");
                    may_be
                        && visible
                            .as_ref()
                            .is_none_or(|it| it.contains(&dependency.extern_name))
                });
                match reach.first() {
                    Some(dependency) => dependency.extern_name.clone(),
                    None if !hidden.is_empty() => {
                        return Some(Err(TypeProblem::PackageHidden {
                            package: package.clone(),
                            gateway: manifest.package.clone(),
                            table: hidden[0].table.clone(),
                            manifest: manifest.file.clone(),
                        }));
                    }
                    None if manifest.package == *package => {
                        if manifest.crate_name == *crate_name {
                            "crate".to_owned()
                        } else {
                            manifest.crate_name.clone()
                        }
                    }
                    None => {
                        return Some(Err(TypeProblem::PackageOutOfReach {
                            package: package.clone(),
                            gateway: manifest.package.clone(),
                            manifest: manifest.file.clone(),
                        }));
                    }
                }
            }
        };
        Some(Ok(external(&root, package, dependency.directory.as_ref())))
    }

    /// Where an item of module `node` is.
    pub(super) fn at(&self, node: usize, item: usize) -> Location {
        let module = &self.tree.nodes[node];
        module.at(module.items().get(item).map_or(1, |item| item.line))
    }

    /// Whether module `node` imports another module whole.
    fn has_globs(&self, node: usize) -> bool {
        !self.scope(node).globs.is_empty()
    }

    /// Whether `child` is under a condition that only the compiler can decide and `parent` is not.
    fn is_first_undecided(&self, parent: usize, child: usize) -> bool {
        let unknown = |node: usize| matches!(self.tree.nodes[node].decision, Decision::Unknown(_));
        unknown(child) && !unknown(parent)
    }

    fn undecided_module(&self, node: usize) -> TypeProblem {
        let module = &self.tree.nodes[node];
        let condition = match &module.decision {
            Decision::Unknown(condition) => condition.clone(),
            _ => String::new(),
        };
        TypeProblem::Undecided {
            at: module.declared().clone(),
            name: format!("mod {}", module.path.join("::")),
            condition,
        }
    }

    pub(super) fn undecided(&self, node: usize, name: &str, condition: &Condition) -> TypeProblem {
        TypeProblem::Undecided {
            at: self.tree.nodes[node].at(condition.line),
            name: name.to_owned(),
            condition: condition.text.clone(),
        }
    }

    pub(super) fn scope(&self, node: usize) -> &Scope {
        self.tree.nodes[node].scope(&self.manifest.features)
    }
}

/// Where the prelude's types, and its traits with associated types, really are.
fn prelude(name: &str) -> Option<(&'static str, [&'static str; 2])> {
    Some(match name {
        "Iterator" => ("core", ["iter", "Iterator"]),
        "IntoIterator" => ("core", ["iter", "IntoIterator"]),
        "TryFrom" => ("core", ["convert", "TryFrom"]),
        "TryInto" => ("core", ["convert", "TryInto"]),
        "Option" => ("core", ["option", "Option"]),
        "Result" => ("core", ["result", "Result"]),
        "String" => ("std", ["string", "String"]),
        "Vec" => ("std", ["vec", "Vec"]),
        "Box" => ("std", ["boxed", "Box"]),
        _ => return None,
    })
}
