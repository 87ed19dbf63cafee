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

mod crates;
mod declarations;
mod files;
mod items;
mod lexing;
mod manifest;
mod mistakes;
mod resolve;
#[cfg(test)]
mod testing;
mod work;

pub use crates::discover::{Modules, dependencies_on_modules, find_modules, module_dependencies};
pub use crates::module_crate::{
    Declaration, ModuleCrate, ModuleReading, Operation, is_module_crate, read_module,
};
pub use crates::own_crate::{OwnCrate, OwnDeclaration, OwnOperation};
pub use declarations::attribute::{
    Cache, Name, OperationAttribute, is_callable_name, parse_duration,
};
pub use declarations::options::ModuleOptions;
pub use declarations::signature::{Parameter, Passing, ResultForm, Signature};
pub use lexing::compact::{compact, signature_text};
pub use lexing::words::needs_raw;
pub use manifest::dependencies::Dependency;
pub use manifest::{Manifest, workspace_root};
pub use mistakes::error::{Dependence, SourceError};
pub use mistakes::finding::{Finding, Findings};
pub use mistakes::location::Location;
pub use mistakes::misuse::{MOST_PARAMETERS, Misuse};
pub use mistakes::type_problem::TypeProblem;
pub use resolve::names::Naming;
pub use resolve::own_types::{OwnType, mentions};
pub use resolve::{TypeForm, TypeName};
