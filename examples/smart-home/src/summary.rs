//! Questions and answers in a few words, without what is known to be, or to hold, a secret.
#![forbid(unsafe_code)]

use lmms::CallError;
use serde_json::{Map, Value};

use crate::ask::{Answer, Question};
use crate::gateway::SmartHome;
use crate::output::{cut, size};

/// An answer in a few words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The words.
    pub text: String,
    /// What kind of error it is, if it is one: `NO_SUCH_ENDPOINT`.
    pub error: Option<String>,
}

/// What a question is about: `SetBrightness light.hallway 40`, or `sun.sunset 2026-03-18 52.5 13.4`.
pub fn question(question: &Question) -> String {
    match question {
        Question::Event(event) => self::event(event),
        Question::Call {
            interface,
            operation,
            kwargs,
        } => with_values(format!("{interface}.{operation}"), kwargs),
    }
}

/// What an answer says.
pub fn answer(question: &Question, answer: &Answer) -> Summary {
    match answer {
        Answer::Response(response) => self::response(question, response),
        Answer::Result(value) if is_bytes(question) => good(bytes(value)),
        Answer::Result(Value::String(text)) if is_secret(question) => {
            good(format!("{} characters", text.chars().count()))
        }
        Answer::Result(value) => good(brief(value)),
        Answer::Failed(CallError::Operation(error)) => bad(variant(error)),
        Answer::Failed(CallError::Panicked(panic)) => Summary {
            text: panic.to_string(),
            error: Some("panic".to_owned()),
        },
        Answer::Failed(error) => Summary {
            text: error.to_string(),
            error: Some("lmms".to_owned()),
        },
    }
}

/// Whether the answer is bytes, which JSON has as base64 text.
pub fn is_bytes(question: &Question) -> bool {
    let Question::Call {
        interface,
        operation,
        ..
    } = question
    else {
        return false;
    };
    gives_bytes(interface, operation)
}

/// Whether an operation's result is bytes.
pub fn gives_bytes(interface: &str, operation: &str) -> bool {
    let registry = SmartHome::REGISTRY;
    registry
        .find(interface, operation)
        .is_some_and(|index| registry.operation(index).result().contains("Vec<u8>"))
}

/// Fields whose values are not shown: they are, or may hold, something secret, or are just long.
const HIDDEN: [&str; 19] = [
    "body",
    "cause",
    "code",
    "context",
    "data",
    "endpoint",
    "grant",
    "grantee",
    "home",
    "image_uri",
    "key",
    "passphrase",
    "password",
    "path",
    "scope",
    "secret",
    "token",
    "timestamp",
    "uri",
];

/// Whether an answer may be a secret where it is text: a token, a key, what was decrypted.
fn is_secret(question: &Question) -> bool {
    matches!(question, Question::Call { interface, .. } if interface == "security")
}

fn good(text: impl Into<String>) -> Summary {
    Summary {
        text: text.into(),
        error: None,
    }
}

fn bad(kind: String) -> Summary {
    Summary {
        text: kind.clone(),
        error: Some(kind),
    }
}

fn event(event: &[u8]) -> String {
    let Ok(event) = serde_json::from_slice::<Value>(event) else {
        return format!("{} bytes that are no JSON", event.len());
    };
    let directive = &event["directive"];
    let Some(name) = directive["header"]["name"].as_str() else {
        return match event.as_object().and_then(|fields| fields.keys().next()) {
            Some(first) => format!("an event with `{}`", cut(first, 24)),
            None => "an event that is no directive".to_owned(),
        };
    };
    let mut text = name.to_owned();
    if let Some(endpoint) = directive["endpoint"]["endpointId"].as_str() {
        text = format!("{text} {}", endpoint.replacen('#', ".", 1));
    }
    match &directive["payload"] {
        Value::Object(payload) => with_values(text, payload),
        _ => text,
    }
}

fn with_values(mut text: String, fields: &Map<String, Value>) -> String {
    let mut values = Vec::new();
    for (name, value) in fields {
        collect(name, value, &mut values);
    }
    for value in values {
        text.push(' ');
        text.push_str(&value);
    }
    text
}

