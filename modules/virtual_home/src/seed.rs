//! Filling a new home.
use std::time::Duration;

use home_types::{
    Capability, Color, Device, DeviceKind, DeviceState, Direction, LockState, ThermostatMode,
};
use rusqlite::Connection;

use crate::store::Failure;
use crate::{examples, rows};

/// Adds those of the example devices that the home lacks; how many those were.
pub(crate) fn add_missing(connection: &Connection, now: Duration) -> Result<u32, Failure> {
    let mut exists = connection.prepare("SELECT 1 FROM devices WHERE id = ?1")?;
    let mut added = 0;
    for device in examples::devices() {
        if exists.exists([&device.id])? {
            continue;
        }
        let mut state = first_state(&device);
        state.changed_at = now;
        rows::put(connection, &device, &state)?;
        if let Some(watts) = state.watts {
            rows::put_reading(connection, &device.id, "watts", now, watts)?;
        }
        if device.kind == DeviceKind::Scene {
            rows::put_scene(connection, &device.id, &examples::scene_steps(&device.id))?;
        }
        added += 1;
    }
    Ok(added)
}

/// How a device that can do this is at first.
pub(crate) fn first_state(device: &Device) -> DeviceState {
    let mut state = DeviceState {
        device_id: device.id.clone(),
        online: true,
        ..DeviceState::default()
    };
    let mut range = None;
    for capability in &device.capabilities {
        match capability {
            Capability::Power => state.power = Some(false),
            Capability::Brightness => state.brightness = Some(100),
            // A lamp shows a colour or a white: the white is what it starts with.
            Capability::Color if device.can("color_temperature") => {}
            Capability::Color => {
                state.color = Some(Color {
                    hue: 30.0,
                    saturation: 0.5,
                    brightness: 1.0,
                })
            }
            Capability::ColorTemperature {
                minimum_kelvin,
                maximum_kelvin,
            } => {
                state.color_temperature = Some(2700.clamp(*minimum_kelvin, *maximum_kelvin));
            }
            Capability::Percentage => {
                let is_cover = matches!(device.kind, DeviceKind::Cover | DeviceKind::Shutter);
                state.percentage = Some(if is_cover { 100 } else { 0 });
            }
            Capability::Oscillation => state.oscillating = Some(false),
            Capability::Direction => state.direction = Some(Direction::Forward),
            Capability::Preset { modes } => state.preset = modes.first().cloned(),
            Capability::Thermostat {
                minimum_celsius,
                maximum_celsius,
                modes,
            } => {
                state.target_temperature = Some(20.0_f64.clamp(*minimum_celsius, *maximum_celsius));
                state.mode = modes
                    .iter()
                    .copied()
                    .find(|mode| *mode != ThermostatMode::Off)
                    .or(Some(ThermostatMode::Off));
            }
            Capability::TemperatureRange { only } => range = Some(*only),
            Capability::Opening => state.open = Some(false),
            Capability::Tilt => state.tilt = Some(0),
            Capability::Number { minimum, .. } => state.number = Some(*minimum),
            Capability::Speaker => (state.volume, state.muted) = (Some(30), Some(false)),
            Capability::Playback { .. } => state.playing = Some(false),
            Capability::Lock => state.lock = Some(LockState::Locked),
            Capability::Scene { .. } => state.active = Some(false),
            Capability::TemperatureSensor => {
                state.temperature = Some(if device.room == "Garden" { 11.5 } else { 20.0 });
            }
            Capability::HumiditySensor => state.humidity = Some(55.0),
            Capability::MotionSensor => state.motion = Some(false),
            Capability::ContactSensor => state.open = Some(false),
            Capability::Camera | Capability::CameraStream => {}
        }
    }
    if range == Some(true) {
        let middle = state.target_temperature.take().unwrap_or(20.0);
        (state.target_low, state.target_high) = (Some(middle), Some(middle));
    }
    state.watts = crate::control::watts(device, &state);
    state
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_home_is_sound() {
        let devices = examples::devices();
        assert!(devices.len() >= 20);
        for device in &devices {
            assert_eq!(
                crate::catalog::check_device(device),
                Ok(()),
                "{}",
                device.id
            );
        }
        for scene in devices
            .iter()
            .filter(|device| device.kind == DeviceKind::Scene)
        {
            let steps = examples::scene_steps(&scene.id);
            assert!(!steps.is_empty(), "{}", scene.id);
            for step in steps {
                let found = devices.iter().find(|device| device.id == step.device_id);
                let device = found.expect("scenes name devices there are");
                assert!(
                    step.command.resolve(device, &first_state(device)).is_ok(),
                    "{step:?}"
                );
            }
        }
    }
}
