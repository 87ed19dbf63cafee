//! The crate that is being compiled, as its own macros see it.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::cfg::{self, Decision};
use crate::files::Stamp;
use crate::location::Location;
use crate::manifest::{Manifest, normal, real};
use crate::outline::ItemKind;
use crate::read::{is_declaration, is_operation, parse_attribute};
use crate::targets;
use crate::tree::{self, Tree};

/// The operations and declarations of the crate that holds a given file.
#[derive(Debug)]
pub struct OwnCrate {
    /// The crate's root file.
    pub root: PathBuf,
    /// Whether a `mod` leads to the file, or it is the root of one of the package's targets; if not, `root` is the file
    /// itself.
    pub is_reached: bool,
    /// Every `lmms::module!(…)` in it.
    pub declarations: Vec<OwnDeclaration>,
    /// Every function under `#[operation]` that is compiled or may be.
    pub operations: Vec<OwnOperation>,
    /// The operations by their place and function: several may stand on one line.
    places: HashMap<(Location, String), usize>,
    /// The first compiled operation of each interface and name.
    firsts: HashMap<(String, String), usize>,
    /// The files that decided all this, as they were then.
    stamps: HashMap<PathBuf, Option<Stamp>>,
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
    /// What only the compiler can decide of the conditions that it is under.
    pub condition: Option<String>,
}

/// The crates that were read, by their package's folder. A compiler asks for each operation of a crate, so it is read
/// once; an editor asks for days, so it is read again when files change.
static KNOWN: OnceLock<Mutex<HashMap<PathBuf, Vec<Arc<OwnCrate>>>>> = OnceLock::new();

impl OwnCrate {
    /// Finds the crate that `file` belongs to, in the package in `package` (an absolute path): its library, its main
    /// program, or else a program, test or example of its own.
    ///
    /// A crate is read once for all its files, and again when the file, the crate's root or the manifest has changed.
    /// What is wrong in another file may so be out of date: [`is_current`](OwnCrate::is_current) tells.
    ///
    /// `None` if its sources can't be read: the compiler says why.
    #[must_use]
    pub fn of_file(file: &Path, package: &Path) -> Option<Arc<OwnCrate>> {
        let file = normal(file);
        let known = KNOWN.get_or_init(Mutex::default);
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let crates = known.entry(package.to_owned()).or_default();
        if let Some(own) = crates.iter().find(|own| own.stamps.contains_key(&file)) {
            let manifest = package.join("Cargo.toml");
            if [&file, &own.root, &manifest]
                .iter()
                .all(|file| own.has(file))
            {
                return Some(Arc::clone(own));
            }
        }
        let own = Arc::new(OwnCrate::read(&file, package)?);
        crates.retain(|known| known.root != own.root);
        crates.push(Arc::clone(&own));
        Some(own)
    }

