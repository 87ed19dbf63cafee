//! The crate that is being compiled, as its own macros see it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::cfg::{self, Decision};
use crate::location::Location;
use crate::manifest::{Manifest, normal};
use crate::outline::ItemKind;
use crate::read::{is_declaration, is_operation, parse_attribute};
use crate::tree::{self, Tree};

/// The operations and declarations of the crate that holds a given file.
#[derive(Debug)]
pub struct OwnCrate {
    /// The crate's root file.
    pub root: PathBuf,
    /// Every `lmms::module!(…)` in it.
    pub declarations: Vec<OwnDeclaration>,
    /// Every function under `#[operation]` that is compiled or may be.
    pub operations: Vec<OwnOperation>,
}

/// A `lmms::module!(…)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnDeclaration {
    /// Where it stands.
    pub at: Location,
    /// Whether that is the crate root.
    pub in_root: bool,
}

/// A function under `#[operation]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnOperation {
    /// The line of the function's name.
    pub at: Location,
    /// The function.
    pub function: String,
    /// Interface and name, where the attribute can be read.
    pub key: Option<(String, String)>,
    /// Whether it is certainly compiled with the features that the build tool uses.
    pub compiled: bool,
}

impl OwnCrate {
    /// Finds the crate that `file` belongs to, in the package in `package` (an absolute path): its library, its main
    /// program, or else a program, test or example of its own.
    ///
    /// `None` if its sources can't be read: the compiler says why.
    #[must_use]
    pub fn of_file(file: &Path, package: &Path) -> Option<OwnCrate> {
        let manifest = Manifest::read(package).ok();
        let none = BTreeSet::new();
        let features = manifest
            .as_ref()
            .map_or(&none, |manifest| &manifest.features);
        let file = normal(file);
        let roots = manifest
            .iter()
            .map(|manifest| manifest.root_file.clone())
            .chain([package.join("src/main.rs")])
            .filter(|root| *root != file && root.is_file());
        for root in roots {
            let read = tree::read(&root, features, &mut Vec::new());
            if let Ok(tree) = read
                && tree.files.contains(&file)
            {
                return Some(OwnCrate::of_tree(&root, &tree, features));
            }
        }
        let tree = tree::read(&file, features, &mut Vec::new()).ok()?;
        Some(OwnCrate::of_tree(&file, &tree, features))
    }

    /// The number of operations that are compiled.
    #[must_use]
    pub fn count(&self) -> usize {
        self.operations
            .iter()
            .filter(|operation| operation.compiled)
            .count()
    }

    /// The operation whose name stands at this place.
    #[must_use]
    pub fn operation_at(&self, at: &Location) -> Option<&OwnOperation> {
        self.operations.iter().find(|operation| operation.at == *at)
    }

    /// An earlier operation with the interface and name of `operation`.
    #[must_use]
    pub fn earlier(&self, operation: &OwnOperation) -> Option<&OwnOperation> {
        let key = operation.key.as_ref()?;
        self.operations
            .iter()
            .take_while(|other| *other != operation)
            .find(|other| other.compiled && other.key.as_ref() == Some(key))
    }

    fn of_tree(root: &Path, tree: &Tree, features: &BTreeSet<String>) -> OwnCrate {
        let mut own = OwnCrate {
            root: root.to_owned(),
            declarations: Vec::new(),
            operations: Vec::new(),
        };
        for node in &tree.nodes {
            for item in node.items() {
                let decision = cfg::decide(&item.attributes, features).and(node.decision.clone());
                if is_declaration(item) && decision != Decision::Off {
                    own.declarations.push(OwnDeclaration {
                        at: node.at(item.line),
                        in_root: node.parent.is_none(),
                    });
                }
                let ItemKind::Function { name, .. } = &item.kind else {
                    continue;
                };
                let Some(attribute) = item
                    .attributes
                    .iter()
                    .find(|attribute| is_operation(attribute))
                else {
                    continue;
                };
                let function = crate::scope::plain(name);
                let key = parse_attribute(&attribute.text).ok().map(|read| {
                    let name = read.name.map_or_else(|| function.clone(), |name| name.text);
                    (read.interface.text, name)
                });
                own.operations.push(OwnOperation {
                    at: node.at(item.line),
                    function,
                    key,
                    compiled: decision == Decision::On,
                });
            }
        }
        own
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Workspace;

    #[test]
    fn a_file_of_the_library() {
        let workspace = Workspace::new();
        let package = workspace.module("m", "lmms::module!(); mod a; #[cfg(feature = \"off\")] #[operation(interface = \"i\")] fn x() {}");
        workspace.write(
            "modules/m/src/a.rs",
            "#[operation(interface = \"i\")]\nfn f() {}\n#[operation(interface = \"i\", name = \"f\")]\nfn g() {}\nmod b { lmms::module!(); }",
        );
        let file = workspace.path("modules/m/src/a.rs");
        let own = OwnCrate::of_file(&file, &package).unwrap();
        assert_eq!(own.root, workspace.path("modules/m/src/lib.rs"));
        assert_eq!(own.declarations.len(), 2);
        assert!(own.declarations[0].in_root && !own.declarations[1].in_root);
        assert_eq!(own.count(), 2);
        assert_eq!(
            own.operations.len(),
            3,
            "one may be compiled with other features"
        );
        let second = own.operation_at(&Location::new(&file, 4)).unwrap();
        assert_eq!(second.function, "g");
        assert_eq!(own.earlier(second).unwrap().at.line, 2);
        assert_eq!(own.earlier(own.earlier(second).unwrap()), None);
    }

    #[test]
    fn what_is_not_compiled_is_no_duplicate() {
        let workspace = Workspace::new();
        let package = workspace.module(
            "m",
            "lmms::module!();\n#[cfg(feature = \"off\")]\n#[operation(interface = \"i\")]\nfn f() {}\n\
             #[operation(interface = \"i\", name = \"f\")]\nfn g() {}",
        );
        let own = OwnCrate::of_file(&workspace.path("modules/m/src/lib.rs"), &package).unwrap();
        assert_eq!(own.earlier(&own.operations[1]), None);
    }

    #[test]
    fn a_file_of_its_own() {
        let workspace = Workspace::new();
        let package = workspace.module("m", "lmms::module!();");
        workspace.write(
            "modules/m/tests/t.rs",
            "#[operation(interface = \"i\")] fn f() {}",
        );
        let own = OwnCrate::of_file(&workspace.path("modules/m/tests/t.rs"), &package).unwrap();
        assert_eq!(own.declarations, []);
        assert_eq!(own.count(), 1);
    }

    #[test]
    fn a_file_of_the_program() {
        let workspace = Workspace::new();
        workspace.write("app/src/main.rs", "mod a; lmms::module!();");
        workspace.write("app/src/a.rs", "");
        let own =
            OwnCrate::of_file(&workspace.path("app/src/a.rs"), &workspace.path("app")).unwrap();
        assert_eq!(own.root, workspace.path("app/src/main.rs"));
        assert_eq!(own.declarations.len(), 1);
    }
}
