//! HTTP responses, as API gateways and function runtimes take them.

use std::collections::BTreeMap;

use home_types::templates::TemplateError;
use lmms::operation;
use serde_json::{Map, Value, json};

/// Makes the JSON of a response: `{"statusCode", "headers", "body"}`. Without a `Content-Type` it is told from the
/// body: JSON or plain text.
#[operation(interface = "templates")]
pub fn format_response(
    status_code: u16,
    body: &str,
    headers: Option<&BTreeMap<String, String>>,
) -> Result<String, TemplateError> {
    if !(100..=599).contains(&status_code) {
        return refused(format!("{status_code} is no status; 100 to 599 are"));
    }
    if !body.is_empty() && (status_code < 200 || matches!(status_code, 204 | 304)) {
        return refused(format!("a response of status {status_code} has no body"));
    }
    let mut fields = Map::new();
    for (name, value) in headers.into_iter().flatten() {
        check_header(name, value)?;
        fields.insert(name.clone(), Value::String(value.clone()));
    }
    let typed = fields
        .keys()
        .any(|name| name.eq_ignore_ascii_case("content-type"));
    if !typed && !body.is_empty() {
        fields.insert("Content-Type".into(), content_type(body).into());
    }
    Ok(json!({ "statusCode": status_code, "headers": fields, "body": body }).to_string())
}

/// Makes the JSON of a response that reports an error, with a body `{"error": {"code", "message"}}`.
#[operation(interface = "templates")]
pub fn format_error(status_code: u16, code: &str, message: &str) -> Result<String, TemplateError> {
    if !(400..=599).contains(&status_code) {
        return refused(format!(
            "{status_code} is no status of an error; 400 to 599 are"
        ));
    }
    let body = json!({ "error": { "code": code, "message": message } }).to_string();
    format_response(status_code, &body, None)
}

fn check_header(name: &str, value: &str) -> Result<(), TemplateError> {
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(token) {
        return refused(format!("`{}` can't name a header", name.escape_debug()));
    }
    if value.contains(|c: char| c.is_control() && c != '\t') {
        return refused(format!(
            "the header `{name}` contains a line break or control character"
        ));
    }
    Ok(())
}

fn content_type(body: &str) -> &'static str {
    match body.trim_start().starts_with(['{', '[']) && serde_json::from_str::<Value>(body).is_ok() {
        true => "application/json",
        false => "text/plain; charset=utf-8",
    }
}

fn refused<T>(reason: String) -> Result<T, TemplateError> {
    Err(TemplateError::InvalidResponse { reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, body: &str, headers: &[(&str, &str)]) -> Result<Value, TemplateError> {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect();
        format_response(status, body, Some(&headers))
            .map(|text| serde_json::from_str(&text).unwrap())
    }

    #[test]
    fn a_response_has_status_headers_and_body() {
        let made = response(200, "{\"a\":1}", &[("X-Id", "7")]).unwrap();
        let expected = json!({
            "statusCode": 200,
            "headers": { "Content-Type": "application/json", "X-Id": "7" },
            "body": "{\"a\":1}",
        });
        assert_eq!(made, expected);
        let text = response(404, "{not json", &[]).unwrap();
        assert_eq!(text["headers"]["Content-Type"], "text/plain; charset=utf-8");
        let own = response(200, "[]", &[("content-type", "text/csv")]).unwrap();
        assert_eq!(own["headers"], json!({ "content-type": "text/csv" }));
        assert_eq!(response(204, "", &[]).unwrap()["headers"], json!({}));
    }

    #[test]
    fn responses_can_not_be_split() {
        for (name, value) in [
            ("X-A", "a\r\nSet-Cookie: b"),
            ("X-A", "\0"),
            ("X A", "b"),
            ("", "b"),
            ("X:", "b"),
            ("Ü", "b"),
        ] {
            assert!(
                response(200, "", &[(name, value)]).is_err(),
                "{name}: {value}"
            );
        }
        for (status, body) in [
            (99, ""),
            (600, ""),
            (0, ""),
            (204, "x"),
            (304, "x"),
            (101, "x"),
        ] {
            assert!(response(status, body, &[]).is_err(), "{status}");
        }
    }

    #[test]
    fn errors_have_a_code() {
        let made: Value =
            serde_json::from_str(&format_error(503, "BUSY", "a \"quote\"").unwrap()).unwrap();
        let body: Value = serde_json::from_str(made["body"].as_str().unwrap()).unwrap();
        assert_eq!(
            body,
            json!({ "error": { "code": "BUSY", "message": "a \"quote\"" } })
        );
        assert!(format_error(200, "OK", "").is_err());
    }
}
