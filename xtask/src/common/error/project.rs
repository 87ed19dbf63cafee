//! What can be wrong with a wish for a project.

#![forbid(unsafe_code)]

use std::fmt;
use std::path::PathBuf;

/// What can be wrong with a wish for a project, a module or a program.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProjectError {
    /// A project or module can't have this name.
    Name {
        /// What was to be named: `project` or `module`.
        what: &'static str,
        /// The name.
        name: String,
        /// Why not.
        problem: String,
        /// A name that would do, if one is near.
        better: Option<String>,
    },
    /// Something stands where a project or module was to be made.
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// The checkout that this program was installed from is no longer there.
    CheckoutGone {
        /// Where it was.
        path: PathBuf,
    },
    /// Neither the project's LMMS nor the checkout that this program was installed from has the guide.
    NoGuide {
        /// The checkout.
        path: PathBuf,
    },
    /// The folder for the guide has other files in it, which would be removed.
    OtherFiles {
        /// The folder.
        path: PathBuf,
    },
    /// There is no LMMS in a folder that was named.
    NoLmmsAt {
        /// The folder.
        path: PathBuf,
    },
    /// What was given is no folder, git address or version.
    LmmsSource {
        /// What was given.
        given: String,
    },
    /// The module was made, but it can't be read as one.
    Module {
        /// What is wrong.
        problem: String,
    },
    /// Others were built while a program and its modules were put together.
    BuiltMeanwhile {
        /// The folder with the modules.
        folder: PathBuf,
    },
    /// No program uses modules.
    NoProgram {
        /// The workspace.
        root: PathBuf,
    },
    /// Several programs could be run, or none of the name that was asked for.
    WhichProgram {
        /// What was asked for.
        asked: Option<String>,
        /// The packages with programs.
        known: Vec<String>,
    },
}

impl fmt::Display for ProjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name {
                what,
                name,
                problem,
                better,
            } => {
                write!(f, "a {what} can't be called `{name}`: {problem}")?;
                match better {
                    Some(better) => write!(f, "; `{better}` would do"),
                    None => f.write_str("; choose another name"),
                }
            }
            Self::Exists { path } => write!(
                f,
                "{} already exists: choose another name, or remove it first",
                path.display()
            ),
            Self::CheckoutGone { path } => write!(
                f,
                "the checkout of LMMS that this program was installed from is gone: {} has no package `lmms`; \
                 say with --lmms where it is (a folder, a git address or a version), or install this program again",
                path.display()
            ),
            Self::NoGuide { path } => write!(
                f,
                "neither the LMMS of this project nor {}, from which this program was installed, has docs/guide: \
                 install this program again from a checkout of LMMS",
                path.display()
            ),
            Self::OtherFiles { path } => write!(
                f,
                "{} has files that are no guide, and would be emptied: name a new folder, or an empty one",
                path.display()
            ),
            Self::NoLmmsAt { path } => write!(
                f,
                "there is no LMMS in {}: --lmms takes the folder of its repository, or of its package `lmms`",
                path.display()
            ),
            Self::LmmsSource { given } => write!(
                f,
                "`{given}` is no folder, git address or version: --lmms takes one such as ../lmms, \
                 https://example.org/lmms.git or 0.1"
            ),
            Self::Module { problem } => {
                write!(f, "the module was not made: {problem}")
            }
            Self::BuiltMeanwhile { folder } => write!(
                f,
                "another build has changed the modules in {} meanwhile: package again once it is over",
                folder.display()
            ),
            Self::NoProgram { root } => write!(
                f,
                "the workspace {} has no program that uses modules: one is a package with a `src/main.rs` and a \
                 `lmms::gateway!`",
                root.display()
            ),
            Self::WhichProgram { asked, known } => {
                match asked {
                    Some(asked) => write!(f, "no one program is meant by `{asked}`")?,
                    None => f.write_str("there are several programs")?,
                }
                write!(
                    f,
                    ": name its package with -p; there are {}",
                    known.join(", ")
                )
            }
        }
    }
}

impl std::error::Error for ProjectError {}