fn collect(name: &str, value: &Value, into: &mut Vec<String>) {
    if HIDDEN.contains(&name) {
        return;
    }
    match value {
        // A value that is set may be a secret one.
        Value::String(_) if ["value", "Text"].contains(&name) => {}
        Value::String(text) if text.chars().count() <= 28 => into.push(text.clone()),
        // Seconds since the epoch tell people nothing.
        Value::Number(number) if number.as_f64().is_some_and(|number| number >= 1e9) => {}
        Value::Number(number) => into.push(number.to_string()),
        Value::Bool(truth) => into.push(format!("{name}={truth}")),
        Value::Object(fields) => {
            for (name, value) in fields {
                collect(name, value, into);
            }
        }
        _ => {}
    }
}

fn response(question: &Question, response: &Value) -> Summary {
    let event = &response["event"];
    match event["header"]["name"].as_str() {
        Some("ErrorResponse") => {
            let kind = event["payload"]["type"].as_str().unwrap_or("ErrorResponse");
            bad(kind.to_owned())
        }
        Some("Discover.Response") => {
            let endpoints = event["payload"]["endpoints"].as_array();
            good(format!("{} endpoints", endpoints.map_or(0, Vec::len)))
        }
        Some(name @ ("Response" | "StateReport")) => {
            let only = (name == "Response").then(|| namespace(question)).flatten();
            let text = properties(&response["context"]["properties"], only.as_deref());
            good(if text.is_empty() {
                name.to_owned()
            } else {
                text
            })
        }
        Some(name) => good(name),
        None => status(response),
    }
}

fn namespace(question: &Question) -> Option<String> {
    let Question::Event(event) = question else {
        return None;
    };
    let event: Value = serde_json::from_slice(event).ok()?;
    let namespace = event["directive"]["header"]["namespace"].as_str()?;
    Some(namespace.to_owned())
}

fn properties(properties: &Value, only: Option<&str>) -> String {
    let property = |property: &Value| {
        let name = property["name"].as_str()?;
        let wanted = only.is_none_or(|only| property["namespace"] == only);
        wanted.then(|| format!("{name} {}", property_value(&property["value"])))
    };
    let all = properties.as_array().into_iter().flatten();
    all.filter_map(property).collect::<Vec<_>>().join(", ")
}

fn property_value(value: &Value) -> String {
    let part = |name: &str| brief(&value[name]);
    match value {
        Value::Object(fields) if fields.contains_key("scale") => {
            let scale = value["scale"].as_str().unwrap_or_default();
            let letter = scale.get(..1).unwrap_or_default();
            format!("{} °{letter}", part("value"))
        }
        Value::Object(fields) if fields.contains_key("hue") => format!("hue {}", part("hue")),
        Value::Object(fields) if fields.contains_key("value") => part("value"),
        other => brief(other),
    }
}

/// An answer as a web server would give it.
fn status(response: &Value) -> Summary {
    let Some(code) = response["statusCode"].as_u64() else {
        return good(brief(response));
    };
    let body = response["body"].as_str().unwrap_or_default();
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let health = body["status"].as_str().unwrap_or_default();
    let text = format!("status {code} {health}").trim_end().to_owned();
    if code < 400 { good(text) } else { bad(text) }
}

/// The name of an error: that of its variant.
fn variant(error: &Value) -> String {
    match error {
        Value::Object(fields) if fields.len() == 1 => fields.keys().cloned().collect(),
        other => brief(other),
    }
}

fn bytes(value: &Value) -> String {
    match value {
        // Base64 has four characters for three bytes.
        Value::String(text) => size(text.trim_end_matches('=').len() as u64 * 3 / 4),
        other => brief(other),
    }
}

