//! The crate that is being compiled, as its own macros see it.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use crate::crates::reader::{is_declaration, is_operation, parse_attribute};
use crate::declarations::types::peel;
use crate::files;
use crate::files::Stamp;
use crate::files::paths::{normal, real};
use crate::items::cfg::{self, Decision};
use crate::items::scope::UsedPath;
use crate::items::tree::{self, Tree};
use crate::lexing::compact::compact;
use crate::lexing::outline::ItemKind;
use crate::manifest::Manifest;
use crate::manifest::targets;
use crate::mistakes::location::Location;
use crate::resolve::names::{Names, Naming};

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
    /// Which paths in its signature lead to the context, and which that are called so don't.
    pub contexts: HashMap<String, bool>,
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
        let mut known = files::lock(known);
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
        let mut known = files::lock(known);
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
            let mut own = OwnCrate::of_tree(root, tree, manifest.as_ref());
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

    fn of_tree(root: &Path, tree: &Tree, manifest: Option<&Manifest>) -> OwnCrate {
        let none = BTreeSet::new();
        let features = manifest.map_or(&none, |manifest| &manifest.features);
        let names = manifest.map(|manifest| Names::new(tree, manifest, &Naming::AsModule));
        let mut own = OwnCrate {
            root: real(root),
            is_reached: true,
            declarations: Vec::new(),
            operations: Vec::new(),
            places: HashMap::new(),
            firsts: HashMap::new(),
            stamps: HashMap::new(),
        };
        for (index, node) in tree.nodes.iter().enumerate() {
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
                let ItemKind::Function { name, signature } = &item.kind else {
                    continue;
                };
                let is_operation = |attribute: &_| match &names {
                    Some(names) => names.is_operation(index, attribute),
                    None => is_operation(attribute),
                };
                let Some((attribute, condition)) = decided.find(is_operation) else {
                    continue;
                };
                let function = crate::lexing::words::plain(name);
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
                    contexts: names
                        .as_ref()
                        .map(|names| contexts(names, index, signature))
                        .unwrap_or_default(),
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

/// Which of the paths in a signature lead to the context, where that differs from what they are called.
fn contexts(names: &Names<'_>, node: usize, signature: &str) -> HashMap<String, bool> {
    let Ok(signature) = syn::parse_str::<syn::Signature>(signature) else {
        return HashMap::new();
    };
    let mut contexts = HashMap::new();
    for input in &signature.inputs {
        let syn::FnArg::Typed(input) = input else {
            continue;
        };
        let ty = match peel(&input.ty) {
            syn::Type::Reference(reference) => peel(&reference.elem),
            other => other,
        };
        if let syn::Type::Path(path) = ty
            && let Some(is_context) = names.is_of_lmms(node, &UsedPath::of(&path.path), "Context")
        {
            contexts.insert(compact(&path.path), is_context);
        }
    }
    contexts
}

#[cfg(test)]
mod tests;
