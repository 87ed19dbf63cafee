//! Whether a command has had its effect.
use crate::{Command, DeviceState};

impl Command {
    /// Whether a device that is in the state `now`, and was in the state `before`, shows the effect of this command,
    /// which is a [resolved](Command::resolve) one.
    ///
    /// Devices round: a lamp with ten steps shows 40 % for 42 %. So a value near the one that was asked for counts if
    /// the state has changed. What a device doesn't report counts as not seen.
    pub fn is_done(&self, before: &DeviceState, now: &DeviceState) -> bool {
        let near = |value: f64, wanted: f64, exact: f64, rough: f64, changed: bool| {
            let off = (value - wanted).abs();
            off <= exact || (changed && off <= rough)
        };
        let level = |level: fn(&DeviceState) -> Option<u8>, wanted: i64, rough: f64| {
            level(now).is_some_and(|value| {
                near(
                    value.into(),
                    wanted as f64,
                    1.5,
                    rough,
                    level(before) != Some(value),
                )
            })
        };
        let degrees = |degrees: fn(&DeviceState) -> Option<f64>, wanted: f64| {
            degrees(now).is_some_and(|value| {
                near(value, wanted, 0.06, 0.99, degrees(before) != Some(value))
            })
        };
        match self {
            Command::TurnOn => now.power == Some(true),
            Command::TurnOff => now.power == Some(false),
            Command::SetBrightness { percent: 0 } => now.power == Some(false),
            Command::SetBrightness { percent } => {
                now.power == Some(true) && level(|state| state.brightness, *percent, 10.0)
            }
            Command::SetColor { color } if color.brightness <= 0.0 => now.power == Some(false),
            Command::SetColor { color } => {
                now.power == Some(true)
                    && now.color.is_some_and(|shown| {
                        let around = (shown.hue - color.hue).rem_euclid(360.0);
                        let hue = around.min(360.0 - around);
                        let alike = (shown.saturation - color.saturation).abs() <= 0.1
                            && (hue <= 10.0 || color.saturation <= 0.1);
                        alike || now.color != before.color
                    })
            }
            Command::SetColorTemperature { kelvin } => {
                let changed = now.color_temperature != before.color_temperature;
                let wanted = *kelvin as f64;
                now.power == Some(true)
                    && now.color_temperature.is_some_and(|shown| {
                        near(shown.into(), wanted, wanted * 0.03, wanted * 0.2, changed)
                    })
            }
            // A fan with three speeds.
            Command::SetPercentage { percent } => level(|state| state.percentage, *percent, 17.0),
            Command::SetOscillation { on } => now.oscillating == Some(*on),
            Command::SetDirection { direction } => now.direction == Some(*direction),
            Command::SetPreset { mode } => now.preset.as_ref() == Some(mode),
            Command::SetTilt { percent } => level(|state| state.tilt, *percent, 10.0),
            Command::SetTargetTemperature { celsius } => {
                degrees(|state| state.target_temperature, *celsius)
            }
            Command::SetTemperatureRange { low, high } => {
                degrees(|state| state.target_low, *low) && degrees(|state| state.target_high, *high)
            }
            Command::SetThermostatMode { mode } => now.mode == Some(*mode),
            Command::Lock => now.lock == Some(crate::LockState::Locked),
            Command::Unlock => now.lock == Some(crate::LockState::Unlocked),
            Command::Open => now.open == Some(true),
            Command::Close => now.open == Some(false),
            Command::SetNumber { value } => now
                .number
                .is_some_and(|shown| (shown - value).abs() <= 0.01 + value.abs() * 0.001),
            Command::SetVolume { percent } => level(|state| state.volume, *percent, 5.0),
            Command::SetMute { muted } => now.muted == Some(*muted),
            Command::Play => now.playing == Some(true),
            Command::Pause | Command::Stop => now.playing == Some(false),
            // Scenes start; what they do is theirs. Titles look alike. Relative commands name no state.
            Command::ActivateScene
            | Command::DeactivateScene
            | Command::Next
            | Command::Previous
            | Command::Toggle
            | Command::AdjustBrightness { .. }
            | Command::AdjustColorTemperature { .. }
            | Command::AdjustPercentage { .. }
            | Command::AdjustTargetTemperature { .. }
            | Command::AdjustTilt { .. }
            | Command::AdjustNumber { .. }
            | Command::AdjustVolume { .. } => true,
        }
    }
}
