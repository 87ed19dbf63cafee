//! What all messages to Alexa are made of.
use std::time::Duration;

use home_types::{Device, DeviceState, Temperature, TemperatureScale, time};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::directive::{Directive, Reference};
use crate::report::properties;

/// The version of the messages' payloads.
pub(crate) const PAYLOAD_VERSION: &str = "3";

/// How long what is late usually takes: a garage door, a bolt, a script.
const DEFERRAL_SECONDS: u32 = 20;

/// A message's header, with an id of its own.
pub(crate) struct Header(Value);

impl Header {
    pub(crate) fn new(namespace: &str, name: &str) -> Header {
        Header(json!({
            "namespace": namespace,
            "name": name,
            "messageId": Uuid::new_v4().to_string(),
            "payloadVersion": PAYLOAD_VERSION,
        }))
    }

    /// With the correlation token of the directive that is answered.
    pub(crate) fn with_token(mut self, reference: &Reference) -> Value {
        if let Some(token) = &reference.correlation_token {
            self.0["correlationToken"] = json!(token);
        }
        self.0
    }

    /// As it is, for messages that answer no directive and answers that carry no token.
    pub(crate) fn without_token(self) -> Value {
        self.0
    }
}

/// The answer to a directive that did what it should: the device's state goes with it.
pub(crate) fn done(
    directive: &Directive,
    now: Duration,
    device: &Device,
    state: &DeviceState,
    scale: TemperatureScale,
) -> Value {
    state_message(directive, "Response", now, device, state, scale)
}

/// The answer to a directive that was passed on and whose effect hasn't been seen yet.
pub(crate) fn deferred(directive: &Directive) -> Value {
    json!({
        "event": {
            "header": Header::new("Alexa", "DeferredResponse").with_token(&directive.reference),
            "payload": { "estimatedDeferralInSeconds": DEFERRAL_SECONDS },
        },
    })
}

/// A message of the interface `Alexa` that tells a device's state.
pub(crate) fn state_message(
    directive: &Directive,
    name: &str,
    now: Duration,
    device: &Device,
    state: &DeviceState,
    scale: TemperatureScale,
) -> Value {
    json!({
        "event": {
            "header": Header::new("Alexa", name).with_token(&directive.reference),
            "endpoint": { "endpointId": directive.reference.endpoint_id },
            "payload": {},
        },
        "context": { "properties": properties(device, state, now, scale) },
    })
}

/// A temperature as the API writes it.
pub(crate) fn temperature(temperature: Temperature) -> Value {
    json!({ "value": round(temperature.value), "scale": temperature.scale.name() })
}

/// A number without a fraction where it has none: Alexa takes percentages as integers only.
pub(crate) fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        json!(value as i64)
    } else {
        json!(value)
    }
}

/// A time as the API writes it.
pub(crate) fn timestamp(at: Duration) -> String {
    time::format_utc(at)
}

/// The endpoint id of a device. A full stop is not allowed in one.
pub(crate) fn endpoint_id(device_id: &str) -> String {
    device_id.replace('.', "#")
}

/// The device id of an endpoint; takes device ids as they are, too.
pub(crate) fn device_id(endpoint_id: &str) -> String {
    endpoint_id.replace('#', ".")
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_survive_the_way_there_and_back() {
        assert_eq!(endpoint_id("light.floor_lamp"), "light#floor_lamp");
        assert_eq!(
            device_id(&endpoint_id("light.floor_lamp")),
            "light.floor_lamp"
        );
        assert_eq!(device_id("light.floor_lamp"), "light.floor_lamp");
    }

    #[test]
    fn every_message_has_its_own_random_id() {
        let id = |header: Header| {
            header.without_token()["messageId"]
                .as_str()
                .unwrap()
                .parse::<Uuid>()
                .unwrap()
        };
        let (one, other) = (
            id(Header::new("Alexa", "Response")),
            id(Header::new("Alexa", "Response")),
        );
        assert_ne!(one, other);
        assert_eq!(one.get_version_num(), 4);
    }

    #[test]
    fn numbers_are_integers_where_they_can_be() {
        assert_eq!(number(100.0).to_string(), "100");
        assert_eq!(number(0.25).to_string(), "0.25");
    }
}
