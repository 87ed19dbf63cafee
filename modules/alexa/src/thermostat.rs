//! `Alexa.ThermostatController`.
use std::time::Duration;

use home_types::{Command, Temperature, TemperatureScale, ThermostatMode};
use lmms::operation;
use serde_json::Value;

use crate::control::{command, command_on_scale};
use crate::directive::{Directive, object, text};
use crate::error::{Failure, Kind};
use crate::home::Home;

/// A temperature on another scale, rounded to hundredths.
#[operation(interface = "alexa", cache(ttl = "1h"))]
pub fn convert_temperature(value: f64, from: TemperatureScale, to: TemperatureScale) -> f64 {
    Temperature { value, scale: from }.to_scale(to).value
}

/// Answers `SetTargetTemperature`, `AdjustTargetTemperature` and `SetThermostatMode`.
pub(crate) fn handle(
    home: &dyn Home,
    now: Duration,
    directive: &Directive,
) -> Result<Value, Failure> {
    match directive.name.as_str() {
        "SetTargetTemperature" => {
            let target = single_setpoint(directive)?;
            let order = Command::SetTargetTemperature {
                celsius: target.to_celsius(),
            };
            command_on_scale(home, now, directive, &order, target.scale)
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

/// The one temperature to keep: no thermostat here has a lower and an upper one, or a schedule.
fn single_setpoint(directive: &Directive) -> Result<Temperature, Failure> {
    let target = directive.temperature("targetSetpoint")?;
    let lower = directive.temperature("lowerSetpoint")?;
    let upper = directive.temperature("upperSetpoint")?;
    if directive.payload.contains_key("schedule") {
        let message = "the thermostat keeps no schedule, not even for a while";
        return Err(Failure::new(Kind::UnwillingToSetSchedule, message));
    }
    match (target, lower.or(upper)) {
        (Some(target), None) => Ok(target),
        (None, None) => Err(Failure::invalid_directive(
            "the payload has no `targetSetpoint`",
        )),
        (None, Some(_)) => {
            let message = "the thermostat keeps one temperature, not a range";
            Err(Failure::new(Kind::DualSetpointsUnsupported, message))
        }
        (Some(_), Some(_)) => {
            let message = "the thermostat keeps one temperature, not a range around one";
            Err(Failure::new(Kind::TripleSetpointsUnsupported, message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{FakeHome, answer, error_type};
    use serde_json::json;

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
            home.state("climate.room").unwrap().target_temperature,
            Some(20.0)
        );
        let delta = json!({ "targetSetpointDelta": { "value": 9.0, "scale": "FAHRENHEIT" } });
        control(&home, "AdjustTargetTemperature", delta);
        assert_eq!(
            home.state("climate.room").unwrap().target_temperature,
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
    fn scales_convert() {
        assert_eq!(
            convert_temperature(
                20.0,
                TemperatureScale::Celsius,
                TemperatureScale::Fahrenheit
            ),
            68.0
        );
    }
}
