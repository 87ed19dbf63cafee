//! JSON documents: checking, looking up, changing.

use home_types::json::{Json, JsonError};
use home_types::templates::{JsonKind, JsonSummary, TemplateError};
use lmms::operation;

/// Checks that a text is JSON, and tells what the document is made of.
#[operation(interface = "templates")]
pub fn parse_json(data: &str) -> Result<JsonSummary, TemplateError> {
    let document = parse("data", data)?;
    let kind = match &document {
        Json::Null => JsonKind::Null,
        Json::Bool(_) => JsonKind::Boolean,
        Json::Number(_) => JsonKind::Number,
        Json::Text(_) => JsonKind::Text,
        Json::Array(_) => JsonKind::Array,
        Json::Object(_) => JsonKind::Object,
    };
    let fields = match &document {
        Json::Object(fields) => fields.iter().map(|(name, _)| name.clone()).collect(),
        _ => Vec::new(),
    };
    let (depth, values) = measure(&document);
    Ok(JsonSummary {
        kind,
        fields,
        depth,
        values,
        compact: document.to_string(),
    })
}

/// Gives the value at a place of a JSON document, as JSON: `key_path` is a JSON pointer (`/endpoints/0/name`) or dotted
/// (`endpoints.0.name`). Gives `default`, if there is one, where there is no value.
#[operation(interface = "templates")]
pub fn safe_get(
    document: &str,
    key_path: &str,
    default: Option<&str>,
) -> Result<String, TemplateError> {
    let document = parse("document", document)?;
    match (find(&document, &steps(key_path)?), default) {
        (Ok(value), _) => Ok(value.to_string()),
        (Err(_), Some(default)) => Ok(default.to_owned()),
        (Err(found), None) => Err(TemplateError::NoValue {
            key_path: key_path.to_owned(),
            found,
        }),
    }
}

/// Sets the value at a place of a JSON document and gives the document back. Missing objects on the way are made; the
/// place behind the last element of an array is `-`.
#[operation(interface = "templates")]
pub fn set_value(document: &str, key_path: &str, value: &str) -> Result<String, TemplateError> {
    let mut document = parse("document", document)?;
    let value = parse("value", value)?;
    let steps = steps(key_path)?;
    put(&mut document, &steps, value).map_err(|depth| TemplateError::NoValue {
        key_path: key_path.to_owned(),
        found: pointer(&steps[..depth]),
    })?;
    Ok(document.to_string())
}

/// Merges a patch into a JSON document (RFC 7396): fields of the patch replace those of the document, `null` removes
/// them.
#[operation(interface = "templates")]
pub fn merge_json(document: &str, patch: &str) -> Result<String, TemplateError> {
    let mut document = parse("document", document)?;
    merge(&mut document, parse("patch", patch)?);
    Ok(document.to_string())
}

/// Writes a JSON document with line breaks and indentation, for people to read.
#[operation(interface = "templates")]
pub fn pretty_json(data: &str) -> Result<String, TemplateError> {
    let document = parse("data", data)?;
    let bytes = pretty_size(&document, 0);
    if bytes > LONGEST_PRETTY {
        return Err(TemplateError::TooLong {
            argument: "data, indented,".into(),
            bytes,
            limit: LONGEST_PRETTY,
        });
    }
    Ok(document.pretty())
}

/// The longest indented document, in bytes.
const LONGEST_PRETTY: u64 = 16 << 20;

/// About how many bytes an indented document has: each value stands in a line of its own.
fn pretty_size(value: &Json, level: u64) -> u64 {
    let inner = match value {
        Json::Text(text) => return 2 * level + 8 + text.len() as u64,
        Json::Array(items) => items.iter().map(|item| pretty_size(item, level + 1)).sum(),
        Json::Object(fields) => {
            let field =
                |(name, field): &(String, Json)| name.len() as u64 + pretty_size(field, level + 1);
            fields.iter().map(field).sum::<u64>()
        }
        Json::Number(text) => text.len() as u64,
        Json::Null | Json::Bool(_) => 5,
    };
    // Brackets at both ends, a comma, line breaks.
    inner + 4 * level + 8
}

/// Reads JSON text. More than 2 MiB, nesting deeper than 128 levels, and two fields of one name are refused; numbers
/// keep all their digits.
pub(crate) fn parse(argument: &str, text: &str) -> Result<Json, TemplateError> {
    Json::parse(text).map_err(|error| invalid(argument, &error))
}

fn invalid(argument: &str, error: &JsonError) -> TemplateError {
    TemplateError::InvalidJson {
        argument: argument.to_owned(),
        reason: error.to_string(),
    }
}

const MOST_STEPS: usize = 100;

