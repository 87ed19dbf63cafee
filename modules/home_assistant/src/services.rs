//! Commands as service calls.
use home_types::{Command, HomeError, ServiceCall, TemperatureScale, ThermostatMode};
use lmms::operation;
use serde_json::{Value, json};

use crate::entity::{Entity, features};
use crate::server::Facts;

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
    let entity = Entity::new(&entity, Facts::of_scale(scale));
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
        Command::ActivateScene if matches!(domain, "button" | "input_button") => {
            call("press", json!({}))
        }
        Command::TurnOn | Command::TurnOff if domain == "group" => {
            let service = if *command == Command::TurnOn {
                "turn_on"
            } else {
                "turn_off"
            };
            vec![service_call(
                "homeassistant",
                service,
                entity.id(),
                json!({}),
            )]
        }
        Command::TurnOn if entity.supports(features::VACUUM_START) && domain == "vacuum" => {
            call("start", json!({}))
        }
        Command::TurnOff if domain == "vacuum" => {
            let has = |bits| entity.supports(bits);
            let service = match () {
                () if has(features::VACUUM_RETURN) => "return_to_base",
                () if has(features::VACUUM_STOP) => "stop",
                () => "turn_off",
            };
            call(service, json!({}))
        }
        Command::TurnOn | Command::ActivateScene => call("turn_on", json!({})),
        Command::TurnOff | Command::DeactivateScene => call("turn_off", json!({})),
        Command::SetNumber { value } if domain == "humidifier" => {
            call("set_humidity", json!({ "humidity": value.round() as i64 }))
        }
        Command::SetNumber { value } => call("set_value", json!({ "value": value })),
        Command::SetVolume { percent } => {
            let level = *percent as f64 / 100.0;
            call("volume_set", json!({ "volume_level": level }))
        }
        Command::SetMute { muted } => call("volume_mute", json!({ "is_volume_muted": muted })),
        Command::Play => call("media_play", json!({})),
        Command::Pause => call("media_pause", json!({})),
        Command::Stop => call("media_stop", json!({})),
        Command::Next => call("media_next_track", json!({})),
        Command::Previous => call("media_previous_track", json!({})),
        Command::SetThermostatMode { mode } if domain == "water_heater" => {
            let off = *mode == ThermostatMode::Off;
            call(if off { "turn_off" } else { "turn_on" }, json!({}))
        }
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
        Command::SetOscillation { on } => call("oscillate", json!({ "oscillating": on })),
        Command::SetDirection { direction } => {
            call("set_direction", json!({ "direction": direction.name() }))
        }
        Command::SetPreset { mode } => match domain {
            "humidifier" => call("set_mode", json!({ "mode": mode })),
            "water_heater" => call("set_operation_mode", json!({ "operation_mode": mode })),
            _ => call("set_preset_mode", json!({ "preset_mode": mode })),
        },
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
        | Command::AdjustTilt { .. }
        | Command::AdjustNumber { .. }
        | Command::AdjustVolume { .. } => Vec::new(),
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

/// Puts a thermostat in a mode. Saving energy is a preset, which the server keeps beside the mode: it is left for
/// another preset, as far as the thermostat has one.
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
mod tests;
