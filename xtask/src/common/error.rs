//! The error of every command.

#![forbid(unsafe_code)]

mod cost;
mod disagreement;
mod project;

pub use cost::CostError;
pub use disagreement::{Difference, Disagreement};
pub use project::ProjectError;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use lmms::manifest::ManifestError;

use crate::common::caller::Caller;
use crate::elf::ElfError;

/// The error of [`build_modules`](crate::build_modules).
pub type BuildError = Error;

/// The reason a command failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// Cargo can't read the workspace.
    Metadata {
        /// The folder or file where the search started.
        start: PathBuf,
        /// What cargo said.
        source: Box<cargo_metadata::Error>,
    },
    /// Nothing in the workspace depends on `lmms`.
    NoLmms {
        /// The workspace.
        root: PathBuf,
    },
    /// The workspace has no module crate.
    NoModules {
        /// The workspace.
        root: PathBuf,
    },
    /// No module has that name.
    UnknownModule {
        /// The name asked for.
        name: String,
        /// The modules that exist.
        known: Vec<String>,
    },
    /// A module is known, but its library was not built.
    NotBuilt {
        /// The module.
        module: String,
        /// The folder where it should be.
        folder: PathBuf,
    },
    /// Two modules would get the same library.
    SameLibrary {
        /// One module.
        first: String,
        /// The other.
        second: String,
    },
    /// The workspace has no such application or folder.
    NoApplication {
        /// The application or folder.
        wanted: String,
    },
    /// AWS Lambda doesn't offer or charge these amounts.
    Cost(CostError),
    /// A project, module or program can't be as it was asked for.
    Project(ProjectError),
    /// No family of benchmarks has that name.
    UnknownFamily {
        /// The name asked for.
        name: String,
        /// The families that exist.
        known: Vec<String>,
    },
    /// Instructions can't be counted without valgrind.
    NoValgrind,
    /// Home Assistant needs a Python version that is not installed.
    Python {
        /// The installed versions.
        found: Vec<String>,
    },
    /// A file or folder could not be used.
    Io {
        /// The action, as a verb: `read`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The disk is full.
    DiskFull {
        /// The file or folder that could not be written.
        path: PathBuf,
    },
    /// A program could not be started.
    Start {
        /// The program and its arguments.
        command: String,
        /// What the system said.
        source: io::Error,
    },
    /// A program failed, and its output says why.
    Failed {
        /// The program and its arguments.
        command: String,
        /// Its exit status.
        status: String,
    },
    /// Modules don't compile or link.
    Build {
        /// The crates that failed; empty if cargo failed before any.
        crates: Vec<String>,
        /// What to do about errors that don't say so.
        advice: Vec<String>,
        /// Cargo's output, unless it was shown.
        output: String,
    },
    /// A module has no library that a carrier can link.
    NoRustLibrary {
        /// The package.
        module: String,
        /// Its `Cargo.toml`.
        path: PathBuf,
    },
    /// The toolchain lacks the standard library of the target.
    TargetMissing {
        /// The target.
        triple: String,
    },
    /// The nightly toolchain, or a component of it, is missing.
    Nightly {
        /// The command that needs it.
        purpose: &'static str,
        /// What is missing, and what to do.
        problem: String,
    },
    /// A program's output is not as expected.
    Answer {
        /// The program and its arguments.
        command: String,
        /// The mistake in it.
        problem: String,
    },
    /// A built library can't be loaded to ask for its operations.
    Describe {
        /// The module.
        module: String,
        /// The library.
        path: PathBuf,
        /// The failure.
        problem: String,
        /// Reasons found in its file, and known crates in it.
        advice: Vec<String>,
    },
    /// A library differs from what its place or its file says.
    Mismatch {
        /// The library.
        path: PathBuf,
        /// Both values.
        problem: String,
    },
    /// The operations of libraries differ from those that gateways read in the sources.
    Disagreement(Vec<Disagreement>),
    /// A file is not a library.
    Elf {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        source: ElfError,
    },
    /// The manifest could not be used.
    Manifest(ManifestError),
    /// A configuration file is malformed.
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The source of a module is invalid.
    Source {
        /// The module.
        module: String,
        /// What was found, where, and what to do.
        problem: String,
    },
}

