//! Removing secrets from text and from JSON documents.

use home_types::redaction::{REDACTED, is_secret_name, redact_text};
use home_types::security::ValidationError;
use lmms::operation;
use serde_json::Value;

use crate::validation::malformed;

/// Replaces secrets in free text by `[redacted]`: values behind names such as `password` or `token`, bearer credentials,
/// JSON Web Tokens and passwords in URLs.
#[operation(interface = "security")]
pub fn redact(text: &str) -> String {
    redact_text(text)
}

/// Replaces secrets in a JSON document by `"[redacted]"`: whole fields with secret names (and those listed in `fields`), and
/// secrets inside all other texts. The document stays valid JSON.
#[operation(interface = "security")]
pub fn redact_json(document: &str, fields: Option<&[String]>) -> Result<String, ValidationError> {
    let mut value: Value = serde_json::from_str(document)
        .map_err(|error| malformed("JSON document", &error.to_string()))?;
    redact_value(&mut value, fields.unwrap_or_default());
    Ok(value.to_string())
}

fn redact_value(value: &mut Value, fields: &[String]) {
    match value {
        Value::String(text) => *text = redact_text(text),
        Value::Array(items) => items.iter_mut().for_each(|item| redact_value(item, fields)),
        Value::Object(object) => {
            for (name, field) in object {
                let named = is_secret_name(name) || fields.iter().any(|other| other == name);
                if named && !field.is_null() {
                    *field = Value::String(REDACTED.to_owned());
                } else {
                    redact_value(field, fields);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
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
    fn broken_documents_are_refused() {
        for bad in ["", "{", "{\"token\":", &"[".repeat(10_000)] {
            assert!(redact_json(bad, None).is_err());
        }
        assert_eq!(redact("token: abc"), "token: [redacted]");
    }
}