/// The steps of a path; the empty path is the whole document.
fn steps(path: &str) -> Result<Vec<String>, TemplateError> {
    let steps: Vec<String> = match path.strip_prefix('/') {
        Some(pointer) => pointer
            .split('/')
            .map(|step| step.replace("~1", "/").replace("~0", "~"))
            .collect(),
        None if path.is_empty() => vec![],
        None => path.split('.').map(str::to_owned).collect(),
    };
    if steps.len() > MOST_STEPS {
        let found = format!("the first {MOST_STEPS} steps, which are the most possible");
        return Err(TemplateError::NoValue {
            key_path: path.chars().take(80).collect(),
            found,
        });
    }
    Ok(steps)
}

fn pointer(steps: &[String]) -> String {
    steps
        .iter()
        .map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1")))
        .collect()
}

/// The value there, or how far the document goes.
fn find<'a>(document: &'a Json, steps: &[String]) -> Result<&'a Json, String> {
    let mut value = document;
    for (depth, step) in steps.iter().enumerate() {
        let next = match value {
            Json::Object(_) => value.get(step),
            Json::Array(items) => index(step).and_then(|index| items.get(index)),
            _ => None,
        };
        value = next.ok_or_else(|| pointer(&steps[..depth]))?;
    }
    Ok(value)
}

/// Puts a value there, or says after how many steps the document has no place.
fn put(document: &mut Json, steps: &[String], value: Json) -> Result<(), usize> {
    let mut place = document;
    for (depth, step) in steps.iter().enumerate() {
        if *place == Json::Null {
            *place = Json::Object(Vec::new());
        }
        place = match place {
            Json::Object(_) => place.entry(step).ok_or(depth)?,
            Json::Array(items) => {
                if step == "-" {
                    items.push(Json::Null);
                }
                let last = items.len().checked_sub(1).filter(|_| step == "-");
                last.or_else(|| index(step))
                    .and_then(|index| items.get_mut(index))
                    .ok_or(depth)?
            }
            _ => return Err(depth),
        };
    }
    *place = value;
    Ok(())
}

/// The index that a step is, written as RFC 6901 wants it.
fn index(step: &str) -> Option<usize> {
    let plain = step == "0" || !step.starts_with(['0', '+']);
    step.parse().ok().filter(|_| plain)
}

fn merge(target: &mut Json, patch: Json) {
    let Json::Object(patch) = patch else {
        *target = patch;
        return;
    };
    let fields = match std::mem::replace(target, Json::Null) {
        Json::Object(fields) => fields,
        _ => Vec::new(),
    };
    // Both are in the order of their names, so one walk along both is enough.
    let mut merged = Vec::with_capacity(fields.len() + patch.len());
    let mut fields = fields.into_iter().peekable();
    for (name, value) in patch {
        while let Some(field) = fields.next_if(|(field, _)| *field < name) {
            merged.push(field);
        }
        let present = fields.next_if(|(field, _)| *field == name);
        if value != Json::Null {
            let mut field = present.map_or(Json::Null, |(_, field)| field);
            merge(&mut field, value);
            merged.push((name, field));
        }
    }
    merged.extend(fields);
    *target = Json::Object(merged);
}

