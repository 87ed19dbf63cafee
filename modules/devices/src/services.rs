//! Services as commands, for homes that know no services.
use home_types::json::{Json, exact_float};
use home_types::{Color, Command, Direction, HomeError, ThermostatMode};
use serde_json::Value;

/// The devices a call is for: `entity_id`, or else the one or several in the data.
pub(crate) fn entity_ids(entity_id: Option<&str>, data: &Value) -> Vec<String> {
    match (entity_id, &data["entity_id"]) {
        (Some(id), _) => vec![id.to_owned()],
        (None, Value::String(ids)) => ids.split(',').map(|id| id.trim().to_owned()).collect(),
        (None, Value::Array(ids)) => ids
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    }
}

/// The commands that do what a service does, in their order.
pub(crate) fn commands(
    domain: &str,
    service: &str,
    data: &Value,
) -> Result<Vec<Command>, HomeError> {
    let one = |command| Ok(vec![command]);
    match (domain, service) {
        ("light", "turn_on") => light(data),
        ("scene", "turn_on") => one(Command::ActivateScene),
        ("scene", "turn_off") => one(Command::DeactivateScene),
        ("homeassistant" | "switch" | "fan", "turn_on") => one(Command::TurnOn),
        ("homeassistant" | "light" | "switch" | "fan", "turn_off") => one(Command::TurnOff),
        ("homeassistant" | "light" | "switch" | "fan", "toggle") => one(Command::Toggle),
        ("lock", "lock") => one(Command::Lock),
        ("lock", "unlock") => one(Command::Unlock),
        ("cover", "open_cover") => one(Command::SetPercentage { percent: 100 }),
        ("cover", "close_cover") => one(Command::SetPercentage { percent: 0 }),
        ("cover", "set_cover_position") => one(Command::SetPercentage {
            percent: whole(data, "position")?,
        }),
        ("fan", "oscillate") => one(Command::SetOscillation {
            on: data["oscillating"].as_bool().ok_or_else(|| {
                HomeError::invalid_input("oscillating", "it is missing, or neither true nor false")
            })?,
        }),
        ("fan", "set_direction") => one(Command::SetDirection {
            direction: Direction::from_name(text(data, "direction")?).ok_or_else(|| {
                HomeError::invalid_input("direction", "it is neither forward nor reverse")
            })?,
        }),
        ("fan", "set_preset_mode") => preset(data, "preset_mode"),
        ("humidifier", "set_mode") => preset(data, "mode"),
        ("water_heater", "set_operation_mode") => preset(data, "operation_mode"),
        ("fan", "set_percentage") => one(Command::SetPercentage {
            percent: whole(data, "percentage")?,
        }),
        ("climate", "set_temperature") => one(Command::SetTargetTemperature {
            celsius: real(data, "temperature")?,
        }),
        ("climate", "set_hvac_mode") => one(Command::SetThermostatMode { mode: mode(data)? }),
        _ => Err(HomeError::Unsupported {
            subject: "this home".to_owned(),
            action: format!("call the service {domain}.{service}"),
        }),
    }
}

/// Refuses numbers of which digits would be lost on the way into commands.
pub(crate) fn check_digits(data: &Json) -> Result<(), HomeError> {
    match data {
        Json::Number(text) if exact_float(text).is_none() => {
            let reason = format!("the number {text:.40} has more digits than are kept; round it");
            Err(HomeError::invalid_input("data", reason))
        }
        Json::Array(items) => items.iter().try_for_each(check_digits),
        Json::Object(fields) => fields.iter().try_for_each(|(_, field)| check_digits(field)),
        _ => Ok(()),
    }
}

