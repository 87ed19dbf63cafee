//! JSON Schemas of portable types: what calls by name take, and what they give.
//!
//! A schema is of draft 2020-12 and describes the form that [`Portable::to_json`] writes. All that a schema allows is
//! read by [`Portable::from_json`], which reads a few other forms as well, such as a number of seconds for a
//! [`Duration`].
//!
//! ```
//! use lmms::{Portable, schema};
//! use serde_json::json;
//!
//! /// What a sensor measured.
//! #[derive(Portable)]
//! struct Reading {
//!     /// Where it hangs.
//!     sensor: String,
//!     celsius: Option<f32>,
//! }
//!
//! let schema = schema::of::<Reading>();
//! let reading = &schema["$defs"]["Reading"];
//! assert_eq!(reading["description"], "What a sensor measured.");
//! assert_eq!(reading["properties"]["sensor"]["description"], "Where it hangs.");
//! assert_eq!(reading["required"], json!(["sensor"]));
//! ```
//!
//! A type with `#[portable(json = "serde")]` has the schema that allows everything, as only its `serde` implementations
//! know its form.
//!
//! [`Duration`]: std::time::Duration

#![forbid(unsafe_code)]

use std::any::TypeId;
use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;

use serde_json::{Map, Value, json};

use super::{Failure, Portable, Success};

/// The dialect of all schemas.
pub const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schema of a type, with the definitions of all types in it.
///
/// ```
/// let schema = lmms::schema::of::<Vec<u8>>();
/// assert_eq!(schema["contentEncoding"], "base64");
/// ```
pub fn of<T: Portable>() -> Value {
    let mut schemas = Schemas::default();
    let root = T::schema(&mut schemas);
    schemas.document(root)
}

/// The definitions that a schema refers to, made as types are met. A type may contain itself.
#[derive(Debug, Default)]
pub struct Schemas {
    names: HashMap<TypeId, String>,
    definitions: BTreeMap<String, Value>,
}

impl Schemas {
    #[doc(hidden)]
    /// Refers to the definition of `T`, which `make` makes if there is none. Types of the same name are told apart by
    /// a number.
    pub fn define<T: 'static>(
        &mut self,
        name: &str,
        docs: &[&str],
        make: impl FnOnce(&mut Schemas) -> Value,
    ) -> Value {
        let id = TypeId::of::<T>();
        if let Some(name) = self.names.get(&id) {
            return refer(name);
        }
        let numbered = (2..).map(|number| format!("{name}{number}"));
        let mut names = std::iter::once(name.to_owned()).chain(numbered);
        let name = names.find(|name| !self.definitions.contains_key(name));
        let name = name.unwrap_or_default();
        self.names.insert(id, name.clone());
        self.definitions.insert(name.clone(), Value::Null);
        let made = described(make(self), docs);
        self.definitions.insert(name.clone(), made);
        refer(&name)
    }

    /// An object with any keys of type `key`.
    pub(super) fn map(&self, key: Value, value: Value) -> Value {
        let mut map = json!({ "type": "object", "additionalProperties": value });
        // Other keys are written as their JSON.
        if self.is_text(&key) {
            map["propertyNames"] = key;
        }
        map
    }

    /// Whether all values of a schema are text.
    fn is_text(&self, schema: &Value) -> bool {
        if let Some(name) = schema["$ref"]
            .as_str()
            .and_then(|it| it.strip_prefix(DEFINITIONS))
        {
            return self
                .definitions
                .get(name)
                .is_some_and(|it| self.is_text(it));
        }
        let variants = schema["oneOf"].as_array();
        schema["type"] == "string"
            || schema["const"].is_string()
            || variants.is_some_and(|all| all.iter().all(|it| self.is_text(it)))
    }

    /// A schema of its own, with the definitions that it refers to.
    pub(crate) fn document(self, root: Value) -> Value {
        let mut document = Map::from_iter([("$schema".to_owned(), Value::from(DIALECT))]);
        match root {
            Value::Object(root) => document.extend(root),
            Value::Bool(false) => drop(document.insert("not".to_owned(), json!({}))),
            _ => {}
        }
        if !self.definitions.is_empty() {
            let definitions = self.definitions.into_iter().collect();
            document.insert("$defs".to_owned(), Value::Object(definitions));
        }
        Value::Object(document)
    }
}

/// Where definitions are.
const DEFINITIONS: &str = "#/$defs/";

fn refer(name: &str) -> Value {
    json!({ "$ref": format!("{DEFINITIONS}{name}") })
}

/// The fields of an object: for generated code.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Fields {
    properties: Map<String, Value>,
    required: Vec<String>,
}

impl Fields {
    /// Adds a field; calls may leave an optional one out.
    pub fn add(&mut self, name: &str, docs: &[&str], schema: Value, optional: bool) {
        self.properties
            .insert(name.to_owned(), described(schema, docs));
        if !optional {
            self.required.push(name.to_owned());
        }
    }

    /// The schema of the object.
    pub fn finish(self) -> Value {
        let mut object = json!({
            "type": "object",
            "properties": self.properties,
            "additionalProperties": false,
        });
        if !self.required.is_empty() {
            object["required"] = Value::from(self.required);
        }
        object
    }
}

