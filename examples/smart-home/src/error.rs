//! Why the program can't do what it was asked to.
#![forbid(unsafe_code)]

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why a command has no answer. Each text says what to do about it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// LMMS can't be opened, or can't make a call.
    Lmms(lmms::Error),
    /// An operation panicked.
    Panicked(lmms::Panic),
    /// Home Assistant wants a token and none is given.
    NoToken {
        /// The server's address.
        url: String,
    },
    /// There is no folder for the home's database.
    NoDataFolder,
    /// Options that don't go together, or don't fit the command.
    Options {
        /// What is wrong.
        problem: String,
    },
    /// A file can't be read or written.
    File {
        /// What was being done, such as `read`.
        action: &'static str,
        /// The file; `-` is the standard input.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file with the entities that are shown can't be meant.
    Entities {
        /// The file; `-` is the standard input.
        path: PathBuf,
        /// What is wrong, where, and what to write instead.
        problem: String,
    },
    /// The arguments of a call by name are no JSON object.
    Arguments {
        /// What is wrong.
        problem: String,
    },
    /// Nothing in the registry matches.
    NoMatch {
        /// What was looked for.
        filter: String,
        /// Something similar that there is.
        similar: Option<String>,
    },
    /// The answer can't be written.
    Output(io::Error),
}

impl Error {
    /// A file that could not be used.
    pub fn file(action: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::File {
            action,
            path: path.into(),
            source,
        }
    }

    /// Whether the reader of the output went away, which is no failure.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl From<lmms::Error> for Error {
    fn from(error: lmms::Error) -> Self {
        Self::Lmms(error)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<lmms::CallError> for Error {
    fn from(error: lmms::CallError) -> Self {
        match error {
            lmms::CallError::Operation(never) => match never {},
            lmms::CallError::Panicked(panic) => Self::Panicked(*panic),
            lmms::CallError::Lmms(error) => Self::Lmms(*error),
            // The enum may grow; what it says about itself is all there is to know.
            other => Self::Options {
                problem: other.to_string(),
            },
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lmms(error) => error.fmt(f),
            Self::Panicked(panic) => panic.fmt(f),
            Self::NoToken { url } => write!(
                f,
                "Home Assistant at {url} wants an access token: set HOME_ASSISTANT_TOKEN to a long-lived one, \
                 made on the server under your profile, Security"
            ),
            Self::NoDataFolder => f.write_str(
                "there is no folder for the home's database: neither XDG_DATA_HOME nor HOME is set; \
                 name a file with --database",
            ),
            Self::Options { problem } => f.write_str(problem),
            Self::File {
                action,
                path,
                source,
            } => write!(f, "can't {action} {}: {source}", path.display()),
            Self::Entities { path, problem } => {
                write!(f, "the entities in {}: {problem}", path.display())
            }
            Self::Arguments { problem } => write!(
                f,
                "the arguments {problem}; give a JSON object such as '{{\"name\": \"kitchen\"}}', @FILE or - for the standard input"
            ),
            Self::NoMatch { filter, similar } => {
                write!(f, "no operation matches `{filter}`")?;
                match similar {
                    Some(similar) => write!(f, "; did you mean `{similar}`?"),
                    None => f.write_str("; `smart-home operations` lists them all"),
                }
            }
            Self::Output(error) => write!(f, "can't write the answer: {error}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // Display already says what the system said.
        match self {
            Self::Lmms(error) => error.source(),
            _ => None,
        }
    }
}
