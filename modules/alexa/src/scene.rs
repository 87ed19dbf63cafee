//! `Alexa.SceneController`.
use std::time::Duration;

use home_types::Command;
use serde_json::{Value, json};

use crate::directive::Directive;
use crate::error::Failure;
use crate::home::Home;
use crate::message::{Header, timestamp};

/// Answers `Activate` and `Deactivate`. A scene has no state to report; the answer says that it has started.
pub(crate) fn handle(
    home: &dyn Home,
    now: Duration,
    directive: &Directive,
) -> Result<Value, Failure> {
    let (order, event) = match directive.name.as_str() {
        "Activate" => (Command::ActivateScene, "ActivationStarted"),
        "Deactivate" => (Command::DeactivateScene, "DeactivationStarted"),
        _ => return Err(directive.unknown()),
    };
    home.control(&directive.device_id()?, &order)?;
    Ok(json!({
        "context": {},
        "event": {
            "header": Header::new("Alexa.SceneController", event).with_token(&directive.reference),
            "endpoint": { "endpointId": directive.reference.endpoint_id },
            "payload": { "cause": { "type": "VOICE_INTERACTION" }, "timestamp": timestamp(now) },
        },
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{FakeHome, answer, error_type};

    #[test]
    fn scenes_start() {
        let home = FakeHome::new();
        let control = |name: &str, endpoint: &str| {
            answer(
                &home,
                "Alexa.SceneController",
                name,
                Some(endpoint),
                json!({}),
            )
        };
        let response = control("Activate", "scene#night");
        assert_eq!(
            response["event"]["header"]["namespace"],
            "Alexa.SceneController"
        );
        assert_eq!(response["event"]["header"]["name"], "ActivationStarted");
        assert_eq!(
            response["event"]["payload"]["cause"]["type"],
            "VOICE_INTERACTION"
        );
        assert_eq!(
            response["event"]["payload"]["timestamp"],
            "2026-11-23T07:00:00.000Z"
        );
        assert_eq!(
            error_type(&control("Deactivate", "scene#night")),
            "INVALID_DIRECTIVE"
        );
        assert_eq!(
            error_type(&control("Activate", "light#lamp")),
            "INVALID_DIRECTIVE"
        );
    }
}
