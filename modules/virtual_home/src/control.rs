//! Telling devices what to do.
use std::time::Duration;

use home_types::{Color, Command, Device, DeviceState, HomeError, LockState};
use lmms::{Context, operation};
use rusqlite::Connection;

use crate::store::{self, Failure};
use crate::{rows, scenes};

/// Tells a device what to do and returns its new state.
///
/// Relative commands are worked out from the present state; activating a scene sets all its devices. The command is
/// noted among the home's changes, and the power the device then draws among its readings.
#[operation(interface = "virtual_home")]
pub fn apply(
    cx: &Context,
    path: &str,
    id: &str,
    command: &Command,
) -> Result<DeviceState, HomeError> {
    let now = cx.unix_time();
    store::write(cx, path, |home| {
        let state = apply_one(home, now, id, command)?;
        match command {
            Command::ActivateScene => scenes::activate(home, now, id)?,
            Command::DeactivateScene => scenes::deactivate(home, now, id)?,
            _ => {}
        }
        Ok(state)
    })
}

/// Marks a device as reachable or not. An unreachable device keeps its last state and refuses commands.
#[operation(interface = "virtual_home")]
pub fn set_online(
    cx: &Context,
    path: &str,
    id: &str,
    online: bool,
) -> Result<DeviceState, HomeError> {
    let now = cx.unix_time();
    store::write(cx, path, |home| {
        let (_, mut state) = rows::one(home, id)?;
        if state.online != online {
            state.online = online;
            state.changed_at = now;
            rows::put_state(home, &state)?;
            rows::put_change(
                home,
                now,
                id,
                if online {
                    "came online"
                } else {
                    "went offline"
                },
            )?;
        }
        Ok(state)
    })
}

/// The electrical power a device draws in that state, in watts; `None` if it is not known to draw any.
pub(crate) fn watts(device: &Device, state: &DeviceState) -> Option<f64> {
    if device.rated_watts <= 0.0 {
        return None;
    }
    let share = match state.power {
        Some(false) => 0.0,
        _ => f64::from(state.brightness.or(state.percentage).unwrap_or(100)) / 100.0,
    };
    Some((device.rated_watts * share * 100.0).round() / 100.0)
}

/// Tells one device what to do, without the devices of a scene.
pub(crate) fn apply_one(
    home: &Connection,
    now: Duration,
    id: &str,
    command: &Command,
) -> Result<DeviceState, Failure> {
    let (device, state) = rows::one(home, id)?;
    if !state.online {
        return Err(HomeError::DeviceUnreachable { id: id.to_owned() }.into());
    }
    let command = command.resolve(&device, &state)?;
    let mut next = after(&state, &command);
    next.watts = watts(&device, &next);
    if next != state {
        next.changed_at = now;
        rows::put_state(home, &next)?;
    }
    if let Some(watts) = next.watts.filter(|_| next.watts != state.watts) {
        rows::put_reading(home, id, "watts", now, watts)?;
    }
    if let Some(target) = next
        .target_temperature
        .filter(|_| next.target_temperature != state.target_temperature)
    {
        rows::put_reading(home, id, "target_temperature", now, target)?;
    }
    rows::put_change(home, now, id, &command.to_string())?;
    Ok(next)
}

/// The state after a command that [`Command::resolve`] found good.
fn after(state: &DeviceState, command: &Command) -> DeviceState {
    let mut next = state.clone();
    let percent = |value: i64| u8::try_from(value.clamp(0, 100)).unwrap_or(100);
    match command {
        Command::TurnOn => {
            next.power = Some(true);
            // A lamp dimmed to nothing, or a fan at rest, would stay so.
            next.brightness = state
                .brightness
                .map(|brightness| if brightness == 0 { 100 } else { brightness });
            next.percentage = state
                .percentage
                .map(|percentage| if percentage == 0 { 50 } else { percentage });
        }
        Command::TurnOff => next.power = Some(false),
        Command::SetBrightness { percent: value } => {
            next.brightness = Some(percent(*value));
            next.power = state.power.map(|_| *value > 0);
        }
        Command::SetColor { color } => {
            let brightness = (color.brightness * 100.0).round() as i64;
            next.color = Some(Color {
                hue: color.hue % 360.0,
                ..*color
            });
            next.color_temperature = None;
            next.brightness = state.brightness.map(|_| percent(brightness));
            next.power = state.power.map(|_| brightness > 0);
        }
        Command::SetColorTemperature { kelvin } => {
            next.color_temperature = u32::try_from(*kelvin).ok();
            next.color = None;
            next.power = state.power.map(|_| true);
        }
        Command::SetPercentage { percent: value } => {
            next.percentage = Some(percent(*value));
            next.power = state.power.map(|_| *value > 0);
        }
        Command::SetOscillation { on } => next.oscillating = Some(*on),
        Command::SetDirection { direction } => next.direction = Some(*direction),
        Command::SetPreset { mode } => next.preset = Some(mode.clone()),
        Command::SetTargetTemperature { celsius } => {
            next.target_temperature = Some(*celsius);
            (next.target_low, next.target_high) = (None, None);
        }
        Command::SetTemperatureRange { low, high } => {
            next.target_temperature = None;
            (next.target_low, next.target_high) = (Some(*low), Some(*high));
        }
        Command::Open => next.open = Some(true),
        Command::Close => next.open = Some(false),
        Command::SetTilt { percent: value } => next.tilt = Some(percent(*value)),
        Command::SetNumber { value } => next.number = Some(*value),
        Command::SetVolume { percent: value } => next.volume = Some(percent(*value)),
        Command::SetMute { muted } => next.muted = Some(*muted),
        Command::Play | Command::Next | Command::Previous => next.playing = Some(true),
        Command::Pause | Command::Stop => next.playing = Some(false),
        Command::SetThermostatMode { mode } => next.mode = Some(*mode),
        Command::Lock => next.lock = Some(LockState::Locked),
        Command::Unlock => next.lock = Some(LockState::Unlocked),
        Command::ActivateScene => next.active = Some(true),
        Command::DeactivateScene => next.active = Some(false),
        // Resolved into one of the above.
        Command::Toggle
        | Command::AdjustBrightness { .. }
        | Command::AdjustColorTemperature { .. }
        | Command::AdjustPercentage { .. }
        | Command::AdjustTargetTemperature { .. }
        | Command::AdjustTilt { .. }
        | Command::AdjustNumber { .. }
        | Command::AdjustVolume { .. } => {}
    }
    next
}

