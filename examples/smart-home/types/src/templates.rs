//! What the `templates` module takes, gives and refuses.

use std::error::Error;
use std::fmt;

use lmms::Portable;

/// How the values in a template's output are escaped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Portable)]
pub enum Escaping {
    /// Not at all.
    #[default]
    None,
    /// For HTML and XML, so also for SSML.
    Html,
    /// As JSON values, with quotes around texts.
    Json,
}

/// A template that was registered.
#[derive(Clone, Debug, PartialEq, Eq, Portable)]
pub struct TemplateInfo {
    /// Its name.
    pub name: String,
    /// Its source.
    pub source: String,
    /// How values in it are escaped, as the ending of its name says.
    pub escaping: Escaping,
    /// The variables it reads.
    pub variables: Vec<String>,
}

/// The type of a JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Portable)]
pub enum JsonKind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A number.
    Number,
    /// A text.
    Text,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// What a JSON document is made of.
#[derive(Clone, Debug, PartialEq, Eq, Portable)]
pub struct JsonSummary {
    /// The type of the whole document.
    pub kind: JsonKind,
    /// The names of an object's fields, in order; empty for other types.
    pub fields: Vec<String>,
    /// How deep objects and arrays are nested.
    pub depth: u32,
    /// How many values there are, the document itself included.
    pub values: u64,
    /// The document without blanks.
    pub compact: String,
}

/// Why a template or document could not be used.
#[derive(Clone, Debug, PartialEq, Eq, Portable)]
#[non_exhaustive]
pub enum TemplateError {
    /// The template is not written as it has to be.
    Syntax {
        /// The template.
        name: String,
        /// The line, from 1.
        line: u32,
        /// What is wrong.
        reason: String,
    },
    /// The template could not be rendered with this context.
    Render {
        /// The template.
        name: String,
        /// The line, from 1; 0 where it is unknown.
        line: u32,
        /// What is wrong.
        reason: String,
    },
    /// The template took too long or made too much output.
    TooCostly {
        /// The template.
        name: String,
        /// The steps that one rendering may take; 64 bytes of text count as one.
        steps: u64,
    },
    /// A text that is longer than accepted.
    TooLong {
        /// Which argument.
        argument: String,
        /// Its length in bytes.
        bytes: u64,
        /// The most bytes accepted.
        limit: u64,
    },
    /// No such template.
    Unknown {
        /// The name.
        name: String,
    },
    /// A name that can't be used, or too many or too long templates.
    NotRegistered {
        /// The name.
        name: String,
        /// What is wrong, and what would do.
        reason: String,
    },
    /// Text that is not JSON, or not of the type that is needed.
    InvalidJson {
        /// Which argument.
        argument: String,
        /// What is wrong.
        reason: String,
    },
    /// The document has no value there.
    NoValue {
        /// The path that was looked for.
        key_path: String,
        /// How far the document goes along with it.
        found: String,
    },
    /// A header that can't be sent, or a status that is none.
    InvalidResponse {
        /// What is wrong.
        reason: String,
    },
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TemplateError::Syntax { name, line, reason } => {
                write!(f, "the template `{name}` is wrong in line {line}: {reason}")
            }
            TemplateError::Render {
                name,
                line: 0,
                reason,
            } => {
                write!(f, "the template `{name}` can't be rendered: {reason}")
            }
            TemplateError::Render { name, line, reason } => {
                write!(
                    f,
                    "the template `{name}` can't be rendered, in line {line}: {reason}"
                )
            }
            TemplateError::TooCostly { name, steps } => write!(
                f,
                "the template `{name}` takes more than {steps} steps, where 64 bytes of text count as one; loop over less"
            ),
            TemplateError::TooLong {
                argument,
                bytes,
                limit,
            } => write!(
                f,
                "`{argument}` has {bytes} bytes, more than {limit}; shorten it"
            ),
            TemplateError::Unknown { name } => {
                write!(
                    f,
                    "there is no template `{name}`; `list` gives those there are"
                )
            }
            TemplateError::NotRegistered { name, reason } => {
                write!(f, "the template `{name:.80}` can't be registered: {reason}")
            }
            TemplateError::InvalidJson { argument, reason } => {
                write!(f, "`{argument}` is not the JSON that is needed: {reason}")
            }
            TemplateError::NoValue { key_path, found } => {
                write!(
                    f,
                    "there is no value at `{key_path}`; the document goes as far as `{found}`"
                )
            }
            TemplateError::InvalidResponse { reason } => {
                write!(f, "the response can't be sent: {reason}")
            }
        }
    }
}

impl Error for TemplateError {}