fn light(data: &Value) -> Result<Vec<Command>, HomeError> {
    let has = |field: &str| data.get(field).is_some();
    let percent = match (has("brightness_pct"), has("brightness")) {
        (true, _) => Some(whole(data, "brightness_pct")?),
        (false, true) => Some((real(data, "brightness")? / 2.55).round() as i64),
        (false, false) => None,
    };
    if has("hs_color") {
        let part = |position: usize| {
            let part = data["hs_color"][position].as_f64();
            part.ok_or_else(|| {
                HomeError::invalid_input("hs_color", "it is not a hue and a saturation")
            })
        };
        let brightness = percent.map_or(1.0, |percent| percent as f64 / 100.0);
        let color = Color {
            hue: part(0)?,
            saturation: part(1)? / 100.0,
            brightness,
        };
        return Ok(vec![Command::SetColor { color }]);
    }
    let mut commands = Vec::new();
    if has("color_temp_kelvin") {
        commands.push(Command::SetColorTemperature {
            kelvin: whole(data, "color_temp_kelvin")?,
        });
    }
    commands.extend(percent.map(|percent| Command::SetBrightness { percent }));
    if commands.is_empty() {
        commands.push(Command::TurnOn);
    }
    Ok(commands)
}

fn mode(data: &Value) -> Result<ThermostatMode, HomeError> {
    let name = data["hvac_mode"].as_str().unwrap_or_default();
    let name = if name == "heat_cool" { "auto" } else { name };
    ThermostatMode::from_name(name).ok_or_else(|| {
        HomeError::invalid_input(
            "hvac_mode",
            format!("{name:?} is none of off, heat, cool, auto and eco"),
        )
    })
}

fn preset(data: &Value, field: &str) -> Result<Vec<Command>, HomeError> {
    let mode = text(data, field)?.to_owned();
    Ok(vec![Command::SetPreset { mode }])
}

fn text<'a>(data: &'a Value, field: &str) -> Result<&'a str, HomeError> {
    data[field]
        .as_str()
        .ok_or_else(|| HomeError::invalid_input(field, "it is missing, or not a text"))
}

fn real(data: &Value, field: &str) -> Result<f64, HomeError> {
    data[field]
        .as_f64()
        .ok_or_else(|| HomeError::invalid_input(field, "it is missing, or not a number"))
}

fn whole(data: &Value, field: &str) -> Result<i64, HomeError> {
    Ok(real(data, field)?.round() as i64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lights_take_brightness_and_colour_in_all_their_forms() {
        let light = |data: Value| commands("light", "turn_on", &data).unwrap();
        assert_eq!(light(json!({})), [Command::TurnOn]);
        assert_eq!(
            light(json!({ "brightness": 128 })),
            [Command::SetBrightness { percent: 50 }]
        );
        let white = light(json!({ "color_temp_kelvin": 3000, "brightness_pct": 20 }));
        assert_eq!(
            white,
            [
                Command::SetColorTemperature { kelvin: 3000 },
                Command::SetBrightness { percent: 20 }
            ]
        );
        let color = Color {
            hue: 10.0,
            saturation: 0.5,
            brightness: 0.3,
        };
        assert_eq!(
            light(json!({ "hs_color": [10, 50], "brightness_pct": 30 })),
            [Command::SetColor { color }]
        );
    }

    #[test]
    fn a_fans_settings_are_commands() {
        let fan = |service: &str, data: Value| commands("fan", service, &data).unwrap();
        assert_eq!(
            fan("oscillate", json!({ "oscillating": true })),
            [Command::SetOscillation { on: true }]
        );
        let direction = Direction::Reverse;
        assert_eq!(
            fan("set_direction", json!({ "direction": "reverse" })),
            [Command::SetDirection { direction }]
        );
        let mode = "sleep".to_owned();
        assert_eq!(
            fan("set_preset_mode", json!({ "preset_mode": "sleep" })),
            [Command::SetPreset { mode }]
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        for (domain, service, field) in [
            ("cover", "set_cover_position", "position"),
            ("fan", "set_percentage", "percentage"),
            ("fan", "oscillate", "oscillating"),
            ("fan", "set_direction", "direction"),
            ("fan", "set_preset_mode", "preset_mode"),
            ("climate", "set_temperature", "temperature"),
            ("climate", "set_hvac_mode", "hvac_mode"),
        ] {
            let error = commands(domain, service, &json!({})).unwrap_err();
            assert!(error.to_string().contains(field), "{error}");
        }
        assert!(commands("light", "turn_on", &json!({ "hs_color": "red" })).is_err());
    }
}
