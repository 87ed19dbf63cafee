//! JSON documents that keep what they were made of: each digit of each number, and each field.
//!
//! A parser that reads numbers into machine words makes another document of `{"id": 12345678901234567890123}`, and one
//! that reads objects into maps loses the first of two fields with one name. Here a number stays the text that it is.

use std::fmt;

use serde::de::IgnoredAny;

/// A JSON value; the fields of objects are in the order of their names.
///
/// ```
/// use home_types::json::Json;
/// let id = r#"{"id":12345678901234567890123}"#;
/// assert_eq!(Json::parse(id).unwrap().to_string(), id);
/// assert!(Json::parse(r#"{"id":1,"id":2}"#).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it was written.
    Number(Box<str>),
    /// A text.
    Text(String),
    /// An array.
    Array(Vec<Json>),
    /// An object's fields, by name.
    Object(Vec<(String, Json)>),
}

/// Why a text is not taken as JSON. It tells the place, and nothing of the text but a field's name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonError {
    /// The text is longer than accepted.
    TooLong {
        /// Its length in bytes.
        bytes: usize,
    },
    /// The text is not JSON, or is nested deeper than [`DEEPEST`].
    Syntax {
        /// What is wrong, and where.
        reason: String,
    },
    /// An object has two fields of one name, and it can't be told which one counts.
    Duplicate {
        /// The name.
        field: String,
    },
}

/// The most levels of arrays and objects, the values inside counted.
pub const DEEPEST: usize = 128;
/// The longest document, in bytes: in memory it may take some thirty times as much.
pub const LONGEST: usize = 2 << 20;

impl Json {
    /// Reads a document.
    ///
    /// # Errors
    /// It is longer than [`LONGEST`], or not JSON, or an object has two fields of one name.
    pub fn parse(text: &str) -> Result<Json, JsonError> {
        Json::parse_with(text, Duplicates::Refuse)
    }

    /// Reads a document; fields of one name stay side by side.
    ///
    /// # Errors
    /// It is longer than [`LONGEST`], or not JSON.
    pub fn parse_all(text: &str) -> Result<Json, JsonError> {
        Json::parse_with(text, Duplicates::Keep)
    }

    fn parse_with(text: &str, duplicates: Duplicates) -> Result<Json, JsonError> {
        if text.len() > LONGEST {
            return Err(JsonError::TooLong { bytes: text.len() });
        }
        // Afterwards the text is known to be JSON.
        serde_json::from_str::<IgnoredAny>(text).map_err(|error| syntax(&error))?;
        let mut reader = Reader {
            text,
            at: 0,
            depth: 0,
            duplicates,
        };
        reader.value()
    }

    /// The field of an object.
    pub fn get(&self, name: &str) -> Option<&Json> {
        let Json::Object(fields) = self else {
            return None;
        };
        let at = fields.binary_search_by(|(field, _)| field.as_str().cmp(name));
        at.ok().map(|at| &fields[at].1)
    }

    /// The place of a field in an object, which is made with `null` if there is none; `None` if this is no object.
    pub fn entry(&mut self, name: &str) -> Option<&mut Json> {
        let Json::Object(fields) = self else {
            return None;
        };
        let at = match fields.binary_search_by(|(field, _)| field.as_str().cmp(name)) {
            Ok(at) => at,
            Err(at) => {
                fields.insert(at, (name.to_owned(), Json::Null));
                at
            }
        };
        Some(&mut fields[at].1)
    }

