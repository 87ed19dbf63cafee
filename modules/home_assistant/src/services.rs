//! Commands as service calls.
use home_types::{
    Command, Device, DeviceKind, DeviceState, HomeError, ServiceCall, TemperatureScale,
    ThermostatMode,
};
use lmms::operation;
use serde_json::{Value, json};

use crate::entity::Entity;

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
    let device = entity.device("").ok_or_else(|| HomeError::NoSuchDevice {
        id: entity.id().to_owned(),
    })?;
    let state = entity.state(&device);
    let command = command.resolve(&device, &state)?;
    Ok(calls(&entity, &device, &state, &command))
}

/// The calls for a command that was found good for the device.
pub(crate) fn calls(
    entity: &Entity<'_>,
    device: &Device,
    state: &DeviceState,
    command: &Command,
) -> Vec<ServiceCall> {
    let domain = entity.domain();
    let call = |service: &str, data: Value| vec![service_call(domain, service, &device.id, data)];
    let light_off = || call("turn_off", json!({}));
    match command {
        Command::TurnOn if device.kind == DeviceKind::Cover => call("open_cover", json!({})),
        Command::TurnOff if device.kind == DeviceKind::Cover => call("close_cover", json!({})),
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
        Command::SetPercentage { percent } if device.kind == DeviceKind::Cover => {
            call("set_cover_position", json!({ "position": percent }))
        }
        Command::SetPercentage { percent } => {
            call("set_percentage", json!({ "percentage": percent }))
        }
        Command::SetTargetTemperature { celsius } => call(
            "set_temperature",
            json!({ "temperature": entity.degrees(*celsius) }),
        ),
        Command::SetThermostatMode { mode } => match entity.mode_name(*mode) {
            Some(name) => {
                let mut calls = call("set_hvac_mode", json!({ "hvac_mode": name }));
                if state.mode == Some(ThermostatMode::Eco) {
                    calls.splice(
                        0..0,
                        call("set_preset_mode", json!({ "preset_mode": "none" })),
                    );
                }
                calls
            }
            None => call("set_preset_mode", json!({ "preset_mode": "eco" })),
        },
        Command::Lock => call("lock", json!({})),
        Command::Unlock => call("unlock", json!({})),
        // Resolved into one of the above.
        Command::Toggle
        | Command::AdjustBrightness { .. }
        | Command::AdjustColorTemperature { .. }
        | Command::AdjustPercentage { .. }
        | Command::AdjustTargetTemperature { .. } => Vec::new(),
    }
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
                "min_temp": 40, "max_temp": 90, "temperature": 60,
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
        let back = mode("eco", ThermostatMode::Heat);
        assert_eq!(back.len(), 2);
        assert_eq!(
            (&back[0].1["preset_mode"], &back[1].1["hvac_mode"]),
            (&json!("none"), &json!("heat"))
        );
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
            (entity("cover.x", 3), Command::TurnOn, "cover.open_cover"),
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
