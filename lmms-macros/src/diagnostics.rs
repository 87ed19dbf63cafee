//! What the macros say about mistakes that only they can see. The texts about operations, declarations and sources that
//! the build tool shows too are in `lmms-source`.

use std::fmt;

use lmms_source::{Finding, Location};
use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// Collects errors, so that one build shows all of them.
#[derive(Debug, Default)]
pub(crate) struct Report {
    errors: Vec<syn::Error>,
}

impl Report {
    pub(crate) fn new() -> Report {
        Report::default()
    }

    /// Notes a mistake of all of `tokens`.
    pub(crate) fn push(&mut self, tokens: &impl ToTokens, what: impl fmt::Display) {
        self.errors.push(syn::Error::new_spanned(tokens, what));
    }

    /// Notes a mistake where no token is to blame, or one.
    pub(crate) fn push_at(&mut self, span: Span, what: impl fmt::Display) {
        self.errors.push(syn::Error::new(span, what));
    }

    pub(crate) fn push_syntax(&mut self, error: syn::Error) {
        self.errors.push(error);
    }

    /// Adds what another has collected.
    pub(crate) fn append(&mut self, mut other: Report) {
        self.errors.append(&mut other.errors);
    }

    pub(crate) fn extend(&mut self, findings: Vec<Finding>) {
        self.errors
            .extend(findings.into_iter().map(Finding::into_error));
    }

    /// The value of `result`, its findings noted.
    pub(crate) fn take<T>(&mut self, result: Result<T, Vec<Finding>>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(findings) => {
                self.extend(findings);
                None
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// One `compile_error!` per mistake.
    pub(crate) fn to_compile_errors(&self) -> TokenStream {
        self.errors
            .iter()
            .map(syn::Error::to_compile_error)
            .collect()
    }
}

/// A mistake in the use of a macro.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    /// An operation that the gateway's reader can't see.
    HiddenOperation,
    /// An operation in a file that the gateway's reader doesn't get to: where it stands.
    UnreachedFile(Location),
    /// A gateway without `modules`.
    MissingModules,
    /// A gateway with `modules: []`.
    NoPatterns,
    UnknownKey(String),
    RepeatedKey(String),
    /// Something in a list that is no string.
    ExpectedList(&'static str),
    /// `interfaces` in an application.
    InterfacesInApplication,
    UnknownInterface {
        interface: String,
        known: Vec<String>,
    },
    RepeatedInterface(String),
    /// A generic gateway.
    GenericGateway,
    /// `#[derive(Portable)]` on something it can't do.
    Union,
    Borrowing(String),
    Packed,
    ManyUnnamedFields,
    UnknownPortableKey(String),
    ExpectedJson,
    /// `#[serde(…)]` that calls by name would pass over: its keys.
    IgnoredSerde(String),
    MisplacedPortable(&'static str),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::HiddenOperation => write!(
                f,
                "the gateway reads sources and can't see this operation: put the function at the top level of a module file, outside of functions, `impl` blocks and macros, under `#[operation(…)]` or `#[lmms::operation(…)]`"
            ),
            Problem::UnreachedFile(at) => write!(
                f,
                "the gateway reads sources by their `mod`s and doesn't get to this operation, as no `mod` leads to {}, only a macro or an `include!`: declare the file by `mod name;`, under `#[path = \"…\"]` if it stands elsewhere",
                at.file_from_workspace()
            ),
            Problem::MissingModules => write!(
                f,
                "this gateway doesn't say where its modules are: write `modules: [\"../modules/*\"]`"
            ),
            Problem::NoPatterns => write!(
                f,
                "this gateway has no modules: list folders or globs, like `modules: [\"../modules/*\"]`"
            ),
            Problem::UnknownKey(key) => {
                write!(
                    f,
                    "a gateway has no `{key}`: it takes `modules`, and `interfaces` in a module crate"
                )
            }
            Problem::RepeatedKey(key) => write!(f, "`{key}` is given twice: keep one"),
            Problem::ExpectedList(example) => {
                write!(f, "expected a list of string literals: write `{example}`")
            }
            Problem::InterfacesInApplication => write!(
                f,
                "an application's gateway serves every interface of its modules: remove `interfaces`, or list fewer `modules`"
            ),
            Problem::UnknownInterface { interface, known } => write!(
                f,
                "none of these modules serves the interface `{interface}`: they serve {}",
                list(known)
            ),
            Problem::RepeatedInterface(interface) => {
                write!(f, "`{interface}` is listed twice: keep one")
            }
            Problem::GenericGateway => write!(f, "a gateway has no generics: write its name alone"),
            Problem::Union => write!(
                f,
                "a union can't be `Portable`, because nothing says which of its fields holds: use an enum"
            ),
            Problem::Borrowing(lifetime) => write!(
                f,
                "a type that borrows (`{lifetime}`) can't be `Portable`: what it points to stays behind; use owned fields"
            ),
            Problem::Packed => write!(
                f,
                "a packed struct can't be `Portable`, because its fields can't be borrowed: remove `packed`"
            ),
            Problem::ManyUnnamedFields => write!(
                f,
                "more than 8 unnamed fields can't be told apart in JSON: give the fields names"
            ),
            Problem::UnknownPortableKey(key) => write!(
                f,
                "there is no `{key}` here: a type takes `json = \"serde\"`, a field `recursive`"
            ),
            Problem::ExpectedJson => write!(
                f,
                "`json` is \"serde\" or \"fields\": write `json = \"serde\"` to use the type's `serde` implementations"
            ),
            Problem::IgnoredSerde(keys) => write!(
                f,
                "calls by name would pass over `#[serde({keys})]`: write `#[portable(json = \"serde\")]` on the type, so that they use its `serde` implementations, or `#[portable(json = \"fields\")]` if its fields and variants shall go by their own names there"
            ),
            Problem::MisplacedPortable(place) => {
                write!(f, "this stands on the wrong thing: move it to {place}")
            }
        }
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}
