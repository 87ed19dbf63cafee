//! What a device shall do.
use std::fmt;

use crate::{Color, Device, Direction, Playback, ThermostatMode};

mod done;
mod resolve;
#[cfg(test)]
mod tests;

/// What a device shall do.
///
/// Numbers are wider than their ranges, so that a value out of range arrives as such and can be answered with the
/// range.
#[derive(Debug, Clone, PartialEq, lmms::Portable)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Command {
    /// Turn on.
    TurnOn,
    /// Turn off.
    TurnOff,
    /// Turn on what is off and off what is on.
    Toggle,
    /// Set the brightness; 0 turns off, anything else turns on.
    SetBrightness {
        /// 0 to 100.
        percent: i64,
    },
    /// Make brighter or darker; the result is kept within 0 and 100.
    AdjustBrightness {
        /// -100 to 100.
        delta: i64,
    },
    /// Show a colour; turns on.
    SetColor {
        /// The colour.
        color: Color,
    },
    /// Show a shade of white, or the nearest one that the device has; turns on.
    SetColorTemperature {
        /// 1,000 to 10,000 kelvin.
        kelvin: i64,
    },
    /// Show a colder (positive) or warmer white; the result is kept within the device's range.
    AdjustColorTemperature {
        /// The difference in kelvin.
        delta: i64,
    },
    /// Set the level: a fan's speed, how far a cover is open.
    SetPercentage {
        /// 0 to 100.
        percent: i64,
    },
    /// Raise or lower the level; the result is kept within 0 and 100.
    AdjustPercentage {
        /// -100 to 100.
        delta: i64,
    },
    /// Swing from side to side, or stop doing so.
    SetOscillation {
        /// Whether it swings.
        on: bool,
    },
    /// Turn the other way.
    SetDirection {
        /// The way.
        direction: Direction,
    },
    /// Go into a mode of the device's own.
    SetPreset {
        /// The mode, as the device names it.
        mode: String,
    },
    /// Set the temperature to keep.
    SetTargetTemperature {
        /// Within the device's range, in degrees Celsius.
        celsius: f64,
    },
    /// Raise or lower the temperature to keep.
    AdjustTargetTemperature {
        /// The difference in degrees Celsius.
        delta: f64,
    },
    /// Set the lower and the upper bound of the temperatures to keep.
    SetTemperatureRange {
        /// The lower bound, in degrees Celsius.
        low: f64,
        /// The upper bound, in degrees Celsius.
        high: f64,
    },
    /// Put a thermostat in a mode.
    SetThermostatMode {
        /// The mode.
        mode: ThermostatMode,
    },
    /// Lock.
    Lock,
    /// Unlock.
    Unlock,
    /// Open a door, a gate, a cover.
    Open,
    /// Close it.
    Close,
    /// Tilt slats.
    SetTilt {
        /// 0 (closed) to 100.
        percent: i64,
    },
    /// Tilt slats further; the result is kept within 0 and 100.
    AdjustTilt {
        /// -100 to 100.
        delta: i64,
    },
    /// Set a number.
    SetNumber {
        /// Within the device's range.
        value: f64,
    },
    /// Raise or lower a number; the result is kept within the device's range.
    AdjustNumber {
        /// The difference.
        delta: f64,
    },
    /// Set the volume.
    SetVolume {
        /// 0 to 100.
        percent: i64,
    },
    /// Make louder or quieter; the result is kept within 0 and 100.
    AdjustVolume {
        /// -100 to 100.
        delta: i64,
    },
    /// Turn the sound off, or on again.
    SetMute {
        /// Whether it is off.
        muted: bool,
    },
    /// Play.
    Play,
    /// Pause.
    Pause,
    /// Stop.
    Stop,
    /// Go to the next title.
    Next,
    /// Go to the previous title.
    Previous,
    /// Activate a scene.
    ActivateScene,
    /// Undo a scene.
    DeactivateScene,
}

impl Command {
    /// The name of the [`Capability`](crate::Capability) a device must have for this command.
    pub fn needs(&self) -> &'static str {
        match self {
            Command::TurnOn | Command::TurnOff | Command::Toggle => "power",
            Command::SetBrightness { .. } | Command::AdjustBrightness { .. } => "brightness",
            Command::SetColor { .. } => "color",
            Command::SetColorTemperature { .. } | Command::AdjustColorTemperature { .. } => {
                "color_temperature"
            }
            Command::SetPercentage { .. } | Command::AdjustPercentage { .. } => "percentage",
            Command::SetOscillation { .. } => "oscillation",
            Command::SetDirection { .. } => "direction",
            Command::SetPreset { .. } => "preset",
            Command::SetTargetTemperature { .. }
            | Command::AdjustTargetTemperature { .. }
            | Command::SetThermostatMode { .. } => "thermostat",
            Command::SetTemperatureRange { .. } => "temperature_range",
            Command::Lock | Command::Unlock => "lock",
            Command::Open | Command::Close => "opening",
            Command::SetTilt { .. } | Command::AdjustTilt { .. } => "tilt",
            Command::SetNumber { .. } | Command::AdjustNumber { .. } => "number",
            Command::SetVolume { .. } | Command::AdjustVolume { .. } | Command::SetMute { .. } => {
                "speaker"
            }
            Command::Play | Command::Pause | Command::Stop | Command::Next | Command::Previous => {
                "playback"
            }
            Command::ActivateScene | Command::DeactivateScene => "scene",
        }
    }
}

