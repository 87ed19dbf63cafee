//! Why a manifest can't be used.

#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::{fmt, io};

use super::scarcity;

/// The manifest format that this version reads and writes.
pub const FORMAT: u32 = 2;

/// Why a manifest could not be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum ManifestError {
    /// The file is missing or can't be read.
    Read {
        /// The manifest.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What stands there is no file, or far too long a one.
    Unusable {
        /// The manifest.
        path: PathBuf,
        /// What is wrong.
        problem: &'static str,
    },
    /// The file is no manifest.
    Malformed {
        /// The manifest.
        path: PathBuf,
        /// Where parsing stopped.
        source: serde_json::Error,
    },
    /// The file has a format of another version of LMMS.
    Format {
        /// The manifest.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// An entry makes no sense.
    Entry {
        /// The manifest.
        path: PathBuf,
        /// The entry's module.
        module: String,
        /// What is wrong.
        problem: &'static str,
    },
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rebuild = "run `cargo lmms build`";
        match self {
            Self::Read { path, source } if source.kind() == io::ErrorKind::NotFound => {
                write!(f, "no module manifest at {}: {rebuild}", path.display())
            }
            Self::Read { path, source } => {
                write!(f, "can't read the manifest {}", path.display())?;
                match scarcity(source) {
                    Some(advice) => write!(f, ": {advice}"),
                    None => Ok(()),
                }
            }
            Self::Unusable { path, problem } => {
                write!(f, "{} {problem}: {rebuild}", path.display())
            }
            Self::Malformed { path, .. } => {
                write!(f, "{} is not a module manifest: {rebuild}", path.display())
            }
            Self::Format { path, found } => write!(
                f,
                "{} has manifest format {found}, this program reads {FORMAT}: {rebuild}",
                path.display()
            ),
            Self::Entry {
                path,
                module,
                problem,
            } => write!(
                f,
                "{}: module `{module}` {problem}: {rebuild}",
                path.display()
            ),
        }
    }
}

impl std::error::Error for ManifestError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Read { source, .. } => Some(source),
            Self::Malformed { source, .. } => Some(source),
            Self::Unusable { .. } | Self::Format { .. } | Self::Entry { .. } => None,
        }
    }
}