    /// The document with line breaks, each level indented by two blanks.
    pub fn pretty(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, Some(0));
        out
    }

    fn write(&self, out: &mut String, level: Option<usize>) {
        let line = |out: &mut String, level: Option<usize>| {
            if let Some(level) = level {
                out.push('\n');
                out.extend(std::iter::repeat_n("  ", level));
            }
        };
        let inner = level.map(|level| level + 1);
        match self {
            Json::Null => out.push_str("null"),
            Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Json::Number(text) => out.push_str(text),
            Json::Text(text) => out.push_str(&quoted(text)),
            Json::Array(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at > 0 { "," } else { "" });
                    line(out, inner);
                    item.write(out, inner);
                }
                line(out, level.filter(|_| !items.is_empty()));
                out.push(']');
            }
            Json::Object(fields) => {
                out.push('{');
                for (at, (name, field)) in fields.iter().enumerate() {
                    out.push_str(if at > 0 { "," } else { "" });
                    line(out, inner);
                    out.push_str(&quoted(name));
                    out.push_str(if level.is_some() { ": " } else { ":" });
                    field.write(out, inner);
                }
                line(out, level.filter(|_| !fields.is_empty()));
                out.push('}');
            }
        }
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        self.write(&mut out, None);
        f.write_str(&out)
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JsonError::TooLong { bytes } => {
                write!(
                    f,
                    "it has {bytes} bytes, more than {LONGEST}; send less at once"
                )
            }
            JsonError::Syntax { reason } => f.write_str(reason),
            JsonError::Duplicate { field } => {
                write!(f, "an object has two fields `{field:.80}`; leave one out")
            }
        }
    }
}

impl std::error::Error for JsonError {}

/// The number that a text stands for, if a floating-point number holds each of its digits.
pub fn exact_float(text: &str) -> Option<f64> {
    let number: f64 = text
        .parse()
        .ok()
        .filter(|number: &f64| number.is_finite())?;
    (digits(text)? == digits(&format!("{number:e}"))?).then_some(number)
}

/// The digits of a number without zeros at either end, and the power of ten behind the first of them.
fn digits(text: &str) -> Option<(String, i64)> {
    let text = text.trim_start_matches('-').to_ascii_lowercase();
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i64 = exponent.trim_start_matches('+').parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let significant = all.trim_start_matches('0');
    let leading = (all.len() - significant.len()) as i64;
    let significant = significant.trim_end_matches('0').to_owned();
    if significant.is_empty() {
        return Some((significant, 0));
    }
    Some((
        significant,
        exponent.checked_add(whole.len() as i64 - leading)?,
    ))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Duplicates {
    Refuse,
    Keep,
}

/// Takes a text apart that is known to be JSON.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    duplicates: Duplicates,
}

impl Reader<'_> {
    fn value(&mut self) -> Result<Json, JsonError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            let reason = format!("it is nested more than {DEEPEST} levels deep");
            return Err(JsonError::Syntax { reason });
        }
        let value = match self.peek() {
            Some(b'{') => self.object()?,
            Some(b'[') => self.array()?,
            Some(b'"') => Json::Text(self.string()?),
            _ => match self.word() {
                "null" => Json::Null,
                "true" => Json::Bool(true),
                "false" => Json::Bool(false),
                number => Json::Number(number.into()),
            },
        };
        self.depth -= 1;
        Ok(value)
    }

    fn object(&mut self) -> Result<Json, JsonError> {
        let mut fields = Vec::new();
        while self.goes_on(b'}') {
            let name = self.string()?;
            self.peek();
            self.at += 1;
            fields.push((name, self.value()?));
        }
        fields.sort_by(|(one, _), (other, _)| one.cmp(other));
        let twice = fields.windows(2).find(|pair| pair[0].0 == pair[1].0);
        match twice {
            Some(pair) if self.duplicates == Duplicates::Refuse => Err(JsonError::Duplicate {
                field: pair[0].0.clone(),
            }),
            _ => Ok(Json::Object(fields)),
        }
    }

    fn array(&mut self) -> Result<Json, JsonError> {
        let mut items = Vec::new();
        while self.goes_on(b']') {
            items.push(self.value()?);
        }
        Ok(Json::Array(items))
    }

    /// Goes behind an opening bracket or a comma, or behind the closing bracket, where there is nothing more.
    fn goes_on(&mut self, close: u8) -> bool {
        let is_close = self.peek() == Some(close);
        self.at += 1;
        if !is_close && self.peek() == Some(close) {
            self.at += 1;
            return false;
        }
        !is_close
    }

    fn string(&mut self) -> Result<String, JsonError> {
        self.peek();
        let start = self.at;
        let mut escaped = false;
        let length = self.text.as_bytes()[start + 1..].iter().position(|byte| {
            let closes = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            closes
        });
        self.at = length.map_or(self.text.len(), |length| start + length + 2);
        serde_json::from_str(&self.text[start..self.at]).map_err(|error| syntax(&error))
    }

    /// A number or a literal.
    fn word(&mut self) -> &str {
        let start = self.at;
        let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b',' | b']' | b'}');
        let length = self.text.as_bytes()[start..].iter().position(ends);
        self.at = length.map_or(self.text.len(), |length| start + length);
        &self.text[start..self.at]
    }

    /// The next byte that is no blank.
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }
}

