//! Removing secrets from text and from JSON documents.

use home_types::json::Json;
use home_types::redaction::{REDACTED, is_secret_name, redact_text};
use home_types::security::ValidationError;
use lmms::operation;

use crate::validation::malformed;

/// Replaces secrets in free text by `[redacted]`: values behind names such as `password` or `token`, bearer
/// credentials, JSON Web Tokens, private keys and passwords in URLs.
#[operation(interface = "security")]
pub fn redact(text: &str) -> String {
    redact_text(text)
}

/// Replaces secrets in a JSON document by `"[redacted]"`: whole fields with secret names (and those listed in
/// `fields`), and secrets inside all other texts. The document stays valid JSON, each number keeps its digits, and
/// fields of one name stay.
#[operation(interface = "security")]
pub fn redact_json(document: &str, fields: Option<&[String]>) -> Result<String, ValidationError> {
    let mut value = Json::parse_all(document)
        .map_err(|error| malformed("JSON document", &error.to_string()))?;
    redact_value(&mut value, fields.unwrap_or_default());
    Ok(value.to_string())
}

fn redact_value(value: &mut Json, fields: &[String]) {
    match value {
        Json::Text(text) => *text = redact_text(text),
        Json::Array(items) => items.iter_mut().for_each(|item| redact_value(item, fields)),
        Json::Object(object) => {
            let names_secret = names_secret(object);
            for (name, field) in object {
                let named = is_secret_name(name) || fields.iter().any(|other| other == name);
                let valued = names_secret && name.eq_ignore_ascii_case("value");
                match field {
                    Json::Null | Json::Bool(_) => {}
                    field if named || valued => *field = Json::Text(REDACTED.to_owned()),
                    field => redact_value(field, fields),
                }
                *name = redact_text(name);
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// Whether an object is one of the kind `{"name": "password", "value": "x"}`.
fn names_secret(object: &[(String, Json)]) -> bool {
    object.iter().any(|(name, field)| {
        let is_name = ["name", "key"]
            .iter()
            .any(|word| name.eq_ignore_ascii_case(word));
        matches!(field, Json::Text(text) if is_name && is_secret_name(text))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn secret_fields_go_whatever_their_type() {
        let document = r#"{"scope":{"type":"BearerToken","token":"abc"},"pin":1234,"apiKeys":["k"],
            "credentials":{"a":"b"},"list":[{"password":null}],"note":"password=x","ünï":"ok"}"#;
        let redacted: Value = serde_json::from_str(&redact_json(document, None).unwrap()).unwrap();
        assert_eq!(redacted["scope"]["token"], REDACTED);
        assert_eq!(redacted["scope"]["type"], "BearerToken");
        assert_eq!(redacted["pin"], REDACTED);
        assert_eq!(redacted["credentials"], REDACTED);
        assert_eq!(redacted["list"][0]["password"], Value::Null);
        assert_eq!(redacted["note"], "password=[redacted]");
        assert_eq!(redacted["ünï"], "ok");
    }

    #[test]
    fn further_fields_can_be_named() {
        let fields = ["street".to_owned()];
        let redacted =
            redact_json(r#"[{"street":"High St","city":"York"}]"#, Some(&fields)).unwrap();
        assert_eq!(redacted, r#"[{"city":"York","street":"[redacted]"}]"#);
    }

    #[test]
    fn digits_and_fields_are_kept() {
        for document in [
            r#"{"id":12345678901234567890123}"#,
            r#"{"a":1,"a":2,"b":0.1234567890123456789012}"#,
            r#"[1e400,-0,1.0]"#,
        ] {
            assert_eq!(redact_json(document, None).as_deref(), Ok(document));
        }
        let twice = r#"{"token":"hush","token":12345678901234567890123,"secret":false}"#;
        let redacted = redact_json(twice, None).unwrap();
        assert_eq!(
            redacted,
            r#"{"secret":false,"token":"[redacted]","token":"[redacted]"}"#
        );
        let variable = r#"{"env":[{"name":"DB_PASS","value":"hush"},{"name":"A","value":"b"}]}"#;
        let redacted = redact_json(variable, None).unwrap();
        assert!(
            !redacted.contains("hush") && redacted.contains("\"b\""),
            "{redacted}"
        );
        assert_eq!(
            redact(r#"{"id": 12345678901234567890123}"#),
            r#"{"id": 12345678901234567890123}"#
        );
        let long = format!("\"{}\"", "x".repeat(home_types::json::LONGEST));
        let error = redact_json(&long, None).unwrap_err().to_string();
        assert!(error.contains("2097152"), "{error}");
    }

    #[test]
    fn broken_documents_are_refused() {
        for bad in ["", "{", "{\"token\":", &"[".repeat(10_000)] {
            assert!(redact_json(bad, None).is_err());
        }
        assert_eq!(redact("token: abc"), "token: [redacted]");
    }
}
