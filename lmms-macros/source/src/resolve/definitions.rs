//! What other crates of the workspace define.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::items::scope::UsedPath;
use crate::items::tree::{self, Tree};
use crate::lexing::outline::ItemKind;
use crate::manifest::Manifest;
use crate::mistakes::type_problem::TypeProblem;
use crate::resolve::names::{Names, Naming, Target};

/// The sources of crates, read when they are first asked for.
#[derive(Default)]
pub(crate) struct Definitions {
    crates: RefCell<HashMap<PathBuf, Option<Rc<Sources>>>>,
}

struct Sources {
    manifest: Manifest,
    tree: Tree,
}

/// What a crate has at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// A struct or enum.
    Type,
    /// An alias, or something of yet another crate.
    Other,
    /// No type.
    Absent,
    /// That can't be told from its sources.
    Unknown,
}

impl Definitions {
    /// Whether the library of the package in `directory` has a struct or enum at `path`, rather than an alias, or
    /// something that can't be followed.
    pub(crate) fn has(&self, directory: &Path, path: &[String]) -> bool {
        let Some(sources) = self.sources(directory) else {
            return false;
        };
        matches!(sources.follow(&[], path), Ok(Target::Own { .. }))
    }

    /// What the module `module` of that library has at `path`.
    pub(crate) fn find(&self, directory: &Path, module: &[String], path: &[String]) -> Found {
        let Some(sources) = self.sources(directory) else {
            return Found::Unknown;
        };
        match sources.follow(module, &[]) {
            Ok(Target::Module(_)) => {}
            // An enum, whose variants are no types.
            Ok(Target::Own { .. }) => return Found::Absent,
            _ => return Found::Unknown,
        }
        match sources.follow(module, path) {
            Ok(Target::Own { .. }) => Found::Type,
            Ok(Target::Alias { .. } | Target::External { .. }) => Found::Other,
            Err(TypeProblem::Missing(_)) if !sources.has_macros() => Found::Absent,
            Ok(Target::Module(_)) => Found::Absent,
            _ => Found::Unknown,
        }
    }

    fn sources(&self, directory: &Path) -> Option<Rc<Sources>> {
        let mut crates = self.crates.borrow_mut();
        let read = crates.entry(directory.to_owned()).or_insert_with(|| {
            let manifest = Manifest::read(directory).ok()?;
            let tree = tree::read(&manifest.root_file, &manifest.features, &mut Vec::new()).ok()?;
            Some(Rc::new(Sources { manifest, tree }))
        });
        read.clone()
    }
}

impl Sources {
    fn follow(&self, module: &[String], path: &[String]) -> Result<Target, TypeProblem> {
        let names = Names::new(&self.tree, &self.manifest, &Naming::AsModule);
        let within = UsedPath {
            leading: false,
            segments: [&["crate".to_owned()], module, path].concat(),
        };
        names.follow(0, &within, 0)
    }

    /// Whether a macro could make items.
    fn has_macros(&self) -> bool {
        let mut items = self.tree.nodes.iter().flat_map(|node| node.items());
        items.any(|item| {
            matches!(&item.kind, ItemKind::Macro { path, .. } if path != "macro_rules" && path != "module")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Workspace;

    #[test]
    fn only_structs_and_enums_are_certainly_no_aliases() {
        let workspace = Workspace::new();
        workspace.write(
            "types/src/lib.rs",
            "pub struct Plain; pub enum Choice {} pub type Outcome<T> = Result<T, u8>;
             mod inner { pub struct Deep; pub type Hidden = u8; }
             pub use inner::{Deep, Hidden}; pub use inner::Deep as Renamed; pub use other::Far;
             macro_rules! make { () => { pub struct Made; } } make!();
             #[cfg(a)] pub struct Both; #[cfg(not(a))] pub type Both = Result<u8, u8>;",
        );
        let definitions = Definitions::default();
        let has = |name: &str| {
            let path: Vec<String> = name.split("::").map(str::to_owned).collect();
            definitions.has(&workspace.path("types"), &path)
        };
        for name in ["Plain", "Choice", "Deep", "Renamed", "inner::Deep"] {
            assert!(has(name), "{name}");
        }
        for name in ["Outcome", "Hidden", "Far", "Made", "Both", "Absent"] {
            assert!(!has(name), "{name}");
        }
        assert!(!definitions.has(&workspace.path("nowhere"), &["Plain".to_owned()]));
    }
}
