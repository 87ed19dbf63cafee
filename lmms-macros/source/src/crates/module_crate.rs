//! What one module crate offers, read from its sources.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::crates::reader::{Reader, is_declaration};
use crate::declarations::signature::{Passing, ResultForm, Signature};
use crate::files;
use crate::items::cfg::{self, Decision};
use crate::items::tree;
use crate::lexing::outline::Attribute;
use crate::manifest::Manifest;
use crate::mistakes::error::SourceError;
use crate::mistakes::location::Location;
use crate::resolve::names::Naming;
use crate::resolve::own_types::OwnType;
use crate::resolve::{Resolver, TypeForm, TypeName};

/// A module crate.
#[derive(Debug, Clone)]
pub struct ModuleCrate {
    /// What its `Cargo.toml` says.
    pub manifest: Manifest,
    /// Its `lmms::module!(…)`.
    pub declaration: Declaration,
    /// Its operations, in the order of the sources.
    pub operations: Vec<Operation>,
    /// Operations with types that can't be named: the form of these is [`TypeForm::Refused`](crate::TypeForm::Refused).
    pub refused: Vec<Operation>,
    /// The types in operations that it defines itself, and what these are made of.
    pub types: Vec<OwnType>,
}

/// A `lmms::module!(…)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// Where it stands.
    pub at: Location,
    /// The function that runs before an unload.
    pub shutdown: Option<String>,
    /// The function that may keep the module loaded.
    pub veto: Option<String>,
    /// Whether the module has a thread of its own.
    pub dedicated_thread: bool,
}

/// A function under `#[operation]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Its interface.
    pub interface: String,
    /// Its name within the interface.
    pub name: String,
    /// The function's own name.
    pub function: String,
    /// Its doc comment.
    pub docs: String,
    /// The attributes that are for its callers: `deprecated`, `must_use`, `doc(hidden)`, `doc(alias = "…")`.
    pub attributes: Vec<String>,
    /// Why callers should no longer use it; empty if it only says that they shouldn't.
    pub deprecated: Option<String>,
    /// Whether it is left out of documentation and lists.
    pub hidden: bool,
    /// The line of the function's name.
    pub at: Location,
    /// Parameters and result, with types that another crate can write.
    pub signature: Signature<String, TypeName>,
    /// The signature as its author wrote it, on one line.
    pub text: String,
    /// The result's type as its author wrote it; `()` if none.
    pub result_text: String,
    /// How long a result may be answered from cache.
    pub cache: Option<Duration>,
    /// Whether the module stays loaded once this was called.
    pub pinned: bool,
}

/// What reading a crate gave.
#[derive(Debug, Default)]
pub struct ModuleReading {
    /// The module; `None` if the crate is none, or can't be told to be one.
    pub module: Option<ModuleCrate>,
    /// What is wrong in its sources. Operations with errors are left out of `module`.
    pub errors: Vec<SourceError>,
    /// The files that were read; if none of them changes, the same would be read again.
    pub files: BTreeSet<PathBuf>,
}

/// Reads the crate in `directory`. A crate without `lmms::module!()` and without operations gives neither a module nor
/// an error.
#[must_use]
pub fn read_module(directory: &Path, naming: &Naming) -> ModuleReading {
    let mut reading = ModuleReading::default();
    let manifest = match Manifest::read(directory) {
        Ok(manifest) => manifest,
        Err(error) => {
            reading.errors.push(error);
            return reading;
        }
    };
    reading.files.extend(manifest.files());
    match tree::read(&manifest.root_file, &manifest.features, &mut reading.errors) {
        Ok(tree) => {
            reading.files.extend(tree.files.iter().cloned());
            let reader = Reader {
                tree: &tree,
                manifest: &manifest,
                resolver: Resolver::new(&tree, &manifest, naming),
                errors: &mut reading.errors,
                files: &mut reading.files,
            };
            reading.module = reader.read().map(|(declaration, operations, types)| {
                let (refused, operations) = operations.into_iter().partition(Operation::is_refused);
                ModuleCrate {
                    declaration,
                    operations,
                    refused,
                    types,
                    manifest: manifest.clone(),
                }
            });
        }
        Err(error) => reading.errors.push(error),
    }
    reading
}

/// Whether a package's library is a module.
#[must_use]
pub fn is_module_crate(manifest: &Manifest) -> bool {
    let Ok(outline) = files::outline(&manifest.root_file) else {
        return false;
    };
    let compiled = |attributes: &[Attribute]| {
        cfg::decide(attributes, &manifest.features).decision != Decision::Off
    };
    let mut declarations = outline.items.iter().filter(|item| is_declaration(item));
    compiled(&outline.attributes) && declarations.any(|item| compiled(&item.attributes))
}

impl Operation {
    fn is_refused(&self) -> bool {
        let parameters = self.signature.parameters.iter();
        let result = match &self.signature.result {
            ResultForm::Nothing => None,
            ResultForm::Value(ty) => Some(ty),
        };
        parameters
            .filter_map(|parameter| parameter.passing.inner())
            .chain(result)
            .any(|ty| ty.form == TypeForm::Refused)
    }

    /// The parameters' types as their author wrote them, in order.
    #[must_use]
    pub fn parameter_texts(&self) -> Vec<String> {
        let text = |passing: &Passing<TypeName>| {
            let inner = passing.inner().map_or("str", |ty| ty.written.as_str());
            match passing {
                Passing::Primitive(_) | Passing::Owned(_) => inner.to_owned(),
                Passing::Str | Passing::Reference(_) => format!("&{inner}"),
                Passing::Slice(_) => format!("&[{inner}]"),
                Passing::OptionStr | Passing::OptionReference(_) => format!("Option<&{inner}>"),
                Passing::OptionSlice(_) => format!("Option<&[{inner}]>"),
            }
        };
        self.signature
            .parameters
            .iter()
            .map(|parameter| text(&parameter.passing))
            .collect()
    }
}

#[cfg(test)]
mod tests;
