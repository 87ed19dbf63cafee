//! Reading directives.
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use home_types::text::without_mark;
use home_types::{AlexaError, DirectiveSummary, Temperature, TemperatureScale};
use lmms::operation;
use serde_json::{Map, Value};

use crate::error::{Failure, Kind};
use crate::message::device_id;

/// Checks that `event` is a directive of version 3 as the API describes it, and tells what it says. Whether the home
/// knows its endpoint, and can do what it asks, is not looked at.
#[operation(interface = "alexa")]
pub fn validate_directive(event: &str) -> Result<DirectiveSummary, AlexaError> {
    let event = parse(event.as_bytes())?;
    let directive = Directive::read(&event)?;
    let header = &event["directive"]["header"];
    Ok(DirectiveSummary {
        device_id: directive.reference.endpoint_id.as_deref().map(device_id),
        token_expires: directive.token_expires,
        namespace: directive.namespace,
        name: directive.name,
        message_id: header["messageId"].as_str().unwrap_or_default().to_owned(),
        payload_version: header["payloadVersion"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        correlation_token: directive.reference.correlation_token,
        endpoint_id: directive.reference.endpoint_id,
    })
}

/// A directive of the API's version 3.
#[derive(Debug, Clone)]
pub(crate) struct Directive {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) reference: Reference,
    /// Which of several alike interfaces of a device it is for.
    instance: Option<String>,
    pub(crate) payload: Map<String, Value>,
    /// When the customer's token expires, if it tells. The token itself is not kept.
    token_expires: Option<Duration>,
}

/// What an answer refers to. As much of it as an event has, sound or not: errors need it, too.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reference {
    pub(crate) correlation_token: Option<String>,
    pub(crate) endpoint_id: Option<String>,
}

impl Reference {
    pub(crate) fn of(event: &Value) -> Reference {
        let text =
            |part: &str, field: &str| event["directive"][part][field].as_str().map(str::to_owned);
        Reference {
            correlation_token: text("header", "correlationToken"),
            endpoint_id: text("endpoint", "endpointId"),
        }
    }
}

impl Directive {
    /// Reads the directive in an event.
    pub(crate) fn read(event: &Value) -> Result<Directive, Failure> {
        let directive = object(event, "directive", "the event")?;
        let header = object(&event["directive"], "header", "the directive")?;
        let namespace = text(header, "namespace", "the header")?;
        let name = text(header, "name", "the header")?;
        text(header, "messageId", "the header")?;
        let version = text(header, "payloadVersion", "the header")?;
        if version != "3" && !version.starts_with("3.") {
            let message =
                format!("payload version {version:?} is not supported; this answers version 3");
            return Err(Failure::invalid_directive(message));
        }
        if header
            .get("correlationToken")
            .is_some_and(|token| !token.is_string())
        {
            return Err(Failure::invalid_directive(
                "the header's `correlationToken` is not a string",
            ));
        }
        let payload = object(&event["directive"], "payload", "the directive")?.clone();
        let mut token = None;
        if directive.contains_key("endpoint") {
            let endpoint = object(&event["directive"], "endpoint", "the directive")?;
            text(endpoint, "endpointId", "the endpoint")?;
            token = bearer_token(&event["directive"]["endpoint"])?;
        }
        token = token.or(bearer_token(&event["directive"]["payload"])?);
        let token_expires = token.as_deref().and_then(token_expiry);
        Ok(Directive {
            namespace,
            name,
            reference: Reference::of(event),
            instance: header
                .get("instance")
                .and_then(Value::as_str)
                .map(str::to_owned),
            payload,
            token_expires,
        })
    }

    /// The device the directive is for.
    pub(crate) fn device_id(&self) -> Result<String, Failure> {
        match &self.reference.endpoint_id {
            Some(endpoint) => Ok(device_id(endpoint)),
            None => Err(Failure::invalid_directive(format!(
                "{} names no endpoint",
                self.name
            ))),
        }
    }

    /// Refuses a token that says of itself that it has expired.
    pub(crate) fn check_token(&self, now: Duration) -> Result<(), Failure> {
        match self.token_expires {
            Some(expires) if expires <= now => {
                let message = "the customer's access token has expired";
                Err(Failure::new(Kind::ExpiredAuthorizationCredential, message))
            }
            _ => Ok(()),
        }
    }

