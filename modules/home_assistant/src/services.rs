//! Commands as service calls.
use home_types::{Command, HomeError, ServiceCall, TemperatureScale, ThermostatMode};
use lmms::operation;
use serde_json::{Value, json};

use crate::entity::{Entity, features};

/// The service calls that make a device do what `command` says, worked out from the entity's state as
/// `GET /api/states/ID` gives it. Nothing is sent. `scale` is the one the server's thermostats use.
#[operation(interface = "home_assistant")]
pub fn plan_service_calls(
    entity: &str,
    command: &Command,
    scale: TemperatureScale,
) -> Result<Vec<ServiceCall>, HomeError> {
    let entity: Value =
        serde_json::from_str(entity).map_err(|error| HomeError::invalid_input("entity", error))?;
    let entity = Entity::new(&entity, scale);
    let device = entity
        .device("", &|_| None)
        .ok_or_else(|| HomeError::NoSuchDevice {
            id: entity.id().to_owned(),
        })?;
    let state = entity.state(&device);
    let command = command.resolve(&device, &state)?;
    Ok(calls(&entity, &command))
}

/// The calls for a command that was found good for the device.
pub(crate) fn calls(entity: &Entity<'_>, command: &Command) -> Vec<ServiceCall> {
    let domain = entity.domain();
    let call = |service: &str, data: Value| vec![service_call(domain, service, entity.id(), data)];
    let light_off = || call("turn_off", json!({}));
    match command {
        Command::TurnOn | Command::ActivateScene => call("turn_on", json!({})),
        Command::TurnOff | Command::DeactivateScene => call("turn_off", json!({})),
        Command::SetBrightness { percent: 0 } => light_off(),
        Command::SetBrightness { percent } => call("turn_on", json!({ "brightness_pct": percent })),
        Command::SetColor { color } if color.brightness <= 0.0 => light_off(),
        Command::SetColor { color } => {
            let percent = (color.brightness * 100.0).round().max(1.0) as i64;
            call(
                "turn_on",
                json!({ "hs_color": [color.hue, color.saturation * 100.0], "brightness_pct": percent }),
            )
        }
        Command::SetColorTemperature { kelvin } => {
            call("turn_on", json!({ "color_temp_kelvin": kelvin }))
        }
        Command::SetPercentage { percent } if domain == "cover" => {
            call("set_cover_position", json!({ "position": percent }))
        }
        Command::SetTilt { percent } => call(
            "set_cover_tilt_position",
            json!({ "tilt_position": percent }),
        ),
        Command::Open => vec![opening(entity, true)],
        Command::Close => vec![opening(entity, false)],
        Command::SetPercentage { percent } => {
            call("set_percentage", json!({ "percentage": percent }))
        }
        Command::SetTargetTemperature { celsius } => call(
            "set_temperature",
            json!({ "temperature": entity.degrees(*celsius) }),
        ),
        Command::SetTemperatureRange { low, high } => call(
            "set_temperature",
            json!({
                "target_temp_low": entity.degrees(*low),
                "target_temp_high": entity.degrees(*high),
            }),
        ),
        Command::SetThermostatMode { mode } => thermostat_mode(entity, *mode),
        Command::Lock => call("lock", json!({})),
        Command::Unlock => call("unlock", json!({})),
        // Resolved into one of the above.
        Command::Toggle
        | Command::AdjustBrightness { .. }
        | Command::AdjustColorTemperature { .. }
        | Command::AdjustPercentage { .. }
        | Command::AdjustTargetTemperature { .. }
        | Command::AdjustTilt { .. } => Vec::new(),
    }
}

/// Opens or closes a cover or a valve by what it has: as a whole, by its position, or by its slats.
fn opening(entity: &Entity<'_>, open: bool) -> ServiceCall {
    let domain = entity.domain();
    let verb = if open { "open" } else { "close" };
    let percent = if open { 100 } else { 0 };
    let by = |bits: (u64, u64)| entity.supports(if open { bits.0 } else { bits.1 });
    let (service, data) = if by((features::COVER_OPEN, features::COVER_CLOSE)) {
        (format!("{verb}_{domain}"), json!({}))
    } else if entity.supports(features::COVER_SET_POSITION) {
        (
            format!("set_{domain}_position"),
            json!({ "position": percent }),
        )
    } else if by((features::COVER_OPEN_TILT, features::COVER_CLOSE_TILT)) {
        (format!("{verb}_{domain}_tilt"), json!({}))
    } else {
        (format!("{verb}_{domain}"), json!({}))
    };
    service_call(domain, &service, entity.id(), data)
}

