//! `Alexa.ThermostatController`.
use std::time::Duration;

use home_types::{Command, HomeError, Temperature, TemperatureScale, ThermostatMode};
use lmms::operation;
use serde_json::Value;

use crate::control::{command, command_on_scale};
use crate::directive::{Directive, object, text};
use crate::error::{Failure, Kind};
use crate::home::Home;

/// A temperature on another scale, rounded to hundredths. An error for what is no temperature: below absolute zero,
/// above a trillion degrees.
#[operation(interface = "alexa", cache(ttl = "1h"))]
pub fn convert_temperature(
    value: f64,
    from: TemperatureScale,
    to: TemperatureScale,
) -> Result<f64, HomeError> {
    const HOTTEST: f64 = 1e12;
    let coldest = Temperature::celsius(-273.15).to_scale(from).value;
    if !(coldest..=HOTTEST).contains(&value) {
        return Err(HomeError::InvalidValue {
            what: "temperature".to_owned(),
            value,
            minimum: coldest,
            maximum: HOTTEST,
        });
    }
    Ok(Temperature { value, scale: from }.to_scale(to).value)
}

/// Answers `SetTargetTemperature`, `AdjustTargetTemperature` and `SetThermostatMode`.
pub(crate) fn handle(
    home: &dyn Home,
    now: Duration,
    directive: &Directive,
) -> Result<Value, Failure> {
    match directive.name.as_str() {
        "SetTargetTemperature" => {
            let (order, scale) = setpoints(directive)?;
            directive.device_id()?;
            command_on_scale(home, now, directive, &order, scale).map_err(|failure| {
                let is_range = matches!(order, Command::SetTemperatureRange { .. });
                match failure.kind {
                    Kind::InvalidDirective if is_range => {
                        Failure::new(Kind::DualSetpointsUnsupported, failure.message)
                    }
                    _ => failure,
                }
            })
        }
        "AdjustTargetTemperature" => {
            let delta = directive
                .temperature("targetSetpointDelta")?
                .ok_or_else(|| {
                    Failure::invalid_directive("the payload has no `targetSetpointDelta`")
                })?;
            let order = Command::AdjustTargetTemperature {
                delta: delta.scale.delta_to_celsius(delta.value),
            };
            command_on_scale(home, now, directive, &order, delta.scale)
        }
        "SetThermostatMode" => {
            let payload = Value::Object(directive.payload.clone());
            let name = text(
                object(&payload, "thermostatMode", "the payload")?,
                "value",
                "thermostatMode",
            )?;
            let mode = ThermostatMode::from_name(&name).ok_or_else(|| {
                Failure::new(
                    Kind::UnsupportedThermostatMode,
                    format!("no thermostat here has the mode {name:?}"),
                )
            })?;
            command(home, now, directive, &Command::SetThermostatMode { mode })
        }
        _ => Err(directive.unknown()),
    }
}

