//! Whatever comes in, the answer is one that Alexa understands.
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::interface::Interface;
use crate::process::respond;
use crate::testing::{FakeHome, NOW, error_type};

/// What every answer must be, whatever was asked.
fn check(answer: &Value) {
    if answer.get("statusCode").is_some() {
        let body = answer["body"].as_str().expect("a status has a body");
        assert!(serde_json::from_str::<Value>(body).is_ok());
        return;
    }
    let header = &answer["event"]["header"];
    assert_eq!(header["payloadVersion"], "3");
    let id: uuid::Uuid = header["messageId"]
        .as_str()
        .expect("a message has an id")
        .parse()
        .expect("it is a UUID");
    assert_eq!(id.get_version_num(), 4);
    assert!(
        header["namespace"]
            .as_str()
            .is_some_and(|namespace| namespace.starts_with("Alexa"))
    );
    assert!(answer["event"]["payload"].is_object());
    if header["name"] == "ErrorResponse" {
        assert!(!error_type(answer).is_empty());
        assert!(answer["event"]["payload"]["message"].is_string());
    }
}

fn ask(event: &[u8]) -> Value {
    let answer = respond(&FakeHome::new(), NOW, event, None);
    check(&answer);
    answer
}

#[test]
fn what_is_not_json_is_an_invalid_directive() {
    let deep = "[".repeat(100_000);
    for bytes in [
        &b""[..],
        b"\xff\xfe",
        b"{",
        b"{\"directive\":\"\xc3\x28\"}",
        b"\0",
        deep.as_bytes(),
        b"1e999",
    ] {
        let answer = ask(bytes);
        assert_eq!(error_type(&answer), "INVALID_DIRECTIVE");
        assert_eq!(answer["event"].get("endpoint"), None);
    }
}

#[test]
fn a_directive_is_anything_under_that_name() {
    for directive in [
        json!(null),
        json!([]),
        json!("x"),
        json!({}),
        json!({ "header": {} }),
        json!({ "header": [] }),
    ] {
        assert_eq!(
            error_type(&ask(json!({ "directive": directive })
                .to_string()
                .as_bytes())),
            "INVALID_DIRECTIVE"
        );
    }
}

#[test]
fn errors_refer_to_what_was_asked_as_far_as_it_can_be_read() {
    let event = json!({ "directive": {
        "header": { "correlationToken": "the token", "payloadVersion": 9 },
        "endpoint": { "endpointId": "light#lamp" },
    }});
    let answer = ask(event.to_string().as_bytes());
    assert_eq!(answer["event"]["header"]["correlationToken"], "the token");
    assert_eq!(answer["event"]["endpoint"]["endpointId"], "light#lamp");
}

#[test]
fn one_interface_answers_only_its_own() {
    let event = json!({ "directive": {
        "header": { "namespace": "Alexa.LockController", "name": "Lock", "messageId": "m", "payloadVersion": "3" },
        "endpoint": { "endpointId": "lock#door" },
        "payload": {},
    }});
    let bytes = event.to_string().into_bytes();
    let home = FakeHome::new();
    let own = respond(&home, NOW, &bytes, Some("Alexa.LockController"));
    assert_eq!(own["event"]["header"]["name"], "Response");
    let other = respond(&home, NOW, &bytes, Some("Alexa.PowerController"));
    assert_eq!(error_type(&other), "INVALID_DIRECTIVE");
    let diagnostic = respond(
        &home,
        NOW,
        b"{\"health_check\":1}",
        Some("Alexa.PowerController"),
    );
    assert_eq!(error_type(&diagnostic), "INVALID_DIRECTIVE");
}

#[test]
fn every_listed_directive_is_known() {
    let home = FakeHome::new();
    for interface in Interface::ALL {
        for name in interface.directives {
            let answer = crate::testing::answer(
                &home,
                interface.namespace,
                name,
                Some("light#nowhere"),
                json!({}),
            );
            let message = answer["event"]["payload"]["message"]
                .as_str()
                .unwrap_or_default();
            assert!(
                !message.contains("has no directive") && !message.contains("not supported"),
                "{name}: {message}"
            );
        }
    }
}

#[test]
fn an_expired_token_is_told_apart() {
    // {"exp":1}
    let token = "e30.eyJleHAiOjF9.c2ln";
    let event = json!({ "directive": {
        "header": { "namespace": "Alexa", "name": "ReportState", "messageId": "m", "payloadVersion": "3" },
        "endpoint": { "endpointId": "light#lamp", "scope": { "type": "BearerToken", "token": token } },
        "payload": {},
    }});
    let answer = ask(event.to_string().as_bytes());
    assert_eq!(error_type(&answer), "EXPIRED_AUTHORIZATION_CREDENTIAL");
    assert!(
        !answer.to_string().contains(token),
        "tokens are not sent back"
    );
    let in_time = respond(
        &FakeHome::new(),
        Duration::ZERO,
        event.to_string().as_bytes(),
        None,
    );
    assert_eq!(in_time["event"]["header"]["name"], "StateReport");
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        prop::sample::select(vec![
            "CELSIUS",
            "KELVIN",
            "HEAT",
            "OFF",
            "light#lamp",
            "climate#room",
            "3"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        let field = prop_oneof![
            prop::sample::select(vec![
                "header",
                "endpoint",
                "payload",
                "scope",
                "endpointId",
                "value",
                "scale",
                "targetSetpoint",
                "color",
                "hue",
                "brightness",
                "brightnessDelta",
                "percentage",
                "thermostatMode",
                "colorTemperatureInKelvin",
            ])
            .prop_map(str::to_owned),
            ".{0,6}",
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(field, inner, 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn almost_a_directive() -> impl Strategy<Value = Value> {
    let names: Vec<(&str, &str)> = Interface::ALL
        .iter()
        .flat_map(|interface| {
            interface
                .directives
                .iter()
                .map(|name| (interface.namespace, *name))
        })
        .collect();
    let endpoints = vec![
        "light#lamp",
        "climate#room",
        "lock#door",
        "scene#night",
        "fan#big",
        "cover#garage",
        "cover#blind",
        "number#level",
        "media_player#tv",
        "climate#range",
        "humidifier#room",
        "water_heater#boiler",
        "camera#porch",
        "nowhere",
    ];
    let instances = vec![
        "GarageDoor.Position",
        "Cover.Position",
        "Cover.Tilt",
        "Number.Value",
        "Fan.Speed",
        "fan.oscillating",
        "fan.direction",
        "fan.preset_mode",
        "humidifier.mode",
        "water_heater.operation_mode",
    ];
    (prop::sample::select(names), prop::sample::select(endpoints), prop::sample::select(instances), any_json()).prop_map(|((namespace, name), endpoint, instance, payload)| {
        json!({ "directive": {
            "header": { "namespace": namespace, "name": name, "instance": instance, "messageId": "m", "payloadVersion": "3" },
            "endpoint": { "endpointId": endpoint },
            "payload": if payload.is_object() { payload } else {
                json!({ "brightness": payload, "percentage": payload, "rangeValue": payload, "rangeValueDelta": payload, "mode": payload, "volume": payload, "cameraStreams": payload })
            },
        }})
    })
}

proptest! {
    #[test]
    fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        ask(&bytes);
    }

    #[test]
    fn any_json_gets_an_answer(event in any_json()) {
        ask(event.to_string().as_bytes());
        ask(json!({ "directive": event }).to_string().as_bytes());
    }

    #[test]
    fn any_payload_gets_an_answer(event in almost_a_directive()) {
        let answer = ask(event.to_string().as_bytes());
        prop_assert_eq!(answer.get("statusCode"), None);
    }
}
