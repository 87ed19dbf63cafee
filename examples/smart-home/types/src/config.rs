//! What the `config` module takes, gives and refuses.

use std::error::Error;
use std::fmt;

use lmms::Portable;

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq, Portable)]
pub enum ConfigValue {
    /// On or off.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Any finite number.
    Number(f64),
    /// Text, also one of several choices.
    Text(String),
}

impl fmt::Display for ConfigValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigValue::Boolean(value) => value.fmt(f),
            ConfigValue::Integer(value) => value.fmt(f),
            ConfigValue::Number(value) => value.fmt(f),
            ConfigValue::Text(value) => value.fmt(f),
        }
    }
}

/// Which values a parameter may have.
#[derive(Clone, Debug, PartialEq, Portable)]
pub enum ParameterKind {
    /// On or off.
    Boolean,
    /// A whole number within limits, both included.
    Integer {
        /// The least value.
        minimum: i64,
        /// The greatest value.
        maximum: i64,
    },
    /// A finite number within limits, both included.
    Number {
        /// The least value.
        minimum: f64,
        /// The greatest value.
        maximum: f64,
    },
    /// Text without control characters.
    Text {
        /// The greatest number of characters.
        max_length: u32,
    },
    /// One of several words.
    Choice {
        /// The words.
        options: Vec<String>,
    },
}

impl fmt::Display for ParameterKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ParameterKind::Boolean => f.write_str("true or false"),
            ParameterKind::Integer { minimum, maximum } => {
                write!(f, "a whole number from {minimum} to {maximum}")
            }
            ParameterKind::Number { minimum, maximum } => {
                write!(f, "a number from {minimum} to {maximum}")
            }
            ParameterKind::Text { max_length } => {
                write!(f, "text of at most {max_length} characters")
            }
            ParameterKind::Choice { options } => write!(f, "one of {}", options.join(", ")),
        }
    }
}

/// A parameter that exists.
#[derive(Clone, Debug, PartialEq, Portable)]
pub struct ParameterDeclaration {
    /// Its name, `category.name`, in lower case.
    pub key: String,
    /// Which values it may have.
    pub kind: ParameterKind,
    /// Its value where nothing else sets it.
    pub default: ConfigValue,
    /// Whether its value must not be shown.
    pub secret: bool,
    /// What it is for.
    pub description: String,
}

/// Where a value comes from; a later source wins over an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Portable)]
pub enum ConfigSource {
    /// The declaration.
    Default,
    /// The preset that is switched on.
    Preset,
    /// A file or text that was loaded.
    File,
    /// The environment.
    Environment,
    /// A call.
    Call,
}

/// A parameter and its present value.
#[derive(Clone, Debug, PartialEq, Portable)]
pub struct ParameterState {
    /// Its declaration.
    pub declaration: ParameterDeclaration,
    /// The value in force, or `[redacted]` if it is secret and set.
    pub value: ConfigValue,
    /// Where the value comes from.
    pub source: ConfigSource,
}

/// A category of parameters.
#[derive(Clone, Debug, PartialEq, Eq, Portable)]
pub struct CategorySummary {
    /// The part of its keys before the first dot.
    pub name: String,
    /// How many parameters it has.
    pub parameters: u32,
    /// How many of them don't have their default value's source.
    pub changed: u32,
}

/// A preset.
#[derive(Clone, Debug, PartialEq, Portable)]
pub struct PresetInfo {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether it is switched on.
    pub active: bool,
    /// What it sets.
    pub values: Vec<(String, ConfigValue)>,
}

/// A format of configuration text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Portable)]
pub enum ConfigFormat {
    /// TOML: a table for each category.
    Toml,
    /// JSON: an object for each category.
    Json,
}

/// What loading brought.
#[derive(Clone, Debug, Default, PartialEq, Eq, Portable)]
pub struct LoadReport {
    /// Where the values came from: paths, `text`, or `environment PREFIX*`.
    pub origins: Vec<String>,
    /// The keys that the sources set.
    pub applied: Vec<String>,
    /// Variables of the environment that have the prefix but name no parameter.
    pub ignored: Vec<String>,
}