    /// Which of the known instances it is for.
    pub(crate) fn instance<'a>(&self, known: &[&'a str]) -> Result<&'a str, Failure> {
        let found = known
            .iter()
            .find(|known| self.instance.as_deref() == Some(**known));
        found.copied().ok_or_else(|| {
            let message = format!(
                "the header's `instance` of {:?} is none of {}",
                self.instance.as_deref().unwrap_or_default(),
                known.join(", ")
            );
            Failure::invalid_directive(message)
        })
    }

    /// The error for a directive that its interface does not have.
    pub(crate) fn unknown(&self) -> Failure {
        Failure::invalid_directive(format!(
            "{} has no directive {}, or it is not supported",
            self.namespace, self.name
        ))
    }

    /// An integer in the payload. A larger one than fits is the largest that does: it is out of range either way.
    pub(crate) fn integer(&self, field: &str) -> Result<i64, Failure> {
        let value = real(&self.payload, field, "the payload")?;
        if value.fract() != 0.0 {
            return Err(Failure::new(
                Kind::InvalidValue,
                format!("the payload's `{field}` of {value} is not an integer"),
            ));
        }
        Ok(value as i64)
    }

    /// A temperature in the payload, if the payload has the field.
    pub(crate) fn temperature(&self, field: &str) -> Result<Option<Temperature>, Failure> {
        if !self.payload.contains_key(field) {
            return Ok(None);
        }
        let payload = Value::Object(self.payload.clone());
        let temperature = object(&payload, field, "the payload")?;
        let value = real(temperature, "value", field)?;
        let scale = text(temperature, "scale", field)?;
        let scale = TemperatureScale::from_name(&scale).ok_or_else(|| {
            Failure::new(
                Kind::InvalidValue,
                format!("{scale:?} is not a temperature scale; CELSIUS, FAHRENHEIT and KELVIN are"),
            )
        })?;
        Ok(Some(Temperature { value, scale }))
    }
}

/// Reads JSON of any bytes, with a byte order mark or without.
pub(crate) fn parse(event: &[u8]) -> Result<Value, Failure> {
    serde_json::from_slice(&without_mark(event))
        .map_err(|error| Failure::invalid_directive(format!("the event is not JSON: {error}")))
}

/// A field that is an object.
pub(crate) fn object<'a>(
    parent: &'a Value,
    field: &str,
    of: &str,
) -> Result<&'a Map<String, Value>, Failure> {
    match parent.get(field) {
        Some(Value::Object(object)) => Ok(object),
        Some(_) => Err(Failure::invalid_directive(format!(
            "`{field}` of {of} is not an object"
        ))),
        None => Err(Failure::invalid_directive(format!("{of} has no `{field}`"))),
    }
}

/// A field that is a number.
pub(crate) fn real(parent: &Map<String, Value>, field: &str, of: &str) -> Result<f64, Failure> {
    match parent.get(field) {
        Some(value) => value.as_f64().ok_or_else(|| {
            Failure::invalid_directive(format!("`{field}` of {of} is not a number"))
        }),
        None => Err(Failure::invalid_directive(format!("{of} has no `{field}`"))),
    }
}

/// A field that is a string and not empty.
pub(crate) fn text(parent: &Map<String, Value>, field: &str, of: &str) -> Result<String, Failure> {
    match parent.get(field) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
        Some(_) => Err(Failure::invalid_directive(format!(
            "`{field}` of {of} is not a string, or empty"
        ))),
        None => Err(Failure::invalid_directive(format!("{of} has no `{field}`"))),
    }
}

/// The token in a `scope`. None at all is taken as a call from the house itself.
fn bearer_token(parent: &Value) -> Result<Option<String>, Failure> {
    if parent.get("scope").is_none() {
        return Ok(None);
    }
    let scope = object(parent, "scope", "the directive")?;
    let kind = text(scope, "type", "the scope")?;
    if !kind.starts_with("BearerToken") {
        return Err(Failure::invalid_directive(format!(
            "a scope of type {kind:?} is not supported"
        )));
    }
    match scope.get("token") {
        Some(Value::String(token)) if !token.is_empty() => Ok(Some(token.clone())),
        _ => Err(Failure::new(
            Kind::InvalidAuthorizationCredential,
            "the scope has no token",
        )),
    }
}

