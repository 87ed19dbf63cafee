//! Reads module crates from their sources, without compiling anything.
//!
//! A *module* is a library crate with `lmms::module!();` at its root and functions under `#[operation]`. This crate
//! finds modules ([`find_modules`]), follows their `mod` files, decides their `cfg(feature = …)`s as the build tool
//! will, reads every operation ([`read_module`]) and rewrites its types so that another crate can name them
//! ([`Naming`]). It also tells which dependencies break the rule that nobody depends on a module crate
//! ([`dependencies_on_modules`], [`module_dependencies`]).
//!
//! The macros of `lmms` and its build tool both use it, so that they can't disagree. The pieces that the macros share
//! with the reader are here too: the attribute's arguments ([`OperationAttribute`], [`ModuleOptions`]), the form of a
//! signature ([`Signature`]), and the texts of all mistakes ([`Misuse`], [`SourceError`]).
//!
//! ```no_run
//! use lmms_source::{Naming, find_modules};
//!
//! let found = find_modules(".".as_ref(), &["../modules/*".to_owned()], &Naming::AsModule);
//! for module in &found.modules {
//!     for operation in &module.operations {
//!         println!("{}.{}{}", operation.interface, operation.name, operation.text);
//!     }
//! }
//! for (_, error) in &found.errors {
//!     eprintln!("{error}");
//! }
//! ```
#![forbid(unsafe_code)]

mod attribute;
mod callers;
mod cfg;
mod compact;
mod definitions;
mod discover;
mod error;
mod files;
mod keys;
mod lexer;
mod location;
mod manifest;
mod misuse;
mod module;
mod names;
mod options;
mod outline;
mod own;
mod read;
mod resolve;
mod scope;
mod signature;
mod targets;
#[cfg(test)]
mod testing;
mod toml_tree;
mod tree;
mod types;
mod words;
mod work;

pub use attribute::{Cache, Name, OperationAttribute, is_callable_name, parse_duration};
pub use compact::{compact, signature_text};
pub use discover::{Modules, dependencies_on_modules, find_modules, module_dependencies};
pub use error::{Dependence, SourceError, TypeProblem};
pub use location::Location;
pub use manifest::{Dependency, Manifest, workspace_root};
pub use misuse::{Finding, Findings, MOST_PARAMETERS, Misuse};
pub use module::{
    Declaration, ModuleCrate, ModuleReading, Operation, is_module_crate, read_module,
};
pub use names::Naming;
pub use options::ModuleOptions;
pub use own::{OwnCrate, OwnDeclaration, OwnOperation};
pub use resolve::{TypeForm, TypeName};
pub use signature::{Outcome, Parameter, Passing, Signature};
pub use words::needs_raw;
