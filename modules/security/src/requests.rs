//! Checks of whole requests, and cleaning of text that came from outside.

use home_types::security::{RequestKind, RequestSummary, ValidationError};
use lmms::operation;
use serde_json::Value;

use crate::validation::{counted, malformed};

/// Checks that a request is one JSON object of at most `maximum_bytes` (128 KiB if not given), not nested too deep, and
/// says what kind of event it is. Whether an Alexa directive is well-formed beyond that, the `alexa` interface decides.
#[operation(interface = "security")]
pub fn validate_request(
    request: &str,
    maximum_bytes: Option<u64>,
) -> Result<RequestSummary, ValidationError> {
    counted(summary(request, maximum_bytes.unwrap_or(128 * 1024)))
}

/// Removes what nobody sees from a text: control characters (but line feeds and tabs), zero-width and direction marks,
/// surrounding blanks; then cuts it to `max_length` characters (4096 if not given).
#[operation(interface = "security")]
pub fn sanitize(data: &str, max_length: Option<u32>) -> String {
    let limit = max_length.unwrap_or(4096) as usize;
    let unix = data.replace("\r\n", "\n").replace('\r', "\n");
    let visible: String = unix.chars().filter(|c| !is_invisible(*c)).collect();
    let cut: String = visible.trim().chars().take(limit).collect();
    cut.trim_end().to_owned()
}

const DEEPEST: u32 = 32;

fn summary(request: &str, maximum_bytes: u64) -> Result<RequestSummary, ValidationError> {
    let what = "request";
    let bytes = request.len() as u64;
    if request.trim().is_empty() {
        return Err(ValidationError::Empty { what: what.into() });
    }
    if bytes > maximum_bytes {
        return Err(ValidationError::TooLong {
            what: what.into(),
            length: bytes,
            maximum: maximum_bytes,
        });
    }
    let document: Value =
        serde_json::from_str(request).map_err(|error| malformed(what, &error.to_string()))?;
    let Value::Object(fields) = &document else {
        return Err(malformed(what, "it is JSON, but not an object"));
    };
    let (depth, values) = measure(&document);
    if depth > DEEPEST {
        return Err(malformed(
            what,
            &format!("it is nested {depth} levels deep; {DEEPEST} are allowed"),
        ));
    }
    let kind = if let Some(directive) = fields.get("directive") {
        if !directive.is_object() {
            return Err(malformed(what, "its `directive` is not an object"));
        }
        RequestKind::Directive
    } else if fields.contains_key("health_check") {
        RequestKind::HealthCheck
    } else if fields.contains_key("test_type") {
        RequestKind::Test
    } else {
        RequestKind::Unknown
    };
    Ok(RequestSummary {
        kind,
        bytes,
        depth,
        values,
    })
}

/// How deep a value is nested, and how many values it holds with itself. The parser has bounded the depth.
fn measure(value: &Value) -> (u32, u32) {
    let inner: Vec<(u32, u32)> = match value {
        Value::Array(items) => items.iter().map(measure).collect(),
        Value::Object(fields) => fields.values().map(measure).collect(),
        _ => return (0, 1),
    };
    let depth = inner.iter().map(|(depth, _)| *depth).max().unwrap_or(0);
    (
        depth + 1,
        1 + inner.iter().map(|(_, values)| *values).sum::<u32>(),
    )
}

fn is_invisible(c: char) -> bool {
    let format = matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    );
    format || c.is_control() && !matches!(c, '\n' | '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_apart() {
        for (request, kind) in [
            (r#"{"directive":{"header":{}}}"#, RequestKind::Directive),
            (r#"{"health_check":true}"#, RequestKind::HealthCheck),
            (r#"{"test_type":"full"}"#, RequestKind::Test),
            (r#"{}"#, RequestKind::Unknown),
        ] {
            assert_eq!(
                validate_request(request, None).unwrap().kind,
                kind,
                "{request}"
            );
        }
    }

    #[test]
    fn a_request_is_measured() {
        let summary = validate_request(r#"{"directive":{"a":[1,2,{"b":3}]}}"#, None).unwrap();
        assert_eq!((summary.depth, summary.values, summary.bytes), (4, 7, 33));
    }

    #[test]
    fn hostile_requests_are_refused() {
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(40), "]".repeat(40));
        let abyss = "[".repeat(100_000);
        for bad in [
            "",
            "  ",
            "[]",
            "1",
            "{",
            "{\"a\":1}x",
            "{\"directive\":5}",
            "\u{0}",
            &deep,
            &abyss,
        ] {
            assert!(validate_request(bad, None).is_err(), "{bad:.40}");
        }
        let long = validate_request("{\"a\":\"xxxxxxxx\"}", Some(10));
        assert!(matches!(
            long,
            Err(ValidationError::TooLong {
                length: 16,
                maximum: 10,
                ..
            })
        ));
    }

    #[test]
    fn invisible_characters_go() {
        assert_eq!(
            sanitize("  a\0b\u{200b}c\u{202e}d\u{feff}\r\ne\tf \u{1b}[0m ", None),
            "abcd\ne\tf [0m"
        );
        assert_eq!(sanitize("Küche 🍳", None), "Küche 🍳");
        assert_eq!(sanitize("äöü xyz", Some(4)), "äöü");
        assert_eq!(sanitize("", None), "");
        assert_eq!(sanitize("abc", Some(0)), "");
    }
}
