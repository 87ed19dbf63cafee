//! `Alexa.ColorController` and `Alexa.ColorTemperatureController`.
use std::time::Duration;

use home_types::{Color, Command};
use serde_json::Value;

use crate::control::command;
use crate::directive::{Directive, object, real};
use crate::error::Failure;
use crate::home::Home;

/// How much warmer or cooler "warmer" and "cooler" make the light, in kelvin.
const STEP_KELVIN: i64 = 500;

/// Answers `SetColor`.
pub(crate) fn handle(
    home: &dyn Home,
    now: Duration,
    directive: &Directive,
) -> Result<Value, Failure> {
    if directive.name != "SetColor" {
        return Err(directive.unknown());
    }
    let payload = Value::Object(directive.payload.clone());
    let color = object(&payload, "color", "the payload")?;
    let part = |field: &str| real(color, field, "the color");
    let color = Color {
        hue: part("hue")?,
        saturation: part("saturation")?,
        brightness: part("brightness")?,
    };
    command(home, now, directive, &Command::SetColor { color })
}

/// Answers `SetColorTemperature`, `IncreaseColorTemperature` and `DecreaseColorTemperature`.
pub(crate) fn handle_temperature(
    home: &dyn Home,
    now: Duration,
    directive: &Directive,
) -> Result<Value, Failure> {
    let order = match directive.name.as_str() {
        "SetColorTemperature" => Command::SetColorTemperature {
            kelvin: directive.integer("colorTemperatureInKelvin")?,
        },
        "IncreaseColorTemperature" => Command::AdjustColorTemperature { delta: STEP_KELVIN },
        "DecreaseColorTemperature" => Command::AdjustColorTemperature {
            delta: -STEP_KELVIN,
        },
        _ => return Err(directive.unknown()),
    };
    command(home, now, directive, &order)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::{FakeHome, answer, error_type};

    fn property(response: &Value, name: &str) -> Value {
        let properties = response["context"]["properties"].as_array().unwrap();
        properties
            .iter()
            .find(|property| property["name"] == name)
            .map_or(Value::Null, |found| found["value"].clone())
    }

    #[test]
    fn colours_are_shown() {
        let home = FakeHome::new();
        let set = |color: Value| {
            answer(
                &home,
                "Alexa.ColorController",
                "SetColor",
                Some("light#lamp"),
                json!({ "color": color }),
            )
        };
        let red = json!({ "hue": 0.0, "saturation": 1.0, "brightness": 0.5 });
        let response = set(red.clone());
        assert_eq!(property(&response, "color"), red);
        assert_eq!(property(&response, "colorTemperatureInKelvin"), Value::Null);
        let wild = set(json!({ "hue": 361.0, "saturation": 1.0, "brightness": 0.5 }));
        assert_eq!(error_type(&wild), "VALUE_OUT_OF_RANGE");
        assert_eq!(wild["event"]["payload"]["validRange"]["maximumValue"], 360);
        assert_eq!(error_type(&set(json!("red"))), "INVALID_DIRECTIVE");
        assert_eq!(error_type(&set(json!({ "hue": 1 }))), "INVALID_DIRECTIVE");
    }

    #[test]
    fn whites_are_shown_in_the_lamps_range() {
        let home = FakeHome::new();
        let control = |name: &str, payload: Value| {
            answer(
                &home,
                "Alexa.ColorTemperatureController",
                name,
                Some("light#lamp"),
                payload,
            )
        };
        let response = control(
            "SetColorTemperature",
            json!({ "colorTemperatureInKelvin": 3000 }),
        );
        assert_eq!(property(&response, "colorTemperatureInKelvin"), 3000);
        assert_eq!(
            property(
                &control("IncreaseColorTemperature", json!({})),
                "colorTemperatureInKelvin"
            ),
            3500
        );
        control("DecreaseColorTemperature", json!({}));
        control("DecreaseColorTemperature", json!({}));
        assert_eq!(
            property(
                &control("DecreaseColorTemperature", json!({})),
                "colorTemperatureInKelvin"
            ),
            2200
        );
        let set = |kelvin: i64| {
            let payload = json!({ "colorTemperatureInKelvin": kelvin });
            control("SetColorTemperature", payload)
        };
        for (asked, nearest) in [(9000, 6500), (7000, 6500), (1000, 2200)] {
            assert_eq!(property(&set(asked), "colorTemperatureInKelvin"), nearest);
        }
        let refused = set(0);
        assert_eq!(error_type(&refused), "VALUE_OUT_OF_RANGE");
        assert_eq!(
            refused["event"]["payload"]["validRange"],
            json!({ "minimumValue": 1000, "maximumValue": 10_000 })
        );
    }
}
