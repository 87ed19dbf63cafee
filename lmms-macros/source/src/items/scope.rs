//! Which names a module has, and where they come from.

use std::collections::{BTreeSet, HashMap};

use syn::UseTree;

use crate::items::cfg::{self, Decision};
use crate::lexing::outline::{Item, ItemKind};
use crate::lexing::words::plain;

/// The names of one module's types and constants; macros and functions are left out.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    names: HashMap<String, Vec<Binding>>,
    /// The paths of `use path::*`.
    pub(crate) globs: Vec<Glob>,
}

/// A `use path::*`.
#[derive(Debug)]
pub(crate) struct Glob {
    pub(crate) path: UsedPath,
    /// What it is under, if only the compiler can decide that.
    pub(crate) undecided: Option<Condition>,
}

/// A condition that only the compiler can decide, and the line of what is under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    pub(crate) line: u32,
    pub(crate) text: String,
}

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Binding {
    /// A struct, enum, union or trait: its place among the module's items.
    Type { item: usize },
    /// A `type` at this line, as text.
    Alias { line: u32, text: String },
    /// A `const`, as text. It shares no namespace with types.
    Constant { text: String },
    /// A `use`.
    Use(UsedPath),
    /// Any of these, under such a condition.
    Undecided(Condition),
}

/// A path as a `use` writes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct UsedPath {
    /// Whether it starts with `::`.
    pub(crate) leading: bool,
    pub(crate) segments: Vec<String>,
}

impl Scope {
    pub(crate) fn of(items: &[Item], features: &BTreeSet<String>) -> Scope {
        let mut scope = Scope::default();
        for (index, item) in items.iter().enumerate() {
            let names_something = matches!(
                item.kind,
                ItemKind::Type { .. }
                    | ItemKind::Alias { .. }
                    | ItemKind::Constant { .. }
                    | ItemKind::ExternCrate { .. }
                    | ItemKind::Use { .. }
            );
            if !names_something {
                continue;
            }
            let undecided = match cfg::decide(&item.attributes, features).decision {
                Decision::Off => continue,
                Decision::On => None,
                Decision::Unknown(text) => Some(Condition {
                    line: item.line,
                    text,
                }),
            };
            let mut binder = Binder {
                scope: &mut scope,
                undecided,
            };
            match &item.kind {
                ItemKind::Type { name, .. } => binder.bind(name, Binding::Type { item: index }),
                ItemKind::Alias { name, text } => binder.bind(
                    name,
                    Binding::Alias {
                        line: item.line,
                        text: text.clone(),
                    },
                ),
                ItemKind::Constant { name, text } => {
                    binder.bind(name, Binding::Constant { text: text.clone() });
                }
                ItemKind::ExternCrate { name, rename } => {
                    let path = UsedPath {
                        leading: true,
                        segments: vec![name.clone()],
                    };
                    binder.bind(rename.as_ref().unwrap_or(name), Binding::Use(path));
                }
                ItemKind::Use { tree } => binder.add_use(tree),
                _ => {}
            }
        }
        scope
    }

    /// Everything of that name; definitions first, as a `use` may mean a function of the same name.
    pub(crate) fn get(&self, name: &str) -> &[Binding] {
        self.names.get(name).map_or(&[], Vec::as_slice)
    }
}

/// Binds the names of one item.
struct Binder<'s> {
    scope: &'s mut Scope,
    undecided: Option<Condition>,
}