fn brief(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) if text.len() > 300 => format!("{} of text", size(text.len() as u64)),
        Value::String(text) => cut(text, 60),
        Value::Array(items) if items.len() == 1 => "1 item".to_owned(),
        Value::Array(items) => format!("{} items", items.len()),
        Value::Object(fields) => {
            let shown = fields.iter().filter_map(|(name, value)| match value {
                _ if HIDDEN.contains(&name.as_str()) => None,
                Value::Null | Value::Array(_) | Value::Object(_) => None,
                value => Some(format!("{name} {}", brief(value))),
            });
            let shown: Vec<String> = shown.take(3).collect();
            if shown.is_empty() {
                fields
                    .keys()
                    .take(3)
                    .cloned()
                    .collect::<Vec<_>>()
                    .join(", ")
            } else {
                shown.join(", ")
            }
        }
        Value::Number(number) => match number.as_f64() {
            Some(real) if number.is_f64() => format!("{}", (real * 1e3).round() / 1e3),
            _ => number.to_string(),
        },
        Value::Bool(truth) => truth.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(event: Value) -> String {
        question(&Question::Event(event.to_string().into_bytes()))
    }

    fn answered(question: Value, response: Value) -> Summary {
        let question = Question::Event(question.to_string().into_bytes());
        answer(&question, &Answer::Response(response))
    }

    #[test]
    fn directives_are_told_with_device_and_values() {
        let event = json!({"directive": {
            "header": {"namespace": "Alexa.BrightnessController", "name": "SetBrightness"},
            "endpoint": {"endpointId": "light#hallway", "scope": {"token": "secret"}},
            "payload": {"brightness": 40},
        }});
        assert_eq!(asked(event), "SetBrightness light.hallway 40");
        assert_eq!(
            asked(json!({"health_check": true})),
            "an event with `health_check`"
        );
        assert_eq!(asked(json!(7)), "an event that is no directive");
        let garbage = Question::Event(vec![0xff, 0x00, b'{']);
        assert_eq!(question(&garbage), "3 bytes that are no JSON");
    }

    #[test]
    fn secrets_are_not_told() {
        let grant = json!({"directive": {
            "header": {"namespace": "Alexa.Authorization", "name": "AcceptGrant"},
            "payload": {"grant": {"code": "hush"}, "grantee": {"token": "hush"}},
        }});
        assert_eq!(asked(grant), "AcceptGrant");
        let Value::Object(kwargs) = json!({"subject": "me", "key": "hush", "password": "hush"})
        else {
            unreachable!()
        };
        let call = Question::Call {
            interface: "security".into(),
            operation: "generate_token".into(),
            kwargs,
        };
        assert_eq!(question(&call), "security.generate_token me");
    }

    #[test]
    fn where_a_stream_is_is_not_told() {
        let stream = json!({"uri": "https://x/hush", "image_uri": "https://x/hush", "width": 1280});
        let call = Question::Call {
            interface: "devices".into(),
            operation: "camera_stream".into(),
            kwargs: Map::new(),
        };
        assert_eq!(
            answer(&call, &Answer::Result(stream.clone())).text,
            "width 1280"
        );
        let question = json!({"directive": {
            "header": {"namespace": "Alexa.CameraStreamController", "name": "InitializeCameraStreams"},
        }});
        let payload = json!({"cameraStreams": [stream], "imageUri": "https://x/hush"});
        let response = json!({"event": {"header": {"name": "Response"}, "payload": payload}});
        assert_eq!(answered(question, response).text, "Response");
    }

    #[test]
    fn responses_are_told_by_what_was_asked_for() {
        let question = json!({"directive": {
            "header": {"namespace": "Alexa.ThermostatController", "name": "SetTargetTemperature"},
        }});
        let response = json!({
            "event": {"header": {"name": "Response"}},
            "context": {"properties": [
                {"namespace": "Alexa.EndpointHealth", "name": "connectivity", "value": {"value": "OK"}},
                {"namespace": "Alexa.ThermostatController", "name": "targetSetpoint",
                 "value": {"value": 21.5, "scale": "CELSIUS"}},
            ]},
        });
        assert_eq!(answered(question, response).text, "targetSetpoint 21.5 °C");
    }

    #[test]
    fn errors_are_told_by_their_kind() {
        let error = json!({"event": {
            "header": {"name": "ErrorResponse"}, "payload": {"type": "NO_SUCH_ENDPOINT"},
        }});
        let summary = answered(json!({}), error);
        assert_eq!(summary.error.as_deref(), Some("NO_SUCH_ENDPOINT"));
        let unhealthy = json!({"statusCode": 503, "body": "{\"status\": \"unhealthy\"}"});
        let summary = answered(json!({}), unhealthy);
        assert_eq!(summary.error.as_deref(), Some("status 503 unhealthy"));
        let own = Answer::Failed(CallError::Operation(json!({"TooLarge": {"limit": 1}})));
        let question = Question::Event(Vec::new());
        assert_eq!(answer(&question, &own), bad("TooLarge".into()));
    }

    #[test]
    fn results_are_told_by_their_kind() {
        assert_eq!(brief(&json!(null)), "nothing");
        assert_eq!(brief(&json!([1, 2])), "2 items");
        assert_eq!(brief(&json!(0.123456)), "0.123");
        assert_eq!(brief(&json!({"a": 1, "b": [1], "c": "x"})), "a 1, c x");
        assert_eq!(brief(&json!("x".repeat(1_000))), "1000 B of text");
        assert_eq!(bytes(&json!("aGFsbG8=")), "5 B");
    }
}