/// When a token expires, if it is a JSON Web Token that tells. Its signature is its issuer's business.
fn token_expiry(token: &str) -> Option<Duration> {
    let claims = token
        .split('.')
        .nth(1)
        .filter(|_| token.split('.').count() == 3)?;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    Duration::try_from_secs_f64(claims["exp"].as_f64()?).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn turn_on() -> Value {
        json!({ "directive": {
            "header": {
                "namespace": "Alexa.PowerController", "name": "TurnOn", "messageId": "m",
                "correlationToken": "t", "payloadVersion": "3",
            },
            "endpoint": { "scope": { "type": "BearerToken", "token": "secret" }, "endpointId": "light#hallway" },
            "payload": {},
        }})
    }

    #[test]
    fn a_directive_is_read() {
        let summary = validate_directive(&turn_on().to_string()).unwrap();
        assert_eq!(
            (summary.namespace.as_str(), summary.name.as_str()),
            ("Alexa.PowerController", "TurnOn")
        );
        assert_eq!(summary.device_id.as_deref(), Some("light.hallway"));
        assert_eq!(summary.correlation_token.as_deref(), Some("t"));
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_event() {
        let event = turn_on().to_string();
        let utf16 = |unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
            let text = format!("\u{feff}{event}");
            text.encode_utf16().flat_map(unit).collect()
        };
        for bytes in [
            format!("\u{feff}{event}").into_bytes(),
            utf16(u16::to_le_bytes),
            utf16(u16::to_be_bytes),
        ] {
            assert_eq!(parse(&bytes).unwrap(), turn_on());
        }
        for broken in [&b"\xff\xfe"[..], b"\xff\xfe{", b"\xef\xbb\xbf", b"\xef\xbb"] {
            assert!(parse(broken).is_err());
        }
    }

    #[test]
    fn each_part_is_checked() {
        let refused = |pointer: &str, value: Value| {
            let mut event = turn_on();
            let (parent, field) = pointer.rsplit_once('/').unwrap();
            event.pointer_mut(parent).unwrap()[field] = value;
            validate_directive(&event.to_string()).unwrap_err().kind
        };
        for field in ["namespace", "name", "messageId", "payloadVersion"] {
            let pointer = format!("/directive/header/{field}");
            for value in [json!(""), json!(3), Value::Null] {
                assert_eq!(refused(&pointer, value), "INVALID_DIRECTIVE", "{field}");
            }
        }
        assert_eq!(
            refused("/directive/header/payloadVersion", json!("2")),
            "INVALID_DIRECTIVE"
        );
        assert_eq!(
            refused("/directive/header/correlationToken", json!([])),
            "INVALID_DIRECTIVE"
        );
        assert_eq!(
            refused("/directive/payload", json!("")),
            "INVALID_DIRECTIVE"
        );
        assert_eq!(
            refused("/directive/endpoint", json!({})),
            "INVALID_DIRECTIVE"
        );
        assert_eq!(
            refused("/directive/endpoint/scope/type", json!("Cookie")),
            "INVALID_DIRECTIVE"
        );
        assert_eq!(
            refused("/directive/endpoint/scope/token", json!("")),
            "INVALID_AUTHORIZATION_CREDENTIAL"
        );
    }

    #[test]
    fn a_token_that_tells_its_end_is_believed() {
        let claims = URL_SAFE_NO_PAD.encode(r#"{"exp":1000}"#);
        let mut event = turn_on();
        event["directive"]["endpoint"]["scope"]["token"] = json!(format!("e30.{claims}.signature"));
        let directive = Directive::read(&event).unwrap();
        assert!(directive.check_token(Duration::from_secs(999)).is_ok());
        let failure = directive
            .check_token(Duration::from_secs(1000))
            .unwrap_err();
        assert_eq!(failure.kind, Kind::ExpiredAuthorizationCredential);
        let summary = validate_directive(&event.to_string()).unwrap();
        assert_eq!(summary.token_expires, Some(Duration::from_secs(1000)));
        for token in ["", "a.b", "a.b.c", "a.e30.c", "..."] {
            assert_eq!(token_expiry(token), None, "{token}");
        }
    }
}
