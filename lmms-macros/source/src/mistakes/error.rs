//! What keeps module crates from being read or from being used together.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::mistakes::location::{Location, Shown};
use crate::mistakes::misuse::Misuse;
use crate::mistakes::type_problem::TypeProblem;

/// A problem with a module crate's source, or with how crates depend on each other.
///
/// Its display says where, what, and what to do next.
#[derive(Debug)]
#[non_exhaustive]
pub enum SourceError {
    /// A file can't be read.
    Read {
        /// The file.
        file: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A `Cargo.toml` says something that can't be used.
    Manifest {
        /// Where.
        at: Location,
        /// What.
        message: String,
    },
    /// A pattern that is no glob pattern.
    Pattern {
        /// The pattern as written.
        pattern: String,
        /// What is wrong with it.
        message: String,
    },
    /// A pattern that no module crate matches.
    NoModules {
        /// The pattern, made absolute.
        pattern: String,
    },
    /// A path without wildcards that leads to no module crate.
    NotAModule {
        /// The path, made absolute.
        path: PathBuf,
        /// What is there instead.
        found: &'static str,
    },
    /// A source file whose items can't be told apart.
    Syntax {
        /// Where.
        at: Location,
        /// What the reader stumbled over.
        message: String,
    },
    /// `mod name;` without a file.
    MissingFile {
        /// The `mod`.
        at: Location,
        /// Its name.
        name: String,
        /// Where a file was looked for.
        tried: Vec<PathBuf>,
    },
    /// A mistake in `#[operation(…)]`, `module!(…)` or a signature.
    Misuse {
        /// The function or macro.
        at: Location,
        /// Its name.
        name: String,
        /// What is wrong.
        misuse: Misuse,
    },
    /// A condition on an operation, or on a `mod` leading to one, that only the compiler could decide.
    UndecidableCfg {
        /// What stands under the condition.
        at: Location,
        /// Its name.
        name: String,
        /// The condition.
        condition: String,
    },
    /// `#[operation(…)]`, or what it says to its callers, under a `cfg_attr` that only the compiler could decide.
    ConditionalAttribute {
        /// The function.
        at: Location,
        /// Its name.
        name: String,
        /// The attribute's path.
        attribute: String,
        /// The `cfg_attr`.
        condition: String,
    },
    /// The text of a doc comment that can't be worked out from the sources.
    UnreadableDocs {
        /// The function.
        at: Location,
        /// Its name.
        name: String,
        /// The text as it is written.
        written: String,
    },
    /// `include!` of a file with operations.
    IncludedOperations {
        /// The `include!`.
        at: Location,
        /// The file.
        file: PathBuf,
    },
    /// A crate has operations but no `lmms::module!()`.
    MissingDeclaration {
        /// The first operation.
        at: Location,
        /// The file where the declaration belongs.
        root: PathBuf,
    },
    /// `lmms::module!()` twice.
    RepeatedDeclaration {
        /// The second.
        at: Location,
        /// The first.
        first: Location,
    },
    /// `lmms::module!()` somewhere else than in the crate root.
    MisplacedDeclaration {
        /// Where it is.
        at: Location,
        /// Where it belongs.
        root: PathBuf,
    },
    /// A type that the gateway can't name.
    Type {
        /// The operation.
        at: Location,
        /// The operation's function.
        function: String,
        /// The operation's interface.
        interface: String,
        /// The type as written.
        ty: String,
        /// Why not.
        problem: Box<TypeProblem>,
    },
    /// Two operations of one name.
    DuplicateOperation {
        /// The second.
        at: Location,
        /// The first.
        first: Location,
        /// Their interface.
        interface: String,
        /// Their name.
        name: String,
    },
    /// Two modules whose libraries would have one name.
    DuplicateModule {
        /// The `Cargo.toml` of the second.
        at: Location,
        /// That of the first.
        first: Location,
        /// The name of both libraries.
        name: String,
    },
    /// The application depends on a module crate.
    ApplicationDependsOnModule(Box<Dependence>),
    /// A module crate depends on another.
    ModuleDependsOnModule(Box<Dependence>),
}

/// A dependency that must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependence {
    /// The line in `Cargo.toml`.
    pub at: Location,
    /// The table it stands in, like `dev-dependencies`.
    pub table: String,
    /// The name it is written under.
    pub key: String,
    /// The crate that depends.
    pub from: String,
    /// The module it depends on.
    pub module: String,
}

impl SourceError {
    /// Where the error is, if it is in one place.
    #[must_use]
    pub fn location(&self) -> Option<&Location> {
        match self {
            SourceError::Manifest { at, .. }
            | SourceError::Syntax { at, .. }
            | SourceError::MissingFile { at, .. }
            | SourceError::Misuse { at, .. }
            | SourceError::UndecidableCfg { at, .. }
            | SourceError::ConditionalAttribute { at, .. }
            | SourceError::UnreadableDocs { at, .. }
            | SourceError::IncludedOperations { at, .. }
            | SourceError::MissingDeclaration { at, .. }
            | SourceError::RepeatedDeclaration { at, .. }
            | SourceError::MisplacedDeclaration { at, .. }
            | SourceError::Type { at, .. }
            | SourceError::DuplicateOperation { at, .. }
            | SourceError::DuplicateModule { at, .. } => Some(at),
            SourceError::ApplicationDependsOnModule(dependence)
            | SourceError::ModuleDependsOnModule(dependence) => Some(&dependence.at),
            SourceError::Read { .. }
            | SourceError::Pattern { .. }
            | SourceError::NoModules { .. }
            | SourceError::NotAModule { .. } => None,
        }
    }

