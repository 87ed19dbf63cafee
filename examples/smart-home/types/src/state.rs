//! How a device is right now.
use std::fmt;
use std::time::Duration;

use crate::{Device, Direction, ThermostatMode};

/// How a device is right now. What it cannot do or does not report is `None`.
#[derive(Debug, Clone, PartialEq, Default, lmms::Portable)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
#[portable(json = "fields")]
pub struct DeviceState {
    /// The device's id.
    pub device_id: String,
    /// Whether the home can reach it; if not, the other fields are its last known values.
    pub online: bool,
    /// Whether it is on its way: a command was given whose effect hasn't been seen yet, or a door is moving. The other
    /// fields are as they were found last.
    pub pending: bool,
    /// Since when it is in this state: time since the Unix epoch.
    pub changed_at: Duration,
    /// On or off.
    pub power: Option<bool>,
    /// Brightness in percent.
    pub brightness: Option<u8>,
    /// The colour it shows; `None` while it shows white.
    pub color: Option<Color>,
    /// The white it shows, in kelvin; `None` while it shows a colour.
    pub color_temperature: Option<u32>,
    /// A fan's speed, how far a cover is open, in percent.
    pub percentage: Option<u8>,
    /// Whether it swings from side to side.
    pub oscillating: Option<bool>,
    /// Which way a fan turns.
    pub direction: Option<Direction>,
    /// The mode of its own that it is in.
    pub preset: Option<String>,
    /// The measured temperature in degrees Celsius.
    pub temperature: Option<f64>,
    /// The temperature a thermostat keeps, in degrees Celsius.
    pub target_temperature: Option<f64>,
    /// The lower bound of the temperatures a thermostat keeps, in degrees Celsius.
    pub target_low: Option<f64>,
    /// The upper bound of the temperatures a thermostat keeps, in degrees Celsius.
    pub target_high: Option<f64>,
    /// A thermostat's mode.
    pub mode: Option<ThermostatMode>,
    /// A lock's state.
    pub lock: Option<LockState>,
    /// Relative humidity in percent.
    pub humidity: Option<f64>,
    /// Whether there is motion.
    pub motion: Option<bool>,
    /// How far slats are tilted open, in percent.
    pub tilt: Option<u8>,
    /// A number that can be set.
    pub number: Option<f64>,
    /// The volume in percent.
    pub volume: Option<u8>,
    /// Whether the sound is off.
    pub muted: Option<bool>,
    /// Whether it plays.
    pub playing: Option<bool>,
    /// Whether the door, window or cover is open, if only a little.
    pub open: Option<bool>,
    /// Whether the scene is the one activated last.
    pub active: Option<bool>,
    /// Electrical power it draws, in watts.
    pub watts: Option<f64>,
}

/// A device and how it is right now.
#[derive(Debug, Clone, PartialEq, lmms::Portable)]
pub struct DeviceReport {
    /// The device.
    pub device: Device,
    /// Its state.
    pub state: DeviceState,
}

/// A lock's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, lmms::Portable)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum LockState {
    /// Locked.
    Locked,
    /// Not locked.
    Unlocked,
    /// Neither: the bolt is stuck.
    Jammed,
}

impl LockState {
    /// The word in capitals: `LOCKED`.
    pub fn name(self) -> &'static str {
        match self {
            LockState::Locked => "LOCKED",
            LockState::Unlocked => "UNLOCKED",
            LockState::Jammed => "JAMMED",
        }
    }
}

impl fmt::Display for LockState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A colour as hue, saturation and brightness.
#[derive(Debug, Clone, Copy, PartialEq, lmms::Portable)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Color {
    /// 0 to 360 degrees: red, yellow, green, cyan, blue, magenta, red.
    pub hue: f64,
    /// 0 (white) to 1 (the full colour).
    pub saturation: f64,
    /// 0 (black) to 1.
    pub brightness: f64,
}

impl Color {
    /// Red, green and blue, 0 to 255 each. Values outside a colour's ranges are brought into them first.
    pub fn to_rgb(self) -> (u8, u8, u8) {
        let saturation = self.saturation.clamp(0.0, 1.0);
        let brightness = self.brightness.clamp(0.0, 1.0);
        let sector = self.hue.rem_euclid(360.0) / 60.0;
        let chroma = brightness * saturation;
        let second = chroma * (1.0 - (sector % 2.0 - 1.0).abs());
        let (red, green, blue) = match sector as u8 {
            0 => (chroma, second, 0.0),
            1 => (second, chroma, 0.0),
            2 => (0.0, chroma, second),
            3 => (0.0, second, chroma),
            4 => (second, 0.0, chroma),
            _ => (chroma, 0.0, second),
        };
        let rest = brightness - chroma;
        let byte = |part: f64| ((part + rest) * 255.0).round() as u8;
        (byte(red), byte(green), byte(blue))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_become_rgb() {
        let rgb = |hue, saturation, brightness| {
            Color {
                hue,
                saturation,
                brightness,
            }
            .to_rgb()
        };
        assert_eq!(rgb(0.0, 1.0, 1.0), (255, 0, 0));
        assert_eq!(rgb(60.0, 1.0, 1.0), (255, 255, 0));
        assert_eq!(rgb(120.0, 1.0, 0.5), (0, 128, 0));
        assert_eq!(rgb(240.0, 0.5, 1.0), (128, 128, 255));
        assert_eq!(rgb(300.0, 1.0, 1.0), (255, 0, 255));
        assert_eq!(rgb(360.0, 1.0, 1.0), (255, 0, 0));
        assert_eq!(rgb(77.0, 0.0, 1.0), (255, 255, 255));
        assert_eq!(
            rgb(f64::NAN, 1.0, 1.0).0,
            255,
            "not a number is not a crash"
        );
    }
}
