//! Events that are no directives: diagnostics, and what nobody understands.
use std::time::Duration;

use serde_json::{Value, json};

use crate::home::Home;
use crate::interface::Interface;
use crate::message::timestamp;

/// The tests that `test_type` can name.
const TESTS: [&str; 3] = ["connection", "devices", "interfaces"];

/// Answers an event that has no `directive` with a status, headers and a body, as a web server would.
pub(crate) fn answer(home: &dyn Home, now: Duration, event: &Value) -> Value {
    if event.get("health_check").is_some() {
        return connection(home, now);
    }
    match event.get("test_type") {
        Some(Value::String(test)) => match test.as_str() {
            "connection" => connection(home, now),
            "devices" => devices(home, now),
            "interfaces" => interfaces(now),
            other => refuse(&format!(
                "there is no test {other:?}; the tests are {}",
                TESTS.join(", ")
            )),
        },
        Some(_) => refuse("`test_type` is not a string"),
        None => refuse(
            "the event is neither a directive nor a diagnostic: it has no `directive`, `health_check` or `test_type`",
        ),
    }
}

fn connection(home: &dyn Home, now: Duration) -> Value {
    match home.devices() {
        Ok(devices) => status(
            200,
            now,
            json!({ "status": "healthy", "devices": devices.len() }),
        ),
        Err(error) => unhealthy(now, &error.to_string()),
    }
}

fn devices(home: &dyn Home, now: Duration) -> Value {
    match home.states() {
        Ok(states) => {
            let offline: Vec<&str> = states
                .iter()
                .filter(|state| !state.online)
                .map(|state| state.device_id.as_str())
                .collect();
            let health = if offline.is_empty() {
                "healthy"
            } else {
                "degraded"
            };
            status(
                200,
                now,
                json!({ "status": health, "devices": states.len(), "offline": offline }),
            )
        }
        Err(error) => unhealthy(now, &error.to_string()),
    }
}

fn interfaces(now: Duration) -> Value {
    let names: Vec<&str> = Interface::ALL
        .iter()
        .map(|interface| interface.namespace)
        .collect();
    status(
        200,
        now,
        json!({ "status": "healthy", "interfaces": names }),
    )
}

fn unhealthy(now: Duration, reason: &str) -> Value {
    status(503, now, json!({ "status": "unhealthy", "error": reason }))
}

fn status(code: u16, now: Duration, mut body: Value) -> Value {
    body["timestamp"] = json!(timestamp(now));
    json!({ "statusCode": code, "headers": { "Content-Type": "application/json" }, "body": body.to_string() })
}

fn refuse(reason: &str) -> Value {
    let body = json!({ "error": reason });
    json!({ "statusCode": 400, "headers": { "Content-Type": "application/json" }, "body": body.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::FakeHome;

    fn ask(home: &FakeHome, event: Value) -> (u64, Value) {
        let answer = answer(home, Duration::ZERO, &event);
        let body = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        (answer["statusCode"].as_u64().unwrap(), body)
    }

    #[test]
    fn the_homes_health_is_told() {
        let home = FakeHome::new();
        let (code, body) = ask(&home, json!({ "health_check": true }));
        assert_eq!((code, &body["status"]), (200, &json!("healthy")));
        home.set_online("light.lamp", false);
        let (code, body) = ask(&home, json!({ "test_type": "devices" }));
        assert_eq!(
            (code, &body["status"], &body["offline"]),
            (200, &json!("degraded"), &json!(["light.lamp"]))
        );
        home.break_down();
        for event in [
            json!({ "health_check": true }),
            json!({ "test_type": "devices" }),
        ] {
            let (code, body) = ask(&home, event);
            assert_eq!((code, &body["status"]), (503, &json!("unhealthy")));
        }
        assert_eq!(ask(&home, json!({ "test_type": "interfaces" })).0, 200);
    }

    #[test]
    fn anything_else_is_a_bad_request() {
        let home = FakeHome::new();
        for event in [
            json!({}),
            json!([]),
            Value::Null,
            json!(1),
            json!("x"),
            json!({ "test_type": "x" }),
            json!({ "test_type": 1 }),
        ] {
            let (code, body) = ask(&home, event);
            assert_eq!(code, 400);
            assert!(body["error"].is_string());
        }
    }
}
