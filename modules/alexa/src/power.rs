//! `Alexa.PowerController`.
use std::time::Duration;

use home_types::Command;
use serde_json::Value;

use crate::control::command;
use crate::directive::Directive;
use crate::error::Failure;
use crate::home::Home;

/// Answers `TurnOn` and `TurnOff`.
pub(crate) fn handle(
    home: &dyn Home,
    now: Duration,
    directive: &Directive,
) -> Result<Value, Failure> {
    let order = match directive.name.as_str() {
        "TurnOn" => Command::TurnOn,
        "TurnOff" => Command::TurnOff,
        _ => return Err(directive.unknown()),
    };
    command(home, now, directive, &order)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{FakeHome, answer, error_type};

    #[test]
    fn lights_go_on_and_off() {
        let home = FakeHome::new();
        let response = answer(
            &home,
            "Alexa.PowerController",
            "TurnOn",
            Some("light#lamp"),
            json!({}),
        );
        assert_eq!(response["event"]["header"]["namespace"], "Alexa");
        assert_eq!(response["event"]["header"]["name"], "Response");
        assert_eq!(response["event"]["header"]["correlationToken"], "token");
        assert_eq!(response["event"]["payload"], json!({}));
        assert_eq!(response["context"]["properties"][0]["value"], "ON");
        let response = answer(
            &home,
            "Alexa.PowerController",
            "TurnOff",
            Some("light#lamp"),
            json!({}),
        );
        assert_eq!(response["context"]["properties"][0]["value"], "OFF");
    }

    #[test]
    fn what_cannot_be_turned_on_says_why() {
        let home = FakeHome::new();
        let turn = |name: &str, endpoint: Option<&str>| {
            error_type(&answer(
                &home,
                "Alexa.PowerController",
                name,
                endpoint,
                json!({}),
            ))
        };
        assert_eq!(turn("TurnOn", Some("light#nowhere")), "NO_SUCH_ENDPOINT");
        assert_eq!(turn("TurnOn", Some("lock#door")), "INVALID_DIRECTIVE");
        assert_eq!(turn("TurnOn", None), "INVALID_DIRECTIVE");
        assert_eq!(turn("Explode", Some("light#lamp")), "INVALID_DIRECTIVE");
        home.set_online("light.lamp", false);
        assert_eq!(turn("TurnOn", Some("light#lamp")), "ENDPOINT_UNREACHABLE");
        home.break_down();
        assert_eq!(turn("TurnOn", Some("light#lamp")), "BRIDGE_UNREACHABLE");
    }
}
