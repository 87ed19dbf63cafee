//! `Alexa.BrightnessController` and `Alexa.PercentageController`: levels from 0 to 100.
use std::time::Duration;

use home_types::Command;
use serde_json::Value;

use crate::control::command;
use crate::directive::Directive;
use crate::error::Failure;
use crate::home::Home;

/// Answers `SetBrightness` and `AdjustBrightness`.
pub(crate) fn handle(
    home: &dyn Home,
    now: Duration,
    directive: &Directive,
) -> Result<Value, Failure> {
    let order = match directive.name.as_str() {
        "SetBrightness" => Command::SetBrightness {
            percent: directive.integer("brightness")?,
        },
        "AdjustBrightness" => Command::AdjustBrightness {
            delta: directive.integer("brightnessDelta")?,
        },
        _ => return Err(directive.unknown()),
    };
    command(home, now, directive, &order)
}

/// Answers `SetPercentage` and `AdjustPercentage`.
pub(crate) fn handle_percentage(
    home: &dyn Home,
    now: Duration,
    directive: &Directive,
) -> Result<Value, Failure> {
    let order = match directive.name.as_str() {
        "SetPercentage" => Command::SetPercentage {
            percent: directive.integer("percentage")?,
        },
        "AdjustPercentage" => Command::AdjustPercentage {
            delta: directive.integer("percentageDelta")?,
        },
        _ => return Err(directive.unknown()),
    };
    command(home, now, directive, &order)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::{FakeHome, answer, error_type};

    fn set(home: &FakeHome, value: Value) -> Value {
        answer(
            home,
            "Alexa.BrightnessController",
            "SetBrightness",
            Some("light#lamp"),
            json!({ "brightness": value }),
        )
    }

    #[test]
    fn brightness_is_set_and_adjusted() {
        let home = FakeHome::new();
        assert_eq!(
            set(&home, json!(42))["context"]["properties"][1]["value"],
            42
        );
        assert_eq!(
            set(&home, json!(40.0))["context"]["properties"][1]["value"],
            40
        );
        let payload = json!({ "brightnessDelta": -25 });
        let response = answer(
            &home,
            "Alexa.BrightnessController",
            "AdjustBrightness",
            Some("light#lamp"),
            payload,
        );
        assert_eq!(response["context"]["properties"][1]["value"], 15);
    }

    #[test]
    fn bad_values_get_the_right_error() {
        let home = FakeHome::new();
        for (value, kind) in [
            (json!(101), "VALUE_OUT_OF_RANGE"),
            (json!(-1), "VALUE_OUT_OF_RANGE"),
            (json!(u64::MAX), "VALUE_OUT_OF_RANGE"),
            (json!(1e300), "VALUE_OUT_OF_RANGE"),
            (json!(50.5), "INVALID_VALUE"),
            (json!("50"), "INVALID_DIRECTIVE"),
            (Value::Null, "INVALID_DIRECTIVE"),
        ] {
            assert_eq!(error_type(&set(&home, value.clone())), kind, "{value}");
        }
        let range = &set(&home, json!(101))["event"]["payload"]["validRange"];
        assert_eq!(range, &json!({ "minimumValue": 0, "maximumValue": 100 }));
        let empty = answer(
            &home,
            "Alexa.BrightnessController",
            "SetBrightness",
            Some("light#lamp"),
            json!({}),
        );
        assert_eq!(error_type(&empty), "INVALID_DIRECTIVE");
    }

    #[test]
    fn percentages_work_alike() {
        let home = FakeHome::new();
        let control = |name: &str, payload: Value| {
            answer(
                &home,
                "Alexa.PercentageController",
                name,
                Some("fan#big"),
                payload,
            )
        };
        let response = control("SetPercentage", json!({ "percentage": 60 }));
        assert_eq!(response["context"]["properties"][1]["value"], 60);
        let response = control("AdjustPercentage", json!({ "percentageDelta": 70 }));
        assert_eq!(response["context"]["properties"][1]["value"], 100);
        let refused = control("AdjustPercentage", json!({ "percentageDelta": 170 }));
        assert_eq!(error_type(&refused), "VALUE_OUT_OF_RANGE");
        assert_eq!(
            refused["event"]["payload"]["validRange"]["minimumValue"],
            -100
        );
    }
}