impl Command {
    /// What it does to the playing of a device, if that is what it is about.
    pub fn playback(&self) -> Option<Playback> {
        match self {
            Command::Play => Some(Playback::Play),
            Command::Pause => Some(Playback::Pause),
            Command::Stop => Some(Playback::Stop),
            Command::Next => Some(Playback::Next),
            Command::Previous => Some(Playback::Previous),
            _ => None,
        }
    }

    /// Whether what it asks for depends on the state the device is in.
    pub fn is_relative(&self) -> bool {
        matches!(
            self,
            Command::Toggle
                | Command::AdjustBrightness { .. }
                | Command::AdjustColorTemperature { .. }
                | Command::AdjustPercentage { .. }
                | Command::AdjustTargetTemperature { .. }
                | Command::AdjustTilt { .. }
                | Command::AdjustNumber { .. }
                | Command::AdjustVolume { .. }
        )
    }

    /// Whether it may open or unlock what [keeps a house shut](crate::DeviceKind::is_barrier). No scene may do that: a
    /// scene starts at a word, and asks nobody who said it.
    pub fn opens_the_house(&self, device: &Device) -> bool {
        let shuts = matches!(
            self,
            Command::Lock | Command::Close | Command::SetPercentage { percent: 0 }
        );
        matches!(self, Command::Unlock) || (device.kind.is_barrier() && !shuts)
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Command::TurnOn => f.write_str("turn on"),
            Command::TurnOff => f.write_str("turn off"),
            Command::Toggle => f.write_str("toggle"),
            Command::SetBrightness { percent } => write!(f, "set the brightness to {percent} %"),
            Command::AdjustBrightness { delta } => write!(f, "change the brightness by {delta} %"),
            Command::SetColor { color } => {
                let (red, green, blue) = color.to_rgb();
                write!(f, "show the color #{red:02x}{green:02x}{blue:02x}")
            }
            Command::SetColorTemperature { kelvin } => write!(f, "show white of {kelvin} K"),
            Command::AdjustColorTemperature { delta } => write!(f, "change the white by {delta} K"),
            Command::SetPercentage { percent } => write!(f, "set the level to {percent} %"),
            Command::AdjustPercentage { delta } => write!(f, "change the level by {delta} %"),
            Command::SetOscillation { on: true } => f.write_str("swing"),
            Command::SetOscillation { on: false } => f.write_str("stop swinging"),
            Command::SetDirection { direction } => write!(f, "turn {direction}"),
            Command::SetPreset { mode } => write!(f, "set the mode {mode:?}"),
            Command::SetTargetTemperature { celsius } => write!(f, "keep {} °C", tidy(*celsius)),
            Command::AdjustTargetTemperature { delta } => {
                write!(f, "change the temperature by {} °C", tidy(*delta))
            }
            Command::SetTemperatureRange { low, high } => {
                write!(f, "keep {} to {} °C", tidy(*low), tidy(*high))
            }
            Command::SetThermostatMode { mode } => write!(f, "set the mode {mode}"),
            Command::Lock => f.write_str("lock"),
            Command::Unlock => f.write_str("unlock"),
            Command::Open => f.write_str("open"),
            Command::Close => f.write_str("close"),
            Command::SetTilt { percent } => write!(f, "tilt to {percent} %"),
            Command::AdjustTilt { delta } => write!(f, "tilt by {delta} %"),
            Command::SetNumber { value } => write!(f, "set to {value}"),
            Command::AdjustNumber { delta } => write!(f, "change by {delta}"),
            Command::SetVolume { percent } => write!(f, "set the volume to {percent} %"),
            Command::AdjustVolume { delta } => write!(f, "change the volume by {delta} %"),
            Command::SetMute { muted: true } => f.write_str("mute"),
            Command::SetMute { muted: false } => f.write_str("unmute"),
            Command::Play => f.write_str("play"),
            Command::Pause => f.write_str("pause"),
            Command::Stop => f.write_str("stop"),
            Command::Next => f.write_str("play the next title"),
            Command::Previous => f.write_str("play the previous title"),
            Command::ActivateScene => f.write_str("activate"),
            Command::DeactivateScene => f.write_str("deactivate"),
        }
    }
}

/// A temperature as people read it: Fahrenheit's fractions are endless.
fn tidy(celsius: f64) -> f64 {
    (celsius * 100.0).round() / 100.0
}