    /// Whether no file of the crate has changed since it was read.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.stamps.keys().all(|file| self.has(file))
    }

    /// Forgets what is known of the package, so that it is read anew.
    pub fn forget(package: &Path) {
        let known = KNOWN.get_or_init(Mutex::default);
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(package);
    }

    /// The number of operations that are compiled.
    #[must_use]
    pub fn count(&self) -> usize {
        self.operations
            .iter()
            .filter(|operation| operation.compiled)
            .count()
    }

    /// The operation of this function, whose name stands at this place.
    #[must_use]
    pub fn operation_at(&self, at: &Location, function: &str) -> Option<&OwnOperation> {
        let place = (at.clone(), function.to_owned());
        self.places
            .get(&place)
            .map(|index| &self.operations[*index])
    }

    /// An earlier operation with the interface and name of `operation`.
    #[must_use]
    pub fn earlier(&self, operation: &OwnOperation) -> Option<&OwnOperation> {
        let first = *self.firsts.get(operation.key.as_ref()?)?;
        let place = (operation.at.clone(), operation.function.clone());
        let this = *self.places.get(&place)?;
        (first < this).then(|| &self.operations[first])
    }

    fn has(&self, file: &Path) -> bool {
        self.stamps.get(file) == Some(&Stamp::of(file))
    }

    fn read(file: &Path, package: &Path) -> Option<OwnCrate> {
        let manifest = Manifest::read(package).ok();
        let none = BTreeSet::new();
        let features = manifest
            .as_ref()
            .map_or(&none, |manifest| &manifest.features);
        let roots = manifest
            .iter()
            .map(|manifest| manifest.root_file.clone())
            .chain([package.join("src/main.rs")])
            .filter(|root| root != file && root.is_file());
        let of_tree = |root: &Path, tree: &Tree| {
            let mut own = OwnCrate::of_tree(root, tree, features);
            let manifest = package.join("Cargo.toml");
            let files = tree.files.iter().chain([&manifest]);
            own.stamps = files.map(|file| (real(file), Stamp::of(file))).collect();
            own
        };
        for root in roots {
            let read = tree::read(&root, features, &mut Vec::new());
            if let Ok(tree) = read
                && tree.files.iter().any(|known| real(known) == file)
            {
                return Some(of_tree(&root, &tree));
            }
        }
        let tree = tree::read(file, features, &mut Vec::new()).ok()?;
        let mut own = of_tree(file, &tree);
        own.is_reached = targets::is_root(file, package);
        Some(own)
    }

    fn of_tree(root: &Path, tree: &Tree, features: &BTreeSet<String>) -> OwnCrate {
        let mut own = OwnCrate {
            root: real(root),
            is_reached: true,
            declarations: Vec::new(),
            operations: Vec::new(),
            places: HashMap::new(),
            firsts: HashMap::new(),
            stamps: HashMap::new(),
        };
        for node in &tree.nodes {
            // The compiler names files behind links by their own path, too.
            let file = real(&node.file);
            for item in node.items() {
                let decided = cfg::decide(&item.attributes, features);
                let decision = decided.decision.clone().and(node.decision.clone());
                if is_declaration(item) && decision != Decision::Off {
                    own.declarations.push(OwnDeclaration {
                        at: Location::new(&file, item.line),
                        in_root: node.parent.is_none(),
                    });
                }
                let ItemKind::Function { name, .. } = &item.kind else {
                    continue;
                };
                let Some((attribute, condition)) = decided.find(is_operation) else {
                    continue;
                };
                let function = crate::scope::plain(name);
                let key = parse_attribute(&attribute.text).ok().map(|read| {
                    let name = read.name.map_or_else(|| function.clone(), |name| name.text);
                    (read.interface.text, name)
                });
                let condition = match &decision {
                    Decision::Unknown(condition) => Some(condition.clone()),
                    Decision::Off => None,
                    Decision::On => condition.map(str::to_owned),
                };
                own.add(OwnOperation {
                    at: Location::new(&file, item.line),
                    function,
                    key,
                    compiled: decision == Decision::On && condition.is_none(),
                    condition,
                });
            }
        }
        own
    }

    fn add(&mut self, operation: OwnOperation) {
        let index = self.operations.len();
        let place = (operation.at.clone(), operation.function.clone());
        self.places.entry(place).or_insert(index);
        if let (true, Some(key)) = (operation.compiled, &operation.key) {
            self.firsts.entry(key.clone()).or_insert(index);
        }
        self.operations.push(operation);
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
        let second = own.operation_at(&Location::new(&file, 4), "g").unwrap();
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
    fn a_file_behind_a_link_is_the_crates() {
        let workspace = Workspace::new();
        let package = workspace.module("m", "lmms::module!(); mod linked; mod folder;");
        workspace.write(
            "shared/linked.rs",
            "\n#[operation(interface = \"i\")] fn f() {}",
        );
        workspace.write(
            "shared/folder/mod.rs",
            "#[operation(interface = \"i\")] fn g() {}",
        );
        for name in ["linked.rs", "folder"] {
            let link = workspace.path(&format!("modules/m/src/{name}"));
            std::os::unix::fs::symlink(workspace.path(&format!("shared/{name}")), link).unwrap();
        }
        for (file, line, function) in [
            ("shared/linked.rs", 2, "f"),
            ("shared/folder/mod.rs", 1, "g"),
        ] {
            let file = workspace.path(file);
            let own = OwnCrate::of_file(&file, &package).unwrap();
            assert!(own.is_reached);
            assert_eq!(own.root, workspace.path("modules/m/src/lib.rs"));
            assert!(
                own.operation_at(&Location::new(&file, line), function)
                    .is_some()
            );
            assert!(Arc::ptr_eq(
                &own,
                &OwnCrate::of_file(&file, &package).unwrap()
            ));
        }
    }

    #[test]
    fn a_file_to_which_no_mod_leads_is_told_from_a_program_of_its_own() {
        let workspace = Workspace::new();
        let package = workspace.module(
            "m",
            "lmms::module!(); include!(\"part.rs\"); modules!(made);",
        );
        for file in [
            "src/part.rs",
            "src/made.rs",
            "src/bin/tool.rs",
            "tests/t.rs",
            "tests/t/main.rs",
            "far/x.rs",
        ] {
            workspace.write(
                &format!("modules/m/{file}"),
                "#[operation(interface = \"i\")] fn f() {}",
            );
        }
        let manifest = std::fs::read_to_string(workspace.path("modules/m/Cargo.toml")).unwrap();
        workspace.write(
            "modules/m/Cargo.toml",
            &format!("{manifest}\n[[example]]\nname = \"x\"\npath = \"far/x.rs\"\n"),
        );
        for (file, expected) in [
            ("src/part.rs", false),
            ("src/made.rs", false),
            ("src/bin/tool.rs", true),
            ("tests/t.rs", true),
            ("tests/t/main.rs", true),
            ("far/x.rs", true),
        ] {
            let file = workspace.path(&format!("modules/m/{file}"));
            let own = OwnCrate::of_file(&file, &package).unwrap();
            assert_eq!(own.is_reached, expected, "{}", file.display());
        }
    }

    #[test]
    fn a_crate_is_read_once_and_again_when_it_changed() {
        let workspace = Workspace::new();
        let package = workspace.module("m", "lmms::module!(); mod a; mod b;");
        let source = "#[operation(interface = \"i\")] fn f() {}";
        workspace.write("modules/m/src/a.rs", source);
        workspace.write("modules/m/src/b.rs", "");
        let [a, b] = ["a", "b"].map(|name| workspace.path(&format!("modules/m/src/{name}.rs")));
        let first = OwnCrate::of_file(&a, &package).unwrap();
        assert!(Arc::ptr_eq(
            &first,
            &OwnCrate::of_file(&b, &package).unwrap()
        ));
        workspace.write("modules/m/src/b.rs", &format!("\n{source}"));
        assert!(Arc::ptr_eq(
            &first,
            &OwnCrate::of_file(&a, &package).unwrap()
        ));
        assert!(!first.is_current());
        let second = OwnCrate::of_file(&b, &package).unwrap();
        assert!(second.is_current());
        assert_eq!(second.count(), 2);
        assert!(Arc::ptr_eq(
            &second,
            &OwnCrate::of_file(&a, &package).unwrap()
        ));
        OwnCrate::forget(&package);
        assert!(!Arc::ptr_eq(
            &second,
            &OwnCrate::of_file(&a, &package).unwrap()
        ));
    }

    /// What the macros ask of a crate of so many operations in so many files.
    fn work_of_expanding(operations: usize, files: usize) -> usize {
        let workspace = Workspace::new();
        let root: String = (0..files).map(|file| format!("mod m{file};\n")).collect();
        let package = workspace.module("many", &format!("lmms::module!();\n{root}"));
        for file in 0..files {
            let source: String = (0..operations / files)
                .map(|index| {
                    format!(
                        "/// Docs.\n#[operation(interface = \"i{file}\")]\nfn f{index:05}() {{}}\n"
                    )
                })
                .collect();
            workspace.write(&format!("modules/many/src/m{file}.rs"), &source);
        }
        crate::work::of(|| {
            for file in 0..files {
                let file = workspace.path(&format!("modules/many/src/m{file}.rs"));
                for index in 0..operations / files {
                    let own = OwnCrate::of_file(&file, &package).unwrap();
                    let line = u32::try_from(3 * index + 3).unwrap();
                    let this = own
                        .operation_at(&Location::new(&file, line), &format!("f{index:05}"))
                        .unwrap();
                    assert_eq!(own.earlier(this), None);
                }
            }
        })
    }

    #[test]
    fn twice_the_operations_are_twice_the_work() {
        for files in [1, 10] {
            let (some, more) = (work_of_expanding(200, files), work_of_expanding(800, files));
            assert!(more < 5 * some, "{files} files: {some} steps became {more}");
        }
    }

    #[test]
    fn a_condition_that_only_the_compiler_knows_is_told() {
        let workspace = Workspace::new();
        let package = workspace.module(
            "m",
            "lmms::module!();
             #[cfg_attr(windows, cfg(test))] #[operation(interface = \"i\")] fn a() {}
             #[cfg_attr(windows, operation(interface = \"i\"))] fn b() {}
             #[cfg_attr(all(), operation(interface = \"i\"))] fn c() {}
             mod d { #![cfg(windows)] #[operation(interface = \"i\")] fn e() {} }
             mod f { #![cfg_attr(all(), cfg(test))] #[operation(interface = \"i\")] fn g() {} }",
        );
        let own = OwnCrate::of_file(&workspace.path("modules/m/src/lib.rs"), &package).unwrap();
        let found: Vec<_> = own
            .operations
            .iter()
            .map(|found| {
                (
                    found.function.as_str(),
                    found.compiled,
                    found.condition.as_deref(),
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                ("a", false, Some("cfg_attr(windows, cfg(test))")),
                (
                    "b",
                    false,
                    Some("cfg_attr(windows, operation(interface = \"i\"))")
                ),
                ("c", true, None),
                ("e", false, Some("cfg(windows)")),
            ]
        );
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