/// Puts a thermostat in a mode. Saving energy is a preset, which the server keeps beside the mode: it is left for another
/// preset, as far as the thermostat has one.
fn thermostat_mode(entity: &Entity<'_>, mode: ThermostatMode) -> Vec<ServiceCall> {
    let call = |service: &str, data| service_call("climate", service, entity.id(), data);
    let set_mode = |name: &str| call("set_hvac_mode", json!({ "hvac_mode": name }));
    let set_preset = |name: &str| call("set_preset_mode", json!({ "preset_mode": name }));
    let present = entity.state_text();
    let Some(name) = entity.mode_name(mode) else {
        use ThermostatMode::{Auto, Cool, Heat};
        let running = [Auto, Heat, Cool]
            .into_iter()
            .find_map(|mode| entity.mode_name(mode));
        let on = running.filter(|_| present == "off").map(set_mode);
        return on.into_iter().chain([set_preset("eco")]).collect();
    };
    let saves = entity.text("preset_mode") == Some("eco") && mode != ThermostatMode::Off;
    let preset = saves.then(|| preset_beside_eco(&entity.list("preset_modes")));
    let preset = preset.flatten().map(set_preset);
    let is_there = present == name && preset.is_some();
    let mode = (!is_there).then(|| set_mode(name));
    preset.into_iter().chain(mode).collect()
}

/// The preset that comes closest to none.
fn preset_beside_eco<'a>(presets: &[&'a str]) -> Option<&'a str> {
    let usual = [
        "none", "home", "comfort", "normal", "schedule", "auto", "manual", "temp",
    ];
    let odd = |preset: &&str| !matches!(*preset, "eco" | "away" | "boost" | "sleep" | "activity");
    let known = usual
        .into_iter()
        .find_map(|name| presets.iter().find(|preset| **preset == name));
    known
        .or_else(|| presets.iter().find(|preset| odd(preset)))
        .or_else(|| presets.iter().find(|preset| **preset != "eco"))
        .copied()
}