/// Something wrong with a value, or with values that don't go together.
#[derive(Clone, Debug, PartialEq, Eq, Portable)]
pub struct ConfigProblem {
    /// The parameter.
    pub key: String,
    /// What is wrong, and what would do.
    pub problem: String,
}

/// The state of the whole configuration.
#[derive(Clone, Debug, PartialEq, Eq, Portable)]
pub struct ConfigState {
    /// How many parameters there are.
    pub parameters: u32,
    /// How many of them were declared by calls.
    pub declared: u32,
    /// The preset that is switched on.
    pub preset: String,
    /// The file that was loaded last.
    pub file: Option<String>,
    /// The prefix of the variables that were loaded last.
    pub environment_prefix: Option<String>,
    /// How many values each source holds, in the order of their precedence.
    pub values: Vec<(ConfigSource, u32)>,
    /// How often a value changed since the module was loaded.
    pub changes: u64,
}

/// Why a configuration operation was refused. Nothing changed, but for [`NotInForce`](ConfigError::NotInForce).
#[derive(Clone, Debug, PartialEq, Portable)]
#[non_exhaustive]
pub enum ConfigError {
    /// No such parameter.
    UnknownParameter {
        /// The key that was given.
        key: String,
        /// The most similar key there is.
        similar: Option<String>,
    },
    /// No such category.
    UnknownCategory {
        /// The name that was given.
        category: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// No such preset.
    UnknownPreset {
        /// The name that was given.
        preset: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// A value that its parameter may not have.
    InvalidValue {
        /// The parameter.
        key: String,
        /// What is wrong with the value, and what would do.
        reason: String,
    },
    /// A declaration that can't be.
    InvalidDeclaration {
        /// The key that was to be declared.
        key: String,
        /// What is wrong, and what would do.
        reason: String,
    },
    /// A file that can't be read.
    Unreadable {
        /// The file.
        path: String,
        /// What the operating system said.
        reason: String,
    },
    /// Text that is not of its format.
    Malformed {
        /// Where the text came from.
        origin: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Values that can't be used; none of the source's values were.
    Rejected {
        /// Where the values came from.
        origin: String,
        /// All that is wrong with them.
        problems: Vec<ConfigProblem>,
    },
    /// The value was taken, but the module that follows it could not be told.
    NotInForce {
        /// The parameter.
        key: String,
        /// What happened.
        reason: String,
    },
    /// A reload while nothing was loaded yet.
    NothingToReload,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigError::UnknownParameter {
                key,
                similar: Some(similar),
            } => {
                write!(
                    f,
                    "there is no parameter `{key}`; did you mean `{similar}`?"
                )
            }
            ConfigError::UnknownParameter { key, similar: None } => {
                write!(
                    f,
                    "there is no parameter `{key}`; declare it first with `declare_parameter`"
                )
            }
            ConfigError::UnknownCategory { category, known } => {
                write!(
                    f,
                    "there is no category `{category}`; there are {}",
                    known.join(", ")
                )
            }
            ConfigError::UnknownPreset { preset, known } => {
                write!(
                    f,
                    "there is no preset `{preset}`; there are {}",
                    known.join(", ")
                )
            }
            ConfigError::InvalidValue { key, reason } => {
                write!(f, "this can't be the value of `{key}`: {reason}")
            }
            ConfigError::InvalidDeclaration { key, reason } => {
                write!(f, "`{key}` can't be declared: {reason}")
            }
            ConfigError::Unreadable { path, reason } => {
                write!(f, "the configuration file `{path}` can't be read: {reason}")
            }
            ConfigError::Malformed { origin, reason } => {
                write!(f, "{origin} can't be read: {reason}")
            }
            ConfigError::Rejected { origin, problems } => {
                write!(f, "nothing was taken from {origin}:")?;
                for ConfigProblem { key, problem } in problems {
                    write!(f, " `{key}`: {problem};")?;
                }
                f.write_str(" correct this and load it again")
            }
            ConfigError::NotInForce { key, reason } => {
                write!(
                    f,
                    "`{key}` is set, but its module could not be told: {reason}; set it again"
                )
            }
            ConfigError::NothingToReload => {
                f.write_str("nothing was loaded yet; use `load_file` or `load_environment` first")
            }
        }
    }
}

impl Error for ConfigError {}