fn measure(value: &Json) -> (u32, u64) {
    let inner: Vec<(u32, u64)> = match value {
        Json::Array(items) => items.iter().map(measure).collect(),
        Json::Object(fields) => fields.iter().map(|(_, field)| measure(field)).collect(),
        _ => return (0, 1),
    };
    let depth = inner.iter().map(|(depth, _)| *depth).max().unwrap_or(0);
    (
        depth + 1,
        1 + inner.iter().map(|(_, values)| values).sum::<u64>(),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn documents_are_summed_up() {
        let summary = parse_json(" { \"b\" : [1, {\"c\": null}], \"a\": \"ü\" } ").unwrap();
        assert_eq!(
            (summary.kind, summary.depth, summary.values),
            (JsonKind::Object, 3, 6)
        );
        assert_eq!(summary.fields.len(), 2);
        assert!(summary.compact.contains("\"a\":\"ü\"") && !summary.compact.contains(' '));
        assert_eq!(parse_json("1.5").unwrap().kind, JsonKind::Number);
        for bad in [
            "",
            "{",
            "{'a':1}",
            "nul",
            "[1,]",
            "NaN",
            "\u{0}",
            &"[".repeat(100_000),
        ] {
            assert!(matches!(
                parse_json(bad),
                Err(TemplateError::InvalidJson { .. })
            ));
        }
        assert_eq!(pretty_json("[1]").unwrap(), "[\n  1\n]");
    }

    #[test]
    fn pointers_follow_rfc_6901() {
        let document =
            r#"{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"i\\j":5,"k\"l":6," ":7,"m~n":8}"#;
        for (path, expected) in [
            ("/foo", r#"["bar","baz"]"#),
            ("/foo/0", r#""bar""#),
            ("/", "0"),
            ("/a~1b", "1"),
            ("/c%d", "2"),
            ("/e^f", "3"),
            ("/i\\j", "5"),
            ("/k\"l", "6"),
            ("/ ", "7"),
            ("/m~0n", "8"),
            ("foo.1", r#""baz""#),
        ] {
            assert_eq!(
                safe_get(document, path, None).as_deref(),
                Ok(expected),
                "{path}"
            );
        }
        assert_eq!(safe_get("[5]", "", None).as_deref(), Ok("[5]"));
    }

    #[test]
    fn where_there_is_no_value_the_default_is_given() {
        let document = r#"{"a":{"b":[1]},"n":null}"#;
        for path in [
            "/x", "a.b.1", "a.b.00", "a.b.-1", "a.b.+0", "/a/b/0/c", "a..b", "n.x",
        ] {
            assert!(safe_get(document, path, None).is_err(), "{path}");
            assert_eq!(
                safe_get(document, path, Some("\"d\"")).as_deref(),
                Ok("\"d\""),
                "{path}"
            );
        }
        let error = safe_get(document, "a.b.7.c", None).unwrap_err();
        assert_eq!(
            error,
            TemplateError::NoValue {
                key_path: "a.b.7.c".into(),
                found: "/a/b".into()
            }
        );
        assert_eq!(
            safe_get(document, "n", Some("1")).as_deref(),
            Ok("null"),
            "null is a value"
        );
        assert!(
            safe_get("{", "a", Some("1")).is_err(),
            "no default for what is no document"
        );
        assert!(safe_get(document, &"a.".repeat(1000), None).is_err());
    }

    #[test]
    fn values_are_set() {
        for (document, path, value, expected) in [
            ("{}", "a.b.c", "1", r#"{"a":{"b":{"c":1}}}"#),
            (r#"{"a":[1,2]}"#, "/a/1", "3", r#"{"a":[1,3]}"#),
            (r#"{"a":[1]}"#, "/a/-", "[]", r#"{"a":[1,[]]}"#),
            ("1", "", "2", "2"),
        ] {
            assert_eq!(set_value(document, path, value).as_deref(), Ok(expected));
        }
        assert!(set_value("{\"a\":[]}", "a.0", "1").is_err());
        assert!(set_value("{\"a\":1}", "a.b", "1").is_err());
        assert!(set_value("{}", "a", "").is_err());
        assert!(
            set_value("{}", &"x/".repeat(200_000), "1").is_ok(),
            "dots separate, not slashes"
        );
        assert!(set_value("{}", &"/x".repeat(200_000), "1").is_err());
    }

    #[test]
    fn merging_follows_rfc_7396() {
        for (document, patch, expected) in [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"a":null}"#, "{}"),
            (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (
                r#"{"a":{"b":"c"}}"#,
                r#"{"a":{"b":"d","c":null}}"#,
                r#"{"a":{"b":"d"}}"#,
            ),
            (r#"["a","b"]"#, r#"["c"]"#, r#"["c"]"#),
            (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"a":1,"e":null}"#),
            ("[1]", r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
            ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
        ] {
            let merged: Value =
                serde_json::from_str(&merge_json(document, patch).unwrap()).unwrap();
            assert_eq!(
                merged,
                serde_json::from_str::<Value>(expected).unwrap(),
                "{document} {patch}"
            );
        }
    }

    #[test]
    fn paths_have_an_end() {
        assert!(steps(&"/a".repeat(100)).is_ok());
        assert!(steps(&"/a".repeat(101)).is_err());
    }

    #[test]
    fn indentation_has_an_end() {
        let deep = format!(
            "{}[{}0]{}",
            "[".repeat(120),
            "0,".repeat(900_000),
            "]".repeat(120)
        );
        let error = pretty_json(&deep).unwrap_err().to_string();
        assert!(error.contains("16777216"), "{error}");
        assert!(pretty_json(&format!("[{}0]", "0,".repeat(100_000))).is_ok());
    }

    #[test]
    fn digits_and_fields_are_kept_or_refused() {
        let id = r#"{"id":12345678901234567890123}"#;
        assert_eq!(parse_json(id).unwrap().compact, id);
        assert_eq!(
            safe_get(id, "id", None).as_deref(),
            Ok("12345678901234567890123")
        );
        assert_eq!(
            set_value("{}", "id", "1e400").as_deref(),
            Ok(r#"{"id":1e400}"#)
        );
        assert_eq!(
            merge_json(id, r#"{"n":0.12345678901234567890}"#).unwrap(),
            r#"{"id":12345678901234567890123,"n":0.12345678901234567890}"#
        );
        assert!(pretty_json(id).unwrap().contains("12345678901234567890123"));
        let twice = r#"{"a":1,"a":2}"#;
        for result in [
            parse_json(twice).map(|summary| summary.compact),
            safe_get(twice, "a", None),
            set_value(twice, "b", "1"),
            set_value("{}", "b", twice),
            merge_json("{}", twice),
            pretty_json(twice),
        ] {
            let error = result.unwrap_err().to_string();
            assert!(error.contains("two fields `a`"), "{error}");
        }
    }
}