fn service_call(domain: &str, service: &str, id: &str, mut data: Value) -> ServiceCall {
    data["entity_id"] = json!(id);
    ServiceCall {
        domain: domain.to_owned(),
        service: service.to_owned(),
        data: data.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use home_types::Color;

    fn plan(entity: &Value, command: Command) -> Vec<(String, Value)> {
        let calls = plan_service_calls(&entity.to_string(), &command, TemperatureScale::Fahrenheit)
            .unwrap();
        let one = |call: ServiceCall| {
            (
                format!("{}.{}", call.domain, call.service),
                serde_json::from_str(&call.data).unwrap(),
            )
        };
        calls.into_iter().map(one).collect()
    }

    fn service(entity: &Value, command: Command) -> (String, Value) {
        let mut calls = plan(entity, command);
        assert_eq!(calls.len(), 1);
        calls.remove(0)
    }

    #[test]
    fn lights_are_told_in_one_call() {
        let light = json!({ "entity_id": "light.x", "state": "on", "attributes": {
            "supported_color_modes": ["hs", "color_temp"], "brightness": 255, "color_mode": "hs", "hs_color": [0, 0],
        }});
        let (name, data) = service(&light, Command::AdjustBrightness { delta: -30 });
        assert_eq!(name, "light.turn_on");
        assert_eq!(
            data,
            json!({ "entity_id": "light.x", "brightness_pct": 70 })
        );
        assert_eq!(
            service(&light, Command::SetBrightness { percent: 0 }).0,
            "light.turn_off"
        );
        let color = Color {
            hue: 240.0,
            saturation: 0.5,
            brightness: 0.25,
        };
        let (_, data) = service(&light, Command::SetColor { color });
        assert_eq!(data["hs_color"], json!([240.0, 50.0]));
        assert_eq!(data["brightness_pct"], 25);
        let (_, data) = service(&light, Command::SetColorTemperature { kelvin: 3000 });
        assert_eq!(data["color_temp_kelvin"], 3000);
        assert_eq!(service(&light, Command::Toggle).0, "light.turn_off");
    }

    #[test]
    fn thermostats_get_their_own_scale_and_modes() {
        let thermostat = |preset: &str| {
            json!({ "entity_id": "climate.x", "state": "heat", "attributes": {
                "hvac_modes": ["off", "heat", "heat_cool"], "preset_modes": ["eco", "none"], "preset_mode": preset,
                "min_temp": 40, "max_temp": 90, "temperature": 60, "supported_features": 3,
            }})
        };
        let (name, data) = service(
            &thermostat("none"),
            Command::SetTargetTemperature { celsius: 20.0 },
        );
        assert_eq!(
            (name.as_str(), &data["temperature"]),
            ("climate.set_temperature", &json!(68.0))
        );
        let mode =
            |preset: &str, mode| plan(&thermostat(preset), Command::SetThermostatMode { mode });
        assert_eq!(
            mode("none", ThermostatMode::Auto)[0].1["hvac_mode"],
            "heat_cool"
        );
        assert_eq!(mode("none", ThermostatMode::Eco)[0].1["preset_mode"], "eco");
        let back = mode("eco", ThermostatMode::Auto);
        assert_eq!(back.len(), 2);
        assert_eq!(
            (&back[0].1["preset_mode"], &back[1].1["hvac_mode"]),
            (&json!("none"), &json!("heat_cool"))
        );
        let same = mode("eco", ThermostatMode::Heat);
        assert_eq!((same.len(), &same[0].1["preset_mode"]), (1, &json!("none")));
        assert_eq!(mode("eco", ThermostatMode::Off).len(), 1);
        let (name, data) = service(
            &thermostat("none"),
            Command::SetTemperatureRange {
                low: 15.0,
                high: 20.0,
            },
        );
        assert_eq!(name, "climate.set_temperature");
        assert_eq!(
            (&data["target_temp_low"], &data["target_temp_high"]),
            (&json!(59.0), &json!(68.0))
        );
    }

    #[test]
    fn saving_is_left_for_the_preset_nearest_to_none() {
        let leave = |presets: &[&str], state: &str| -> Vec<(String, Value)> {
            let thermostat = json!({ "entity_id": "climate.x", "state": state, "attributes": {
                "hvac_modes": ["off", "heat", "cool", "heat_cool"],
                "preset_modes": presets, "preset_mode": "eco",
            }});
            let mode = ThermostatMode::Auto;
            plan(&thermostat, Command::SetThermostatMode { mode })
        };
        for (presets, chosen) in [
            (&["eco", "none", "home"][..], "none"),
            (&["away", "eco", "home"], "home"),
            (&["eco", "away", "workday"], "workday"),
            (&["eco", "away"], "away"),
        ] {
            let calls = leave(presets, "heat_cool");
            assert_eq!(calls.len(), 1, "{presets:?}");
            assert_eq!(calls[0].0, "climate.set_preset_mode");
            assert_eq!(calls[0].1["preset_mode"], chosen, "{presets:?}");
            assert_eq!(leave(presets, "off").len(), 2);
        }
        let nowhere = leave(&["eco"], "heat_cool");
        assert_eq!(nowhere[0].1["hvac_mode"], "heat_cool", "what else");
    }

    #[test]
    fn covers_are_opened_by_what_they_have() {
        let cover = |features: u32| {
            json!({ "entity_id": "cover.x", "state": "closed", "attributes": {
                "device_class": "blind", "supported_features": features,
            }})
        };
        let set_position = ("cover.set_cover_position".to_owned(), 30);
        let (name, data) = service(&cover(15), Command::SetPercentage { percent: 30 });
        assert_eq!((name, data["position"].as_i64().unwrap()), set_position);
        assert_eq!(service(&cover(3), Command::Close).0, "cover.close_cover");
        assert_eq!(
            service(&cover(48), Command::Open).0,
            "cover.open_cover_tilt"
        );
        assert_eq!(
            service(&cover(48), Command::Close).0,
            "cover.close_cover_tilt"
        );
        for features in [128, 128 + 48] {
            let (name, data) = service(&cover(features), Command::SetTilt { percent: 40 });
            assert_eq!(name, "cover.set_cover_tilt_position");
            assert_eq!(data["tilt_position"], 40);
        }
        let garage = json!({ "entity_id": "cover.x", "state": "closed", "attributes": {
            "device_class": "garage", "supported_features": 4,
        }});
        let (name, data) = service(&garage, Command::Open);
        assert_eq!(
            (name.as_str(), &data["position"]),
            ("cover.set_cover_position", &json!(100))
        );
        let valve = json!({ "entity_id": "valve.x", "state": "open", "attributes": { "supported_features": 3 } });
        assert_eq!(service(&valve, Command::Close).0, "valve.close_valve");
    }

    #[test]
    fn each_kind_has_its_own_words() {
        let entity = |id: &str, features: u32| json!({ "entity_id": id, "state": "off", "attributes": { "supported_features": features } });
        for (entity, command, expected) in [
            (
                entity("cover.x", 4),
                Command::SetPercentage { percent: 30 },
                "cover.set_cover_position",
            ),
            (entity("cover.x", 3), Command::Open, "cover.open_cover"),
            (
                entity("fan.x", 1),
                Command::SetPercentage { percent: 30 },
                "fan.set_percentage",
            ),
            (entity("lock.x", 0), Command::Unlock, "lock.unlock"),
            (
                entity("scene.x", 0),
                Command::ActivateScene,
                "scene.turn_on",
            ),
            (
                entity("script.x", 0),
                Command::DeactivateScene,
                "script.turn_off",
            ),
            (entity("switch.x", 0), Command::TurnOn, "switch.turn_on"),
        ] {
            assert_eq!(service(&entity, command).0, expected);
        }
    }

    #[test]
    fn impossible_commands_are_refused() {
        let scale = TemperatureScale::Celsius;
        let scene = json!({ "entity_id": "scene.x", "state": "unknown" }).to_string();
        assert!(plan_service_calls(&scene, &Command::DeactivateScene, scale).is_err());
        assert!(plan_service_calls(&scene, &Command::TurnOn, scale).is_err());
        assert!(plan_service_calls("{", &Command::TurnOn, scale).is_err());
        assert!(plan_service_calls("{}", &Command::TurnOn, scale).is_err());
    }
}