/// The variants of an enum: for generated code.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Variants {
    all: Vec<Value>,
}

impl Variants {
    /// Adds a variant without content.
    pub fn unit(&mut self, name: &str, docs: &[&str]) {
        self.all.push(described(json!({ "const": name }), docs));
    }

    /// Adds a variant with content.
    pub fn content(&mut self, name: &str, docs: &[&str], content: Value) {
        let mut fields = Fields::default();
        fields.add(name, &[], content, false);
        self.all.push(described(fields.finish(), docs));
    }

    /// The schema of the enum.
    pub fn finish(self) -> Value {
        let bare = |variant: &Value| match variant.as_object() {
            Some(variant) if variant.len() == 1 => variant.get("const").cloned(),
            _ => None,
        };
        match self.all.iter().map(bare).collect::<Option<Vec<Value>>>() {
            Some(names) if names.is_empty() => Value::Bool(false),
            Some(names) => json!({ "type": "string", "enum": names }),
            None => json!({ "oneOf": self.all }),
        }
    }
}

/// Puts documentation on a schema: the texts of its `doc` attributes.
fn described(schema: Value, docs: &[&str]) -> Value {
    let lines = docs.iter().flat_map(|text| text.split('\n'));
    let lines: Vec<&str> = lines
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    match (schema, lines.join("\n").trim()) {
        (Value::Object(mut schema), text) if !text.is_empty() => {
            schema.insert("description".to_owned(), Value::from(text));
            Value::Object(schema)
        }
        (schema, _) => schema,
    }
}

pub(super) fn text() -> Value {
    json!({ "type": "string" })
}

pub(super) fn text_of(format: &str) -> Value {
    json!({ "type": "string", "format": format })
}

pub(super) fn integer<T: Into<Value>>(least: T, most: T) -> Value {
    json!({ "type": "integer", "minimum": least.into(), "maximum": most.into() })
}

/// An integer of 128 bits, which is text where JSON readers would lose digits.
pub(super) fn wide(signed: bool) -> Value {
    let (sign, least) = if signed {
        ("-?", Value::Null)
    } else {
        ("", json!(0))
    };
    let mut schema = json!({
        "anyOf": [
            { "type": "integer", "minimum": i64::MIN, "maximum": u64::MAX },
            { "type": "string", "pattern": format!("^{sign}[0-9]{{19,39}}$") },
        ]
    });
    if !least.is_null() {
        schema["anyOf"][0]["minimum"] = least;
    }
    schema
}

/// A number; infinities and what is no number are text.
pub(super) fn float(most: Option<f64>) -> Value {
    let mut schema = json!({ "type": ["number", "string"], "pattern": "^(-?inf|NaN)$" });
    if let Some(most) = most {
        schema["minimum"] = json!(-most);
        schema["maximum"] = json!(most);
    }
    schema
}

/// An array of `length` values of these schemas.
#[doc(hidden)]
pub fn tuple(parts: Vec<Value>) -> Value {
    let length = parts.len();
    json!({ "type": "array", "prefixItems": parts, "minItems": length, "maxItems": length })
}

/// What base64 text is made of.
const DIGIT: &str = "[A-Za-z0-9+/]";

/// Bytes, as base64 text.
pub(super) fn bytes() -> Value {
    let pattern = format!("^({DIGIT}{{4}})*({DIGIT}{{2}}==|{DIGIT}{{3}}=)?$");
    json!({ "type": "string", "contentEncoding": "base64", "pattern": pattern })
}

/// The schema of a slice, for slices of this length only.
pub(super) fn of_length(length: usize, mut slice: Value) -> Value {
    let (least, most) = match slice.get("contentEncoding") {
        None => ("minItems", "maxItems"),
        Some(_) => ("minLength", "maxLength"),
    };
    let mut number = length;
    if least == "minLength" {
        let end = ["", "==", "="][length % 3];
        slice["pattern"] = Value::from(format!("^{DIGIT}*{end}$"));
        number = length.div_ceil(3).saturating_mul(4);
    }
    slice[least] = Value::from(number);
    slice[most] = Value::from(number);
    slice
}

pub(super) fn array(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

/// The schema, or `null`.
pub(super) fn nullable(schema: Value) -> Value {
    let one_type = schema.get("type").filter(|it| it.is_string()).cloned();
    match one_type {
        Some(Value::String(ty)) if schema.get("enum").is_none() => {
            let mut schema = schema;
            if ty != "null" {
                schema["type"] = json!([ty, "null"]);
            }
            schema
        }
        _ => json!({ "anyOf": [schema, { "type": "null" }] }),
    }
}

/// The types of a form of call: for generated code.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct FormSchema {
    pub(crate) schemas: Schemas,
    pub(crate) arguments: Vec<Value>,
    pub(crate) result: Value,
    pub(crate) error: Option<Value>,
}

impl FormSchema {
    /// Adds the type of the next argument.
    pub fn argument<T: Portable>(&mut self) {
        self.arguments.push(T::schema(&mut self.schemas));
    }

    /// Notes the type of the result.
    pub fn returned<R: Portable>(&mut self) {
        self.result = of::<Success<R>>();
        let fails = TypeId::of::<Failure<R>>() != TypeId::of::<Infallible>();
        self.error = fails.then(of::<Failure<R>>);
    }
}
