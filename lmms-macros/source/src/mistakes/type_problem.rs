//! Why a type of a module can't be named in another crate.

use std::fmt;
use std::path::PathBuf;

use crate::mistakes::location::{Location, Shown};
use crate::mistakes::misuse::Misuse;

/// Why the gateway can't name a type.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TypeProblem {
    /// It is defined in the module crate itself, in a way that can't be copied.
    Local(Location),
    /// It is defined in the module crate itself, and not `Portable`.
    LocalNotPortable(Location),
    /// It is defined in the module crate itself, and part of the definition means something there only.
    LocalPart {
        /// Where it is defined.
        at: Location,
        /// The part.
        part: String,
        /// Why that can't be copied.
        problem: Box<TypeProblem>,
    },
    /// A `use` in the same file that takes everything could bring it.
    OnlyThroughGlob(String),
    /// Nothing in the file says what it is.
    Unknown(String),
    /// It is a name the module crate doesn't have.
    Missing(String),
    /// Its crate is no dependency of the crate with the gateway.
    PackageOutOfReach {
        /// The package.
        package: String,
        /// The gateway's crate.
        gateway: String,
        /// The gateway's `Cargo.toml`.
        manifest: PathBuf,
    },
    /// Its crate is a dependency of the crate with the gateway, but not one that code can name.
    PackageHidden {
        /// The package.
        package: String,
        /// The gateway's crate.
        gateway: String,
        /// The table it stands in.
        table: String,
        /// The gateway's `Cargo.toml`.
        manifest: PathBuf,
    },
    /// It comes from a crate whose errors hold anything.
    OpaqueError(String),
    /// An alias whose arguments can't be put in.
    Alias {
        /// Where it is defined.
        at: Location,
        /// What it has that can't be expanded.
        reason: &'static str,
    },
    /// What brings it into the file is under a condition that only the compiler could decide.
    Undecided {
        /// What stands under the condition.
        at: Location,
        /// The name that it brings.
        name: String,
        /// The condition.
        condition: String,
    },
    /// What it stands for can't cross the boundary.
    Misuse(Misuse),
}

impl fmt::Display for TypeProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TypeProblem::Local(defined) => write!(
                f,
                "it is defined in the module itself ({defined}), in a way that callers can't have a copy of; move it to a crate that both the module and the caller depend on"
            ),
            TypeProblem::LocalNotPortable(defined) => write!(
                f,
                "it is defined in the module itself ({defined}) and is not `Portable`; derive `lmms::Portable` there, and callers get a copy of it"
            ),
            TypeProblem::LocalPart { at, part, problem } => write!(
                f,
                "it is defined in the module itself ({at}), and callers can't get a copy of it, as {part} means something there only: {problem}"
            ),
            TypeProblem::OnlyThroughGlob(name) => write!(
                f,
                "only a glob import could bring `{name}` into this file; import it by name, like `use home_types::{name};`"
            ),
            TypeProblem::Unknown(name) => write!(
                f,
                "nothing in this file says what `{name}` is; import it by name, like `use home_types::{name};`"
            ),
            TypeProblem::Missing(path) => write!(
                f,
                "there is no `{path}` in the module's source; if a macro makes it, move it to a crate that both the module and the caller depend on"
            ),
            TypeProblem::PackageOutOfReach {
                package,
                gateway,
                manifest,
            } => write!(
                f,
                "it comes from `{package}`, which `{gateway}` does not depend on; add `{package}` to the dependencies in {}",
                Shown(manifest)
            ),
            TypeProblem::PackageHidden {
                package,
                gateway,
                table,
                manifest,
            } => {
                write!(
                    f,
                    "it comes from `{package}`, which `{gateway}` has in [{table}] only"
                )?;
                if table == "dependencies" {
                    write!(f, ", where it is optional and off")?;
                }
                write!(f, "; add it to [dependencies] in {}", Shown(manifest))
            }
            TypeProblem::OpaqueError(package) => write!(
                f,
                "what comes from `{package}` holds code of the module, so it can't cross the boundary; return `Result<T, String>`, with `.map_err(|error| format!(\"{{error:#}}\"))`, or an error of your own that derives `lmms::Portable`"
            ),
            TypeProblem::Alias { at, reason } => write!(
                f,
                "the alias at {at} {reason}; write the type it stands for"
            ),
            TypeProblem::Undecided {
                at,
                name,
                condition,
            } => write!(
                f,
                "only the compiler can decide `{condition}` on `{name}` ({at}); use a feature, or a type that is the same under every condition"
            ),
            TypeProblem::Misuse(misuse) => write!(f, "{misuse}"),
        }
    }
}
