//! Hundreds of inputs that nobody should send, in one process: each gets a JSON document.
#![forbid(unsafe_code)]

mod support;

use serde_json::{Value, json};
use smart_home::ask::{self, Question};
use smart_home::home::{HomeChoice, Opening, Session};

use support::{MODULES, directive, error_type, scope};

/// A session with a virtual home in memory.
fn session() -> Session {
    let target = HomeChoice::Virtual(Some(":memory:".into())).target(None, |_| None);
    let opening = Opening {
        modules: Some(MODULES.clone()),
        ..Opening::default()
    };
    Session::open(&opening, target.unwrap(), None).unwrap()
}

/// The response to an event, which there always is.
fn respond(session: &Session, event: &[u8]) -> Value {
    match ask::respond(&session.gateway, &session.target, event) {
        Ok(response) => {
            assert!(response.is_object(), "{response}");
            response
        }
        Err(error) => panic!(
            "no response to {:?}: {error}",
            String::from_utf8_lossy(event)
        ),
    }
}

/// Numbers that look random and are the same each time (an xorshift generator).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| (self.next() >> 32) as u8).collect()
    }
}

fn brightness(value: Value) -> Value {
    directive(
        "BrightnessController",
        "SetBrightness",
        Some("light.hallway"),
        json!({"brightness": value}),
    )
}

#[test]
fn no_bytes_leave_the_smart_home_without_a_response() {
    let session = session();
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for length in 0..100 {
        let bytes = numbers.bytes(length);
        let response = respond(&session, &bytes);
        // One random byte may be a digit, which is JSON.
        if serde_json::from_slice::<Value>(&bytes).is_err() {
            assert_eq!(error_type(&response), "INVALID_DIRECTIVE");
        }
    }
    let whole = brightness(json!(50)).to_string();
    for end in 0..whole.len() {
        assert_eq!(
            error_type(&respond(&session, &whole.as_bytes()[..end])),
            "INVALID_DIRECTIVE"
        );
    }
    for _ in 0..200 {
        let mut bytes = whole.clone().into_bytes();
        let at = numbers.next() as usize % bytes.len();
        bytes[at] ^= 1 << (numbers.next() % 8);
        respond(&session, &bytes);
    }
    let response = respond(&session, whole.as_bytes());
    assert_eq!(
        response["event"]["header"]["name"], "Response",
        "{response}"
    );
}

#[test]
fn json_of_any_shape_gets_a_response() {
    let session = session();
    let deep = |count: usize| [&b"[".repeat(count)[..], &b"]".repeat(count)[..]].concat();
    let objects = |count: usize| "{\"directive\":".repeat(count) + "1" + &"}".repeat(count);
    let mut events = vec![deep(10), deep(200), deep(100_000), b"[".repeat(100_000)];
    events.extend([objects(10), objects(200), objects(50_000)].map(String::into_bytes));
    events.extend(
        [
            "null",
            "true",
            "0",
            "-0.0",
            "1e999",
            "\"\\ud800\"",
            "{}",
            "[]",
            "{\"directive\":null}",
            "\u{feff}{}",
            "{\"directive\":{}}",
            "{} {}",
            "NaN",
            "'single'",
            "{\"a\":1,\"a\":2}",
        ]
        .map(|text| text.as_bytes().to_vec()),
    );
    events.push(format!("{{\"health_check\": {}}}", "9".repeat(10_000)).into_bytes());
    events.push(format!("\"{}\"", "x".repeat(5_000_000)).into_bytes());
    for event in &events {
        respond(&session, event);
    }
}

#[test]
fn wrong_types_in_every_field_are_invalid_and_nothing_worse() {
    let session = session();
    let wrong = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e308),
        json!(u64::MAX),
        json!("x"),
        json!(""),
        json!([]),
        json!([[[]]]),
        json!({}),
        json!({"x": {}}),
        json!("\u{0}"),
        json!("💡".repeat(1_000)),
    ];
    let paths = [
        "/directive",
        "/directive/header",
        "/directive/header/namespace",
        "/directive/header/name",
        "/directive/header/messageId",
        "/directive/header/payloadVersion",
        "/directive/header/correlationToken",
        "/directive/endpoint",
        "/directive/endpoint/endpointId",
        "/directive/endpoint/scope",
        "/directive/endpoint/scope/type",
        "/directive/endpoint/scope/token",
        "/directive/endpoint/cookie",
        "/directive/payload",
        "/directive/payload/brightness",
    ];
    let mut errors = 0;
    for path in paths {
        for value in &wrong {
            let mut event = brightness(json!(50));
            *event.pointer_mut(path).unwrap() = value.clone();
            let response = respond(&session, event.to_string().as_bytes());
            assert!(
                response["event"]["header"]["name"].is_string() || path == "/directive",
                "{response}"
            );
            errors += usize::from(response["event"]["header"]["name"] == "ErrorResponse");
        }
    }
    assert!(errors >= 150, "only {errors} errors");
}

#[test]
fn numbers_of_any_size_are_told_to_be_out_of_range() {
    let session = session();
    for number in [
        "101",
        "-1",
        "9223372036854775808",
        "-9223372036854775809",
        "1e300",
        "-1e300",
    ] {
        let event = brightness(json!(0))
            .to_string()
            .replace("\"brightness\":0", &format!("\"brightness\":{number}"));
        let response = respond(&session, event.as_bytes());
        assert_eq!(
            error_type(&response),
            "VALUE_OUT_OF_RANGE",
            "{number}: {response}"
        );
    }
}

#[test]
fn hostile_names_reach_no_further_than_they_should() {
    let session = session();
    let names = [
        "'; DROP TABLE devices; --",
        "../../../etc/passwd",
        "light.%s%s%n",
        "\u{202e}thgil",
        "light\u{0}.hallway",
        "light.hallway' OR '1'='1",
        "{{ 7 * 7 }}",
        "${jndi:ldap://x}",
        "light.\n",
        &"a".repeat(100_000),
    ];
    for name in names {
        let event = directive("PowerController", "TurnOn", Some(name), json!({}));
        let response = respond(&session, event.to_string().as_bytes());
        assert_eq!(error_type(&response), "NO_SUCH_ENDPOINT", "{name}");
    }
    let discovery = directive("Discovery", "Discover", None, scope());
    let response = respond(&session, discovery.to_string().as_bytes());
    assert!(
        response["event"]["payload"]["endpoints"]
            .as_array()
            .unwrap()
            .len()
            >= 20
    );
}

#[test]
fn every_operation_survives_arguments_that_make_no_sense() {
    let session = session();
    // Some operations make the file that they are told.
    let folder = tempfile::tempdir().unwrap();
    let values = [
        json!(null),
        json!(-1),
        json!(""),
        json!(folder.path().join("x")),
        json!([]),
        json!({}),
        json!(1e300),
    ];
    for info in smart_home::gateway::SmartHome::REGISTRY.operations() {
        for value in &values {
            let kwargs = info
                .parameters()
                .map(|parameter| (parameter.name.to_owned(), value.clone()));
            let question = Question::Call {
                interface: info.interface().to_owned(),
                operation: info.name().to_owned(),
                kwargs: kwargs.collect(),
            };
            let answer = ask::ask(&session.gateway, &session.target, &question);
            let panicked = matches!(&answer, ask::Answer::Failed(lmms::CallError::Panicked(_)));
            assert!(!panicked, "{}: {}", info.full_name(), answer.to_json());
        }
    }
}
