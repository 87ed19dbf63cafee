//! Portable values as JSON: how arguments and results look in calls by name.
//!
//! Structs are objects with their field names, tuples and sequences are arrays, a unit variant is
//! its name, other variants are `{"Name": content}`, `Option` is `null` or the value, bytes are
//! base64 text (an array of numbers is understood too).

#![forbid(unsafe_code)]

use super::Portable;
use serde_json::{Map, Value};

use std::fmt::{self, Write as _};
use std::time::{Duration, SystemTime};

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

pub(super) fn text_from(value: Value) -> Result<String, JsonError> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(JsonError::expected("text", &other)),
    }
}

pub(super) fn bool_from(value: Value) -> Result<bool, JsonError> {
    value
        .as_bool()
        .ok_or_else(|| JsonError::expected("true or false", &value))
}

pub(super) fn integer_to<T: Into<Integer>>(number: T) -> Value {
    match number.into() {
        Integer::Signed(number) => Value::from(number),
        Integer::Unsigned(number) => Value::from(number),
    }
}

/// An integer of any width up to 64 bits.
pub(super) enum Integer {
    Signed(i64),
    Unsigned(u64),
}

macro_rules! widen {
    ($($type:ident $variant:ident $wide:ident),*) => {$(
        impl From<$type> for Integer {
            fn from(number: $type) -> Self {
                Self::$variant(number as $wide)
            }
        }
    )*};
}

widen!(
    i8 Signed i64, i16 Signed i64, i32 Signed i64, i64 Signed i64, isize Signed i64,
    u8 Unsigned u64, u16 Unsigned u64, u32 Unsigned u64, u64 Unsigned u64, usize Unsigned u64
);

pub(super) fn integer_from<T>(value: Value) -> Result<T, JsonError>
where
    T: TryFrom<i64> + TryFrom<u64>,
{
    let number = value
        .as_i64()
        .and_then(|number| T::try_from(number).ok())
        .or_else(|| value.as_u64().and_then(|number| T::try_from(number).ok()));
    number.ok_or_else(|| JsonError::expected(std::any::type_name::<T>(), &value))
}

macro_rules! wide {
    ($($type:ident $to:ident $from:ident),*) => {$(
        /// Beyond 64 bits JSON readers lose digits, so those are text.
        pub(super) fn $to(number: $type) -> Value {
            if let Ok(number) = i64::try_from(number) {
                Value::from(number)
            } else if let Ok(number) = u64::try_from(number) {
                Value::from(number)
            } else {
                Value::String(number.to_string())
            }
        }

        pub(super) fn $from(value: Value) -> Result<$type, JsonError> {
            let number = match &value {
                Value::String(digits) => digits.parse().ok(),
                other => other
                    .as_i64()
                    .and_then(|number| $type::try_from(number).ok())
                    .or_else(|| other.as_u64().map(<$type>::from)),
            };
            number.ok_or_else(|| JsonError::expected(stringify!($type), &value))
        }
    )*};
}

wide!(i128 i128_to i128_from, u128 u128_to u128_from);

/// JSON has no infinities: they are text.
pub(super) fn f64_to(number: f64) -> Value {
    if number.is_finite() {
        Value::from(number)
    } else {
        Value::String(number.to_string())
    }
}

pub(super) fn f64_from(value: Value) -> Result<f64, JsonError> {
    let number = match &value {
        Value::String(text) => text.parse().ok().filter(|number: &f64| !number.is_finite()),
        other => other.as_f64(),
    };
    number.ok_or_else(|| JsonError::expected("a number", &value))
}

pub(super) fn f32_to(number: f32) -> Value {
    f64_to(f64::from(number))
}

pub(super) fn f32_from(value: Value) -> Result<f32, JsonError> {
    let wide = f64_from(value)?;
    let number = wide as f32;
    if number.is_finite() == wide.is_finite() {
        Ok(number)
    } else {
        Err(JsonError::new(format!("{wide} is out of range for f32")))
    }
}

pub(super) fn char_to(character: char) -> Value {
    Value::String(character.into())
}

pub(super) fn char_from(value: Value) -> Result<char, JsonError> {
    let mut characters = value.as_str().unwrap_or_default().chars();
    match (characters.next(), characters.next()) {
        (Some(character), None) => Ok(character),
        _ => Err(JsonError::expected("text of one character", &value)),
    }
}

pub(super) fn duration_to(duration: Duration) -> Value {
    serde_json::json!({ "secs": duration.as_secs(), "nanos": duration.subsec_nanos() })
}

/// A number of seconds is understood too.
pub(super) fn duration_from(value: Value) -> Result<Duration, JsonError> {
    if let Some(seconds) = value.as_f64() {
        return Duration::try_from_secs_f64(seconds)
            .map_err(|error| JsonError::new(error.to_string()));
    }
    let mut reader = ObjectReader::new(value, "Duration")?;
    let seconds: u64 = reader.field("secs")?;
    let nanos: u32 = reader.field("nanos")?;
    reader.finish()?;
    if nanos < 1_000_000_000 {
        Ok(Duration::new(seconds, nanos))
    } else {
        Err(JsonError::new("`nanos` must be below 1000000000"))
    }
}

