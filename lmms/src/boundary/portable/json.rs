//! Portable values as JSON: how arguments and results look in calls by name.
//!
//! Structs are objects with their field names, tuples and sequences are arrays, a unit variant is
//! its name, other variants are `{"Name": content}`, `Option` is `null` or the value, bytes are
//! base64 text (an array of numbers is understood too).

#![forbid(unsafe_code)]

mod scalars;
mod through_serde;

pub(super) use scalars::*;
pub use through_serde::through_serde;

use std::fmt::{self, Write as _};

use serde_json::{Map, Value};

use super::Portable;

/// Why a JSON value is not the wanted type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// Where in the value, from the outside in: `.devices[2].name`.
    path: String,
    problem: String,
}

impl JsonError {
    /// A value of another kind than `what`.
    pub fn expected(what: impl fmt::Display, found: &Value) -> Self {
        Self::new(format!("expected {what}, found {}", describe(found)))
    }

    /// A problem in words.
    pub fn new(problem: impl Into<String>) -> Self {
        Self {
            path: String::new(),
            problem: problem.into(),
        }
    }

    pub(super) fn length(expected: usize, found: usize) -> Self {
        Self::new(format!("expected {expected} elements, found {found}"))
    }

    /// The same error, seen from an object that holds the value as `name`.
    #[must_use]
    pub fn at_field(mut self, name: &str) -> Self {
        self.path = format!(".{name}{}", self.path);
        self
    }

    /// The same error, seen from an array that holds the value at `index`.
    #[must_use]
    pub fn at_index(mut self, index: usize) -> Self {
        self.path = format!("[{index}]{}", self.path);
        self
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.problem)
        } else {
            write!(
                f,
                "at `{}`: {}",
                self.path.trim_start_matches('.'),
                self.problem
            )
        }
    }
}

impl std::error::Error for JsonError {}

/// A short description of a value, for messages: never more than a line.
fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(b) => b.to_string(),
        Value::Number(n) => n.to_string(),
        Value::String(text) => {
            let mut short: String = text.chars().take(32).collect();
            if short.len() < text.len() {
                short.push('…');
            }
            format!("the text {short:?}")
        }
        Value::Array(items) => format!("an array of {}", items.len()),
        Value::Object(_) => "an object".into(),
    }
}

/// Reads a struct's fields from an object, and says which one is missing, wrong or unknown.
#[derive(Debug)]
pub struct ObjectReader {
    type_name: &'static str,
    fields: Map<String, Value>,
}

impl ObjectReader {
    /// A reader of `value`, which must be an object.
    ///
    /// # Errors
    /// `value` is something else.
    pub fn new(value: Value, type_name: &'static str) -> Result<Self, JsonError> {
        match value {
            Value::Object(fields) => Ok(Self { type_name, fields }),
            other => Err(JsonError::expected(
                format_args!("an object ({type_name})"),
                &other,
            )),
        }
    }

    /// Takes the field `name`.
    ///
    /// # Errors
    /// It is missing and its type has no default for that, or it is of the wrong type.
    pub fn field<T: Portable>(&mut self, name: &str) -> Result<T, JsonError> {
        self.field_with(name, T::from_json, T::missing)
    }

    /// Takes the field `name` with functions of its type: for generated code, where the compiler
    /// then points at the field's type.
    ///
    /// # Errors
    /// As [`field`](Self::field).
    pub fn field_with<T>(
        &mut self,
        name: &str,
        read: fn(Value) -> Result<T, JsonError>,
        missing: fn() -> Option<T>,
    ) -> Result<T, JsonError> {
        match self.fields.remove(name) {
            Some(value) => read(value).map_err(|error| error.at_field(name)),
            None => missing()
                .ok_or_else(|| JsonError::new(format!("`{name}` is missing ({})", self.type_name))),
        }
    }