fn syntax(error: &serde_json::Error) -> JsonError {
    JsonError::Syntax {
        reason: error.to_string(),
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_come_back_as_they_were() {
        for text in [
            "null",
            "true",
            "false",
            "0",
            "-0",
            "12345678901234567890123",
            "-12345678901234567890123",
            "0.1234567890123456789012",
            "1e400",
            "1E+2",
            "1.0",
            "\"\"",
            "\"\\u0000\\\"\\\\\"",
            "\"ü😀\"",
            "[]",
            "{}",
            "[[],{},[{}]]",
            "[1,\"]\",{\"}\":\",\"}]",
            r#"{"a":[1,2],"b":{"c":null}}"#,
        ] {
            let json = Json::parse(text).unwrap();
            assert_eq!(json.to_string(), text);
            assert_eq!(Json::parse(&json.pretty()).unwrap(), json, "{text}");
            let spaced = text.replace(',', " ,\n").replace(':', "\t: ");
            if !text.contains("\",\"") {
                assert_eq!(Json::parse(&spaced).unwrap(), json, "{spaced}");
            }
        }
        let pretty = Json::parse(r#"{"b":[1,{}],"a":[]}"#).unwrap().pretty();
        assert_eq!(
            pretty,
            "{\n  \"a\": [],\n  \"b\": [\n    1,\n    {}\n  ]\n}"
        );
        assert_eq!(
            Json::parse("\"\\u00fc\\ud83d\\ude00\""),
            Ok(Json::Text("ü😀".into()))
        );
    }

    #[test]
    fn fields_of_one_name_are_refused_or_kept() {
        for (text, field) in [
            (r#"{"a":1,"b":2,"a":3}"#, "a"),
            (r#"[{"x":{"b":1,"\u0062":2}}]"#, "b"),
            (r#"{"":1,"":1}"#, ""),
        ] {
            let error = Json::parse(text).unwrap_err();
            assert_eq!(
                error,
                JsonError::Duplicate {
                    field: field.into()
                }
            );
        }
        let all = Json::parse_all(r#"{"a":1,"b":2,"a":3}"#).unwrap();
        assert_eq!(all.to_string(), r#"{"a":1,"a":3,"b":2}"#);
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in [
            "",
            " ",
            "{",
            "[",
            "[1,]",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "01",
            "1.",
            "+1",
            "NaN",
            "'x'",
            "\"\n\"",
            "\"\\x\"",
            "\"\\ud800\"",
            "[1] 2",
            "\u{feff}1",
            "tru",
            "nullx",
        ] {
            assert!(Json::parse(text).is_err(), "{text}");
        }
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(Json::parse(&deep(DEEPEST)).is_ok() && Json::parse(&deep(DEEPEST + 1)).is_err());
        assert!(Json::parse(&deep(1 << 20)).is_err());
        let long = format!("\"{}\"", "x".repeat(2 << 20));
        let error = Json::parse(&long).unwrap_err();
        assert!(error.to_string().contains("more than 2097152;"), "{error}");
    }

    #[test]
    fn floats_are_taken_where_no_digit_is_lost() {
        for (text, number) in [
            ("0", 0.0),
            ("-0.0", -0.0),
            ("1.50", 1.5),
            ("1e3", 1000.0),
            ("0.001", 0.001),
            ("21.499999999999996", 21.499999999999996),
            ("1E-7", 1e-7),
            ("100000000000000000000", 1e20),
            ("5e-324", 5e-324),
        ] {
            assert_eq!(exact_float(text), Some(number), "{text}");
        }
        for text in [
            "12345678901234567890123",
            "0.12345678901234567890",
            "1e400",
            "1e-400",
            "9007199254740993",
        ] {
            assert_eq!(exact_float(text), None, "{text}");
        }
    }
}