impl Binder<'_> {
    fn bind(&mut self, name: &str, binding: Binding) {
        let bindings = self.scope.names.entry(plain(name)).or_default();
        match (&self.undecided, &binding) {
            (Some(condition), _) => bindings.push(Binding::Undecided(condition.clone())),
            (None, Binding::Use(_)) => bindings.push(binding),
            (None, _) => bindings.insert(0, binding),
        }
    }

    fn add_use(&mut self, tree: &str) {
        // What doesn't parse is the compiler's to report.
        let Ok(item) = syn::parse_str::<syn::ItemUse>(&format!("use {tree};")) else {
            return;
        };
        let start = UsedPath {
            leading: item.leading_colon.is_some(),
            segments: Vec::new(),
        };
        self.add_tree(&item.tree, &start);
    }

    fn add_tree(&mut self, tree: &UseTree, before: &UsedPath) {
        match tree {
            UseTree::Path(path) => self.add_tree(&path.tree, &before.then(&path.ident)),
            UseTree::Name(name) if name.ident == "self" => {
                if let Some(last) = before.segments.last() {
                    self.bind(&last.clone(), Binding::Use(before.clone()));
                }
            }
            UseTree::Name(name) => {
                self.bind(
                    &name.ident.to_string(),
                    Binding::Use(before.then(&name.ident)),
                );
            }
            UseTree::Rename(rename) if rename.ident == "self" => {
                self.bind(&rename.rename.to_string(), Binding::Use(before.clone()));
            }
            UseTree::Rename(rename) => {
                self.bind(
                    &rename.rename.to_string(),
                    Binding::Use(before.then(&rename.ident)),
                );
            }
            UseTree::Glob(_) => self.scope.globs.push(Glob {
                path: before.clone(),
                undecided: self.undecided.clone(),
            }),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.add_tree(tree, before);
                }
            }
        }
    }
}

impl UsedPath {
    /// The path as code writes it, arguments aside.
    pub(crate) fn of(path: &syn::Path) -> UsedPath {
        let segments = path.segments.iter();
        UsedPath {
            leading: path.leading_colon.is_some(),
            segments: segments
                .map(|segment| plain(&segment.ident.to_string()))
                .collect(),
        }
    }

    fn then(&self, ident: &syn::Ident) -> UsedPath {
        let mut longer = self.clone();
        longer.segments.push(plain(&ident.to_string()));
        longer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexing::outline;

    fn path(text: &str) -> Binding {
        Binding::Use(UsedPath {
            leading: text.starts_with("::"),
            segments: text
                .trim_start_matches("::")
                .split("::")
                .map(str::to_owned)
                .collect(),
        })
    }

    #[test]
    fn use_trees_are_taken_apart() {
        let outline = outline::outline(
            "use a::{b, c::{self, d as e}, f::*}; use ::g as h; extern crate i as j; use k::{self as l}; use m::n as _;",
        )
        .unwrap();
        let scope = Scope::of(&outline.items, &BTreeSet::new());
        for (name, expected) in [
            ("b", "a::b"),
            ("c", "a::c"),
            ("e", "a::c::d"),
            ("h", "::g"),
            ("j", "::i"),
            ("l", "k"),
        ] {
            assert_eq!(scope.get(name), [path(expected)], "{name}");
        }
        assert_eq!(scope.globs.len(), 1);
        assert_eq!(scope.globs[0].path.segments, ["a", "f"]);
        assert!(scope.get("d").is_empty());
    }

    #[test]
    fn definitions_come_before_imports() {
        let outline = outline::outline("use a::Thing; struct Thing; type r#type = u8;").unwrap();
        let scope = Scope::of(&outline.items, &BTreeSet::new());
        assert_eq!(scope.get("Thing").len(), 2);
        assert!(matches!(scope.get("Thing")[0], Binding::Type { .. }));
        assert!(matches!(scope.get("type")[0], Binding::Alias { .. }));
    }

    #[test]
    fn names_under_conditions_are_those_of_the_build_or_undecided() {
        let outline = outline::outline(
            "#[cfg(feature = \"a\")] use a::Device; #[cfg(not(feature = \"a\"))] use b::Device;
             #[cfg_attr(all(), cfg(test))] type Gone = u8;
             #[cfg(debug_assertions)] use c::{Path, d::*};",
        )
        .unwrap();
        let scope = Scope::of(&outline.items, &BTreeSet::from(["a".to_owned()]));
        assert_eq!(scope.get("Device"), [path("a::Device")]);
        assert!(scope.get("Gone").is_empty());
        let condition = Condition {
            line: 3,
            text: "cfg(debug_assertions)".to_owned(),
        };
        assert_eq!(scope.get("Path"), [Binding::Undecided(condition.clone())]);
        assert_eq!(scope.globs[0].undecided, Some(condition));
    }
}