/// Seconds since the Unix epoch; before it they are negative.
pub(super) fn system_time_to(time: SystemTime) -> Value {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => duration_to(after),
        Err(before) => f64_to(-before.duration().as_secs_f64()),
    }
}

pub(super) fn system_time_from(value: Value) -> Result<SystemTime, JsonError> {
    let time = match value.as_f64() {
        Some(seconds) if seconds < 0.0 => Duration::try_from_secs_f64(-seconds)
            .ok()
            .and_then(|before| SystemTime::UNIX_EPOCH.checked_sub(before)),
        _ => SystemTime::UNIX_EPOCH.checked_add(duration_from(value)?),
    };
    time.ok_or_else(|| JsonError::new("the time is out of range"))
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(super) fn bytes_to(bytes: &[u8]) -> Value {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let mut block = [0_u8; 4];
        block[1..=chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes(block);
        for position in 0..4_u32 {
            if position as usize > chunk.len() {
                text.push('=');
            } else {
                text.push(BASE64[(bits >> (18 - 6 * position)) as usize & 63] as char);
            }
        }
    }
    Value::String(text)
}

pub(super) fn bytes_from(value: Value) -> Result<Vec<u8>, JsonError> {
    match value {
        Value::String(text) => base64_decode(text.as_bytes())
            .ok_or_else(|| JsonError::new("expected base64 text (RFC 4648, padded)")),
        Value::Array(items) => items
            .into_iter()
            .enumerate()
            .map(|(index, item)| u8::from_json(item).map_err(|error| error.at_index(index)))
            .collect(),
        other => Err(JsonError::expected(
            "base64 text or an array of bytes",
            &other,
        )),
    }
}

fn base64_decode(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| {
        Some(match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        })
    };
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    let digits = &text[..text.len() - padding];
    // Two digits make a byte, so a block holds at least two of them.
    if padding > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for chunk in digits.chunks(4) {
        let mut bits = 0_u32;
        for position in 0..4 {
            let value = match chunk.get(position) {
                Some(byte) => digit(*byte)?,
                None => 0,
            };
            bits = bits << 6 | u32::from(value);
        }
        bytes.extend_from_slice(&bits.to_be_bytes()[1..chunk.len()]);
    }
    Some(bytes)
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
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::{BTreeMap, HashSet};

    fn round_trip<T: Portable + PartialEq + fmt::Debug>(value: T) {
        assert_eq!(T::from_json(value.to_json()), Ok(value));
    }

    #[test]
    fn values_survive_the_round_trip() {
        round_trip(-7_i8);
        round_trip(u64::MAX);
        round_trip(u128::MAX);
        round_trip(i128::MIN);
        round_trip(f64::INFINITY);
        round_trip('ü');
        round_trip(Duration::new(3, 5));
        round_trip(SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000));
        round_trip(SystemTime::UNIX_EPOCH - Duration::from_secs(5));
        round_trip((1_u8, "two".to_owned(), Some(3.0_f64)));
        round_trip([1_u16, 2, 3]);
        round_trip(vec![Some(true), None]);
        round_trip(BTreeMap::from([
            (1_u32, "one".to_owned()),
            (2, "two".to_owned()),
        ]));
        round_trip(BTreeMap::from([("1".to_owned(), 1_u8)]));
        round_trip(HashSet::from(["a".to_owned()]));
        round_trip(Err::<u8, String>("no".to_owned()));
        for length in 0..20_u8 {
            round_trip((0..length).map(|n| n.wrapping_mul(67)).collect::<Vec<u8>>());
        }
    }

    #[test]
    fn bytes_are_standard_base64() {
        // RFC 4648, section 10.
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(bytes_to(plain.as_bytes()), json!(coded));
            assert_eq!(bytes_from(json!(coded)), Ok(plain.as_bytes().to_vec()));
        }
        for bad in ["Z", "Zg=", "Zg===", "====", "Z=g=", "Zm9v!A=="] {
            assert!(bytes_from(json!(bad)).is_err(), "{bad}");
        }
        assert_eq!(bytes_from(json!([1, 255])), Ok(vec![1, 255]));
    }

    #[test]
    fn errors_say_where_and_what() {
        let error = Vec::<(u8, Option<bool>)>::from_json(json!([[1, true], [300, null]]));
        assert_eq!(
            error.unwrap_err().to_string(),
            "at `[1][0]`: expected u8, found 300"
        );
        let error = BTreeMap::<String, u8>::from_json(json!({ "a": "x" })).unwrap_err();
        assert_eq!(
            error.to_string(),
            "at `a`: expected u8, found the text \"x\""
        );
        assert!(u8::from_json(json!(1.5)).is_err());
        assert!(f32::from_json(json!(1e300)).is_err());
        assert!(<[u8; 2]>::from_json(json!([1])).is_err());
        assert!(Duration::from_json(json!(-1)).is_err());
        assert!(SystemTime::from_json(json!(-1e300)).is_err());
    }
}