    /// The error without [its location](Self::location): for a compiler, which shows that by itself.
    pub fn without_place(&self) -> impl fmt::Display + '_ {
        WithoutPlace(self)
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(at) = self.location() {
            write!(f, "{at}: ")?;
        }
        self.without_place().fmt(f)
    }
}

/// What is wrong and what to do, without where.
struct WithoutPlace<'a>(&'a SourceError);

impl fmt::Display for WithoutPlace<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            SourceError::Read { file, source } => write!(
                f,
                "{}: can't be read ({source}): make sure the file is there and readable",
                Shown(file)
            ),
            SourceError::Manifest { message, .. } | SourceError::Syntax { message, .. } => {
                write!(f, "{message}")
            }
            SourceError::Pattern { pattern, message } => write!(
                f,
                "`{pattern}` is no pattern ({message}): write a folder like \"../modules/images\" or a glob like \"../modules/*\""
            ),
            SourceError::NoModules { pattern } => write!(
                f,
                "no module crate matches `{pattern}`: patterns start at the folder of this crate's Cargo.toml; a module crate has `lmms::module!();` in its src/lib.rs"
            ),
            SourceError::NotAModule { path, found } => write!(
                f,
                "`{}` is no module crate: {found}; name the folder of a crate with `lmms::module!();` in its src/lib.rs",
                Shown(path)
            ),
            SourceError::MissingFile { name, tried, .. } => {
                write!(f, "there is no file for `mod {name};`: create ")?;
                for (index, path) in tried.iter().enumerate() {
                    let or = if index == 0 { "" } else { " or " };
                    write!(f, "{or}{}", Shown(path))?;
                }
                Ok(())
            }
            SourceError::Misuse { name, misuse, .. } => write!(f, "in `{name}`: {misuse}"),
            SourceError::UndecidableCfg {
                name, condition, ..
            } => write!(
                f,
                "only the compiler can decide `{condition}` on `{name}`, and the gateway must know its operations before: move the operation out of the condition, or use a feature"
            ),
            SourceError::ConditionalAttribute {
                name,
                attribute,
                condition,
                ..
            } => write!(
                f,
                "only the compiler can decide `{condition}` on `{name}`, and the gateway must know whether it has `{attribute}`: write the attribute plainly, or use a feature as the condition"
            ),
            SourceError::UnreadableDocs { name, written, .. } => write!(
                f,
                "the gateway can't work out `{written}` in the documentation of `{name}`: write the text itself, or `include_str!` a file"
            ),
            SourceError::IncludedOperations { file, .. } => write!(
                f,
                "the gateway reads sources by their `mod`s, so it doesn't see the operations in {}: declare the file by `mod name;`, under `#[path = \"…\"]` if it stands elsewhere",
                Shown(file)
            ),
            SourceError::MissingDeclaration { root, .. } => write!(
                f,
                "this crate has operations but is no module: add `lmms::module!();` to {}",
                Shown(root)
            ),
            SourceError::RepeatedDeclaration { first, .. } => write!(
                f,
                "this crate is declared a module twice, first at {first}: keep one `lmms::module!()`"
            ),
            SourceError::MisplacedDeclaration { root, .. } => write!(
                f,
                "`lmms::module!` belongs in the crate root: move it to {}",
                Shown(root)
            ),
            SourceError::Type {
                function,
                ty,
                problem,
                ..
            } => write!(
                f,
                "in `{function}`: the gateway can't name the type `{ty}`: {problem}"
            ),
            SourceError::DuplicateOperation {
                first,
                interface,
                name,
                ..
            } => write!(
                f,
                "the operation `{name}` of interface `{interface}` is declared twice, first at {first}: rename one with `name = \"…\"`"
            ),
            SourceError::DuplicateModule { first, name, .. } => write!(
                f,
                "the library of this module is called `{name}`, as is that of {first}: give one of the packages another name"
            ),
            SourceError::ApplicationDependsOnModule(dependence) => write!(
                f,
                "`{}` depends on the module crate `{}` ({dependence}), which would link its code into the program: remove the dependency and call it through the gateway",
                dependence.from, dependence.module
            ),
            SourceError::ModuleDependsOnModule(dependence) => write!(
                f,
                "the module crate `{}` depends on the module crate `{}` ({dependence}): remove the dependency, take `cx: &lmms::Context` in the operation and call it through `lmms::gateway!`; types that both use go into a crate of their own",
                dependence.from, dependence.module
            ),
        }
    }
}

impl fmt::Display for Dependence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` in [{}]", self.key, self.table)
    }
}

impl std::error::Error for SourceError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            SourceError::Read { source, .. } => Some(source),
            _ => None,
        }
    }
}