    /// Ends the reading: what is left over is a mistake.
    ///
    /// # Errors
    /// Names the first field that the type does not have.
    pub fn finish(self) -> Result<(), JsonError> {
        match self.fields.keys().next() {
            None => Ok(()),
            Some(name) => Err(JsonError::new(format!(
                "unknown field `{name}` ({})",
                self.type_name
            ))),
        }
    }
}

/// Reads an enum: `"Name"` or `{"Name": content}`.
#[derive(Debug)]
pub struct VariantReader {
    type_name: &'static str,
    name: String,
    content: Value,
}

impl VariantReader {
    /// A reader of `value`.
    ///
    /// # Errors
    /// `value` is neither text nor an object with exactly one field.
    pub fn new(value: Value, type_name: &'static str) -> Result<Self, JsonError> {
        match value {
            Value::String(name) => Ok(Self {
                type_name,
                name,
                content: Value::Null,
            }),
            Value::Object(fields) if fields.len() == 1 => {
                let (name, content) = fields.into_iter().next().unwrap_or_default();
                Ok(Self {
                    type_name,
                    name,
                    content,
                })
            }
            other => Err(JsonError::expected(
                format_args!("a variant of {type_name}: \"Name\" or {{\"Name\": …}}"),
                &other,
            )),
        }
    }

    /// The variant's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Ends the reading of a unit variant.
    ///
    /// # Errors
    /// The variant came with content.
    pub fn unit(&mut self) -> Result<(), JsonError> {
        <() as Portable>::from_json(self.content.take()).map_err(|error| error.at_field(&self.name))
    }

    /// The content of a variant with one unnamed field.
    ///
    /// # Errors
    /// It is of the wrong type.
    pub fn content<T: Portable>(&mut self) -> Result<T, JsonError> {
        self.content_with(T::from_json)
    }

    /// The content with a function of its type: for generated code.
    ///
    /// # Errors
    /// As [`content`](Self::content).
    pub fn content_with<T>(
        &mut self,
        read: fn(Value) -> Result<T, JsonError>,
    ) -> Result<T, JsonError> {
        read(self.content.take()).map_err(|error| error.at_field(&self.name))
    }

    /// The content of a variant with named fields.
    ///
    /// # Errors
    /// It is no object.
    pub fn object(&mut self) -> Result<ObjectReader, JsonError> {
        ObjectReader::new(self.content.take(), self.type_name)
            .map_err(|error| error.at_field(&self.name))
    }

    /// The error for a name that is none of `known`.
    pub fn unknown(&self, known: &[&str]) -> JsonError {
        JsonError::new(format!(
            "`{}` is no variant of {}; it has {}",
            self.name,
            self.type_name,
            known.join(", ")
        ))
    }
}

/// `{"name": content}`.
pub fn variant_to_json(name: &str, content: Value) -> Value {
    let mut object = Map::new();
    object.insert(name.to_owned(), content);
    Value::Object(object)
}

pub(super) fn array(value: Value) -> Result<Vec<Value>, JsonError> {
    match value {
        Value::Array(items) => Ok(items),
        other => Err(JsonError::expected("an array", &other)),
    }
}

pub(super) fn object(value: Value) -> Result<Map<String, Value>, JsonError> {
    match value {
        Value::Object(fields) => Ok(fields),
        other => Err(JsonError::expected("an object", &other)),
    }
}

/// JSON object keys are text: other keys are written as their JSON.
pub(super) fn map_key_to<K: Portable>(key: &K) -> String {
    match key.to_json() {
        Value::String(text) => text,
        other => {
            let mut text = String::new();
            // Writing to a String can't fail.
            let _ = write!(text, "{other}");
            text
        }
    }
}

pub(super) fn map_key_from<K: Portable>(text: String) -> Result<K, JsonError> {
    let other = serde_json::from_str::<Value>(&text).ok();
    K::from_json(Value::String(text)).or_else(|error| match other {
        Some(value) if !value.is_string() => K::from_json(value),
        _ => Err(error),
    })
}

#[cfg(test)]
mod tests;