impl Error {
    /// For `map_err` on file operations.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull {
                path: path.to_owned(),
            },
            _ => Self::Io {
                action,
                path: path.to_owned(),
                source,
            },
        }
    }

    /// Whether the command line names something that doesn't exist.
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::UnknownModule { .. }
                | Self::UnknownFamily { .. }
                | Self::Cost(_)
                | Self::Project(_)
                | Self::NoLmms { .. }
                | Self::NoApplication { .. }
        ) || matches!(self, Self::Io { action: "find", .. })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Metadata { start, source } => write!(
                f,
                "cargo can't read the workspace at {}: {}",
                start.display(),
                source.to_string().trim_end()
            ),
            Self::NoLmms { root } => write!(
                f,
                "nothing in the workspace {} depends on `lmms`: run this inside a workspace that \
                 uses it, or name one with --manifest-path",
                root.display()
            ),
            Self::NoModules { root } => write!(
                f,
                "the workspace {} has no module: a module is a member with a library that has \
                 `lmms::module!();` in its src/lib.rs",
                root.display()
            ),
            Self::UnknownModule { name, known } if known.is_empty() => {
                write!(f, "there is no module `{name}`: the workspace has none")
            }
            Self::UnknownModule { name, known } => write!(
                f,
                "there is no module `{name}`: the workspace has {}",
                known.join(", ")
            ),
            Self::NotBuilt { module, folder } => write!(
                f,
                "the module `{module}` is not built: {} has no library of it; run `{}`",
                folder.display(),
                Caller::of_this_process().build_one(module)
            ),
            Self::SameLibrary { first, second } => write!(
                f,
                "the modules `{first}` and `{second}` would get the same library: rename one of the \
                 packages"
            ),
            Self::NoApplication { wanted } => write!(
                f,
                "the workspace has no {wanted}: run this in the workspace of lmms itself"
            ),
            Self::Cost(error) => error.fmt(f),
            Self::Project(error) => error.fmt(f),
            Self::UnknownFamily { name, known } => write!(
                f,
                "there is no family `{name}` of benchmarks; the families are {}",
                known.join(", ")
            ),
            Self::Python { found } => {
                f.write_str("Home Assistant needs Python 3.11 or 3.12 with its `venv` module")?;
                match found.as_slice() {
                    [] => f.write_str("; no Python was found")?,
                    found => write!(f, "; found {}", found.join(", "))?,
                }
                f.write_str("; on Debian 12, `apt install python3.11-venv`")
            }
            Self::NoValgrind => f.write_str(
                "nothing was counted: valgrind is not in PATH; install it (`apt-get install valgrind`) and \
                 run this again",
            ),
            Self::Io {
                action,
                path,
                source,
            } => {
                write!(f, "can't {action} {}: {source}", path.display())
            }
            Self::DiskFull { path } => write!(
                f,
                "the disk is full at {}: free some space (`cargo clean` frees most) and run this again",
                path.display()
            ),
            Self::Start { command, source } => {
                write!(
                    f,
                    "can't start `{command}`: {source}; is it installed and in PATH?"
                )
            }
            Self::Failed { command, status } => write!(
                f,
                "`{command}` failed ({status}): its output above says why"
            ),
            Self::NoRustLibrary { module, path } => write!(
                f,
                "the module `{module}` has no Rust library that a carrier could link: remove `crate-type` from [lib] in {}, or add \
                 `\"lib\"` to it; `{}` makes the dynamic library",
                path.display(),
                Caller::of_this_process().build()
            ),
            Self::Build {
                crates,
                advice,
                output,
            } => {
                if !output.is_empty() {
                    writeln!(f, "{}", output.trim_end())?;
                }
                if crates.is_empty() {
                    f.write_str("the modules were not built: cargo's message above says why")?;
                } else {
                    write!(
                        f,
                        "the modules were not built, because of {}: fix the errors above",
                        crates.join(", ")
                    )?;
                }
                f.write_str("; the libraries of the last good build are untouched")?;
                lines(f, advice)
            }
            Self::TargetMissing { triple } => write!(
                f,
                "the toolchain has no standard library for {triple}: run `rustup target add \
                 {triple}`"
            ),
            Self::Nightly { purpose, problem } => {
                write!(f, "{purpose} needs a nightly toolchain, and {problem}")
            }
            Self::Answer { command, problem } => {
                write!(f, "unexpected output of `{command}`: {problem}")
            }
            Self::Describe {
                path,
                problem,
                advice,
                ..
            } => {
                write!(
                    f,
                    "the library {} was built but can't be used: {problem}",
                    path.display()
                )?;
                lines(f, advice)
            }
            Self::Mismatch { path, problem } => {
                write!(
                    f,
                    "the library {} doesn't match: {problem}",
                    path.display()
                )
            }
            Self::Disagreement(all) => {
                for (index, disagreement) in all.iter().enumerate() {
                    let gap = if index == 0 { "" } else { "\n\n" };
                    write!(f, "{gap}{disagreement}")?;
                }
                Ok(())
            }
            Self::Elf { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Manifest(source) => source.fmt(f),
            Self::Config { path, problem } => write!(f, "{}: {problem}", path.display()),
            Self::Source { module, problem } => write!(f, "module `{module}`: {problem}"),
        }
    }
}

/// Appends each on a line of its own.
fn lines(f: &mut fmt::Formatter<'_>, lines: &[String]) -> fmt::Result {
    lines.iter().try_for_each(|line| write!(f, "\n{line}"))
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Metadata { source, .. } => Some(source),
            Self::Io { source, .. } | Self::Start { source, .. } => Some(source),
            Self::Elf { source, .. } => Some(source),
            Self::Manifest(source) => Some(source),
            _ => None,
        }
    }
}

impl From<ManifestError> for Error {
    fn from(source: ManifestError) -> Self {
        Self::Manifest(source)
    }
}

impl From<CostError> for Error {
    fn from(mistake: CostError) -> Self {
        Self::Cost(mistake)
    }
}

impl From<ProjectError> for Error {
    fn from(mistake: ProjectError) -> Self {
        Self::Project(mistake)
    }
}
