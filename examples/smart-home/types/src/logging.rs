//! What the `logging` module takes and gives.

use std::error::Error;
use std::fmt;

use lmms::Portable;

/// How important a log line is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Portable)]
pub enum LogLevel {
    /// Of interest to who looks for a fault.
    Debug,
    /// What happens in the ordinary course.
    #[default]
    Info,
    /// Something unexpected that was coped with.
    Warning,
    /// Something that failed.
    Error,
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LogLevel::Debug => "DEBUG",
            LogLevel::Info => "INFO",
            LogLevel::Warning => "WARNING",
            LogLevel::Error => "ERROR",
        })
    }
}

/// A named value that belongs to a log line.
#[derive(Clone, Debug, PartialEq, Eq, Portable)]
pub struct LogField {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl LogField {
    /// A field.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> LogField {
        LogField {
            name: name.into(),
            value: value.into(),
        }
    }
}

/// A line that was logged, without secrets and control characters.
#[derive(Clone, Debug, PartialEq, Eq, Portable)]
pub struct LogLine {
    /// Its number; lines are numbered from 1 in the order in which they came.
    pub number: u64,
    /// When it came, in milliseconds since the Unix epoch.
    pub unix_ms: u64,
    /// How important it is.
    pub level: LogLevel,
    /// Who logged it.
    pub source: String,
    /// What it says.
    pub message: String,
    /// What else belongs to it.
    pub fields: Vec<LogField>,
}

/// What the module did and holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Portable)]
pub struct LogStats {
    /// The least level that is logged.
    pub level: LogLevel,
    /// Lines logged since the module was last loaded, by level.
    pub logged: Vec<(LogLevel, u64)>,
    /// Lines below the least level.
    pub suppressed: u64,
    /// Lines in memory.
    pub kept: u32,
    /// How many lines may be in memory.
    pub capacity: u32,
    /// Bytes of text in memory.
    pub bytes: u64,
    /// Lines in which a secret was found.
    pub redacted: u64,
}

/// Why a logging operation was refused.
#[derive(Clone, Debug, PartialEq, Eq, Portable)]
#[non_exhaustive]
pub enum LogError {
    /// More lines than can be kept.
    CapacityTooLarge {
        /// What was asked for.
        capacity: u32,
        /// The most that is possible.
        maximum: u32,
    },
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LogError::CapacityTooLarge { capacity, maximum } => {
                write!(
                    f,
                    "{capacity} lines can't be kept in memory; at most {maximum} can"
                )
            }
        }
    }
}

impl Error for LogError {}