#[cfg(test)]
mod tests {
    use home_types::Direction;

    use super::*;
    use crate::catalog::get_state;
    use crate::testing::home;

    #[test]
    fn a_lamp_does_what_it_is_told() {
        let (_directory, path, cx) = home();
        let lamp = "light.floor_lamp";
        let state = apply(&cx, &path, lamp, &Command::TurnOn).unwrap();
        assert_eq!(
            (state.power, state.brightness, state.watts),
            (Some(true), Some(100), Some(9.5))
        );
        let state = apply(&cx, &path, lamp, &Command::SetBrightness { percent: 40 }).unwrap();
        assert_eq!((state.brightness, state.watts), (Some(40), Some(3.8)));
        let color = Color {
            hue: 120.0,
            saturation: 1.0,
            brightness: 0.5,
        };
        let state = apply(&cx, &path, lamp, &Command::SetColor { color }).unwrap();
        assert_eq!(
            (state.color, state.color_temperature, state.brightness),
            (Some(color), None, Some(50))
        );
        let state = apply(&cx, &path, lamp, &Command::SetBrightness { percent: 0 }).unwrap();
        assert_eq!((state.power, state.watts), (Some(false), Some(0.0)));
        assert_eq!(get_state(&cx, &path, lamp).unwrap(), state);
        let refused = apply(&cx, &path, lamp, &Command::Lock);
        assert!(
            matches!(refused, Err(HomeError::Unsupported { .. })),
            "{refused:?}"
        );
        let refused = apply(&cx, &path, "light.nowhere", &Command::TurnOn);
        assert_eq!(
            refused,
            Err(HomeError::NoSuchDevice {
                id: "light.nowhere".into()
            })
        );
    }

    #[test]
    fn a_fan_swings_turns_and_goes_into_its_modes() {
        let (_directory, path, cx) = home();
        let tell = |command| apply(&cx, &path, "fan.bedroom", &command);
        assert_eq!(
            tell(Command::SetOscillation { on: true })
                .unwrap()
                .oscillating,
            Some(true)
        );
        let direction = Direction::Reverse;
        assert_eq!(
            tell(Command::SetDirection { direction }).unwrap().direction,
            Some(direction)
        );
        let mode = |mode: &str| Command::SetPreset { mode: mode.into() };
        let state = tell(mode("sleep")).unwrap();
        assert_eq!(state.preset.as_deref(), Some("sleep"));
        let error = tell(mode("turbo")).unwrap_err().to_string();
        assert!(error.contains("auto, sleep"), "{error}");
        assert_eq!(get_state(&cx, &path, "fan.bedroom").unwrap(), state);
    }

    #[test]
    fn an_offline_device_refuses_and_keeps_its_state() {
        let (_directory, path, cx) = home();
        let lamp = "light.hallway";
        let before = apply(&cx, &path, lamp, &Command::TurnOn).unwrap();
        set_online(&cx, &path, lamp, false).unwrap();
        assert_eq!(
            apply(&cx, &path, lamp, &Command::TurnOff),
            Err(HomeError::DeviceUnreachable { id: lamp.into() })
        );
        let state = get_state(&cx, &path, lamp).unwrap();
        assert_eq!((state.power, state.online), (before.power, false));
        set_online(&cx, &path, lamp, true).unwrap();
        assert!(apply(&cx, &path, lamp, &Command::TurnOff).is_ok());
    }
}