/// The temperature or the range to keep, and the customer's scale.
fn setpoints(directive: &Directive) -> Result<(Command, TemperatureScale), Failure> {
    let target = directive.temperature("targetSetpoint")?;
    let lower = directive.temperature("lowerSetpoint")?;
    let upper = directive.temperature("upperSetpoint")?;
    if directive.payload.contains_key("schedule") {
        let message = "the thermostat keeps no schedule, not even for a while";
        return Err(Failure::new(Kind::UnwillingToSetSchedule, message));
    }
    match (target, lower, upper) {
        (Some(target), None, None) => {
            let celsius = target.to_celsius();
            Ok((Command::SetTargetTemperature { celsius }, target.scale))
        }
        (None, Some(lower), Some(upper)) => {
            let (low, high) = (lower.to_celsius(), upper.to_celsius());
            Ok((Command::SetTemperatureRange { low, high }, lower.scale))
        }
        (None, None, None) => Err(Failure::invalid_directive(
            "the payload has no `targetSetpoint`",
        )),
        (None, ..) => Err(Failure::invalid_directive(
            "the payload has one of `lowerSetpoint` and `upperSetpoint`, and not the other",
        )),
        (Some(_), ..) => {
            let message = "the thermostat keeps a temperature or a range, not a range around one";
            Err(Failure::new(Kind::TripleSetpointsUnsupported, message))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{FakeHome, answer, error_type};

    fn control(home: &FakeHome, name: &str, payload: Value) -> Value {
        answer(
            home,
            "Alexa.ThermostatController",
            name,
            Some("climate#room"),
            payload,
        )
    }

    fn celsius(value: f64) -> Value {
        json!({ "value": value, "scale": "CELSIUS" })
    }

    #[test]
    fn the_answer_is_on_the_customers_scale() {
        let home = FakeHome::new();
        let response = control(
            &home,
            "SetTargetTemperature",
            json!({ "targetSetpoint": celsius(21.5) }),
        );
        assert_eq!(response["context"]["properties"][0]["value"], celsius(21.5));
        let target = json!({ "value": 68.0, "scale": "FAHRENHEIT" });
        let response = control(
            &home,
            "SetTargetTemperature",
            json!({ "targetSetpoint": target }),
        );
        assert_eq!(response["context"]["properties"][0]["value"], target);
        assert_eq!(
            home.report("climate.room")
                .unwrap()
                .state
                .target_temperature,
            Some(20.0)
        );
        let delta = json!({ "targetSetpointDelta": { "value": 9.0, "scale": "FAHRENHEIT" } });
        control(&home, "AdjustTargetTemperature", delta);
        assert_eq!(
            home.report("climate.room")
                .unwrap()
                .state
                .target_temperature,
            Some(25.0)
        );
    }

    #[test]
    fn temperatures_out_of_range_are_refused_with_the_range() {
        let home = FakeHome::new();
        let refused = control(
            &home,
            "SetTargetTemperature",
            json!({ "targetSetpoint": celsius(35.0) }),
        );
        assert_eq!(error_type(&refused), "TEMPERATURE_VALUE_OUT_OF_RANGE");
        assert_eq!(refused["event"]["header"]["namespace"], "Alexa");
        assert_eq!(
            refused["event"]["payload"]["validRange"]["maximumValue"],
            celsius(30.0)
        );
        let kelvin = json!({ "targetSetpoint": { "value": 20.0, "scale": "KELVIN" } });
        let refused = control(&home, "SetTargetTemperature", kelvin);
        let minimum = &refused["event"]["payload"]["validRange"]["minimumValue"];
        assert_eq!(minimum, &json!({ "value": 280.15, "scale": "KELVIN" }));
        let delta = json!({ "targetSetpointDelta": celsius(-90.0) });
        assert_eq!(
            error_type(&control(&home, "AdjustTargetTemperature", delta)),
            "TEMPERATURE_VALUE_OUT_OF_RANGE"
        );
    }

    #[test]
    fn modes_are_set_or_refused_in_the_thermostats_name() {
        let home = FakeHome::new();
        let mode = |name: &str| {
            control(
                &home,
                "SetThermostatMode",
                json!({ "thermostatMode": { "value": name } }),
            )
        };
        assert_eq!(mode("AUTO")["context"]["properties"][1]["value"], "AUTO");
        for name in ["COOL", "CUSTOM", "FROZEN"] {
            let refused = mode(name);
            assert_eq!(
                error_type(&refused),
                "UNSUPPORTED_THERMOSTAT_MODE",
                "{name}"
            );
            assert_eq!(
                refused["event"]["header"]["namespace"],
                "Alexa.ThermostatController"
            );
        }
        mode("OFF");
        let refused = control(
            &home,
            "SetTargetTemperature",
            json!({ "targetSetpoint": celsius(21.0) }),
        );
        assert_eq!(error_type(&refused), "THERMOSTAT_IS_OFF");
        assert_eq!(
            refused["event"]["header"]["namespace"],
            "Alexa.ThermostatController"
        );
    }

    #[test]
    fn ranges_and_schedules_are_refused_by_name() {
        let home = FakeHome::new();
        let set = |payload| error_type(&control(&home, "SetTargetTemperature", payload));
        let (low, high) = (celsius(18.0), celsius(22.0));
        assert_eq!(
            set(json!({ "lowerSetpoint": low, "upperSetpoint": high })),
            "DUAL_SETPOINTS_UNSUPPORTED"
        );
        assert_eq!(
            set(
                json!({ "targetSetpoint": celsius(20.0), "lowerSetpoint": low, "upperSetpoint": high })
            ),
            "TRIPLE_SETPOINTS_UNSUPPORTED"
        );
        assert_eq!(
            set(json!({ "targetSetpoint": celsius(20.0), "schedule": { "start": "now" } })),
            "UNWILLING_TO_SET_SCHEDULE"
        );
        assert_eq!(set(json!({})), "INVALID_DIRECTIVE");
        assert_eq!(set(json!({ "targetSetpoint": 20 })), "INVALID_DIRECTIVE");
        assert_eq!(
            set(json!({ "targetSetpoint": { "value": 20, "scale": "DELISLE" } })),
            "INVALID_VALUE"
        );
        assert_eq!(
            error_type(&control(&home, "ResumeSchedule", json!({}))),
            "INVALID_DIRECTIVE"
        );
    }

    #[test]
    fn a_thermostat_that_keeps_a_range_is_told_one() {
        let home = FakeHome::new();
        let set = |name: &str, payload: Value| {
            answer(
                &home,
                "Alexa.ThermostatController",
                name,
                Some("climate#range"),
                payload,
            )
        };
        let kept = |response: &Value| {
            let value = |at: usize| response["context"]["properties"][at].clone();
            assert_eq!(value(0)["name"], "lowerSetpoint", "{response}");
            assert_eq!(value(1)["name"], "upperSetpoint");
            (value(0)["value"].clone(), value(1)["value"].clone())
        };
        let range = json!({ "lowerSetpoint": celsius(18.5), "upperSetpoint": celsius(23.0) });
        let response = set("SetTargetTemperature", range);
        assert_eq!(kept(&response), (celsius(18.5), celsius(23.0)));
        let middle = set(
            "SetTargetTemperature",
            json!({ "targetSetpoint": celsius(22.75) }),
        );
        assert_eq!(kept(&middle), (celsius(20.5), celsius(25.0)));
        let fahrenheit = |value: f64| json!({ "value": value, "scale": "FAHRENHEIT" });
        let colder = set(
            "AdjustTargetTemperature",
            json!({ "targetSetpointDelta": fahrenheit(-9.0) }),
        );
        assert_eq!(kept(&colder), (fahrenheit(59.9), fahrenheit(68.0)));
        let turned = json!({ "lowerSetpoint": celsius(23.0), "upperSetpoint": celsius(18.0) });
        assert_eq!(
            error_type(&set("SetTargetTemperature", turned)),
            "INVALID_VALUE"
        );
        let hot = json!({ "lowerSetpoint": celsius(23.0), "upperSetpoint": celsius(31.0) });
        assert_eq!(
            error_type(&set("SetTargetTemperature", hot)),
            "TEMPERATURE_VALUE_OUT_OF_RANGE"
        );
        let half = json!({ "lowerSetpoint": celsius(23.0) });
        assert_eq!(
            error_type(&set("SetTargetTemperature", half)),
            "INVALID_DIRECTIVE"
        );
    }

    #[test]
    fn steps_in_fahrenheit_end_where_they_should() {
        let home = FakeHome::new();
        let fahrenheit = |value: f64| json!({ "value": value, "scale": "FAHRENHEIT" });
        control(
            &home,
            "SetTargetTemperature",
            json!({ "targetSetpoint": fahrenheit(72.0) }),
        );
        for step in 1..=6 {
            let delta = json!({ "targetSetpointDelta": fahrenheit(-1.0) });
            let response = control(&home, "AdjustTargetTemperature", delta);
            let value = &response["context"]["properties"][0]["value"];
            assert_eq!(value, &fahrenheit(72.0 - f64::from(step)));
        }
    }

    #[test]
    fn only_temperatures_convert() {
        use TemperatureScale::{Celsius, Fahrenheit, Kelvin};
        assert_eq!(convert_temperature(20.0, Celsius, Fahrenheit), Ok(68.0));
        assert_eq!(convert_temperature(0.0, Kelvin, Celsius), Ok(-273.15));
        for (value, from) in [
            (1e308, Celsius),
            (-1e308, Fahrenheit),
            (f64::INFINITY, Kelvin),
            (f64::NAN, Celsius),
            (-0.01, Kelvin),
            (-273.16, Celsius),
            (-459.68, Fahrenheit),
        ] {
            for to in TemperatureScale::ALL {
                assert!(
                    matches!(
                        convert_temperature(value, from, to),
                        Err(HomeError::InvalidValue { .. })
                    ),
                    "{value} {from}"
                );
            }
        }
    }
}
