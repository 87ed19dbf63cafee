//! What all controllers have in common.
use std::time::Duration;

use home_types::{Command, TemperatureScale};
use serde_json::Value;

use crate::directive::Directive;
use crate::error::Failure;
use crate::home::Home;
use crate::message::{deferred, done};

/// Tells the directive's device what to do and answers with its new state, or, while the device doesn't show it yet,
/// that the answer follows.
pub(crate) fn command(
    home: &dyn Home,
    now: Duration,
    directive: &Directive,
    command: &Command,
) -> Result<Value, Failure> {
    command_on_scale(home, now, directive, command, TemperatureScale::Celsius)
}

/// The same, with temperatures on the scale the customer used.
pub(crate) fn command_on_scale(
    home: &dyn Home,
    now: Duration,
    directive: &Directive,
    command: &Command,
    scale: TemperatureScale,
) -> Result<Value, Failure> {
    let report = home
        .control(&directive.device_id()?, command)
        .map_err(|error| Failure::from(error).on_scale(scale))?;
    if report.state.pending {
        return Ok(deferred(directive));
    }
    Ok(done(directive, now, &report.device, &report.state, scale))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{FakeHome, answer};

    #[test]
    fn what_has_not_happened_yet_is_deferred() {
        let home = FakeHome::new();
        home.slow_down();
        for (interface, name, endpoint, payload) in [
            ("PowerController", "TurnOn", "light#lamp", json!({})),
            ("LockController", "Lock", "lock#door", json!({})),
            (
                "BrightnessController",
                "SetBrightness",
                "light#lamp",
                json!({ "brightness": 7 }),
            ),
        ] {
            let namespace = format!("Alexa.{interface}");
            let answer = answer(&home, &namespace, name, Some(endpoint), payload);
            let header = &answer["event"]["header"];
            assert_eq!(header["namespace"], "Alexa");
            assert_eq!(header["name"], "DeferredResponse", "{answer}");
            assert_eq!(header["correlationToken"], "token");
            assert!(answer["event"]["payload"]["estimatedDeferralInSeconds"].is_u64());
            assert_eq!(answer.get("context"), None, "nothing is claimed");
        }
    }
}
