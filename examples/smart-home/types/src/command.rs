//! What a device shall do.
use std::fmt;

use crate::{Capability, Color, Device, DeviceState, HomeError, ThermostatMode};

/// What a device shall do.
///
/// Numbers are wider than their ranges, so that a value out of range arrives as such and can be answered with the range.
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
    /// Show a shade of white; turns on.
    SetColorTemperature {
        /// Within the device's range, in kelvin.
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
    /// Put a thermostat in a mode.
    SetThermostatMode {
        /// The mode.
        mode: ThermostatMode,
    },
    /// Lock.
    Lock,
    /// Unlock.
    Unlock,
    /// Activate a scene.
    ActivateScene,
    /// Undo a scene.
    DeactivateScene,
}

impl Command {
    /// The command as one that needs no knowledge of the present state: relative ones become absolute, [`Command::Toggle`]
    /// becomes one of the other two. Checks that the device can do it and that all values are in range.
    ///
    /// # Errors
    /// [`HomeError::Unsupported`], [`HomeError::InvalidValue`], [`HomeError::TemperatureOutOfRange`],
    /// [`HomeError::UnsupportedMode`] or [`HomeError::ThermostatOff`].
    pub fn resolve(&self, device: &Device, state: &DeviceState) -> Result<Command, HomeError> {
        let capability = device
            .capability(self.needs())
            .ok_or_else(|| HomeError::Unsupported {
                subject: device.id.clone(),
                action: self.to_string(),
            })?;
        Ok(match (self, capability) {
            (Command::Toggle, _) if state.power == Some(true) => Command::TurnOff,
            (Command::Toggle, _) => Command::TurnOn,
            (Command::SetBrightness { percent }, _) => Command::SetBrightness {
                percent: in_range("brightness", *percent, 0, 100)?,
            },
            (Command::AdjustBrightness { delta }, _) => {
                let delta = in_range("change of brightness", *delta, -100, 100)?;
                // What is off adjusts from darkness, whatever brightness it remembers.
                let present = if state.power == Some(true) {
                    state.brightness.unwrap_or(100)
                } else {
                    0
                };
                Command::SetBrightness {
                    percent: (i64::from(present) + delta).clamp(0, 100),
                }
            }
            (Command::SetColor { color }, _) => {
                let color = Color {
                    hue: real_in_range("hue", color.hue, 0.0, 360.0)?,
                    saturation: real_in_range("saturation", color.saturation, 0.0, 1.0)?,
                    brightness: real_in_range(
                        "brightness of the color",
                        color.brightness,
                        0.0,
                        1.0,
                    )?,
                };
                Command::SetColor { color }
            }
            (
                Command::SetColorTemperature { kelvin },
                Capability::ColorTemperature {
                    minimum_kelvin,
                    maximum_kelvin,
                },
            ) => {
                let (minimum, maximum) = (i64::from(*minimum_kelvin), i64::from(*maximum_kelvin));
                Command::SetColorTemperature {
                    kelvin: in_range("color temperature", *kelvin, minimum, maximum)?,
                }
            }
            (
                Command::AdjustColorTemperature { delta },
                Capability::ColorTemperature {
                    minimum_kelvin,
                    maximum_kelvin,
                },
            ) => {
                let (minimum, maximum) = (i64::from(*minimum_kelvin), i64::from(*maximum_kelvin));
                let present = state
                    .color_temperature
                    .map_or(i64::midpoint(minimum, maximum), i64::from);
                let kelvin = present
                    .saturating_add(*delta)
                    .clamp(minimum, maximum.max(minimum));
                Command::SetColorTemperature { kelvin }
            }
            (Command::SetPercentage { percent }, _) => Command::SetPercentage {
                percent: in_range("percentage", *percent, 0, 100)?,
            },
            (Command::AdjustPercentage { delta }, _) => {
                let delta = in_range("change of percentage", *delta, -100, 100)?;
                let present = state.percentage.map_or(0, i64::from);
                Command::SetPercentage {
                    percent: (present + delta).clamp(0, 100),
                }
            }
            (Command::SetTargetTemperature { celsius }, thermostat) => {
                keepable(*celsius, device, state, thermostat)?
            }
            (Command::AdjustTargetTemperature { delta }, thermostat) => {
                let present = state
                    .target_temperature
                    .or(state.temperature)
                    .unwrap_or(20.0);
                keepable(present + delta, device, state, thermostat)?
            }
            (Command::SetThermostatMode { mode }, Capability::Thermostat { modes, .. })
                if !modes.contains(mode) =>
            {
                return Err(HomeError::UnsupportedMode {
                    id: device.id.clone(),
                    mode: mode.name().to_owned(),
                    supported: modes.clone(),
                });
            }
            (
                Command::DeactivateScene,
                Capability::Scene {
                    can_deactivate: false,
                },
            ) => {
                return Err(HomeError::Unsupported {
                    subject: device.id.clone(),
                    action: self.to_string(),
                });
            }
            (command, _) => command.clone(),
        })
    }

    /// The name of the [`Capability`] a device must have for this command.
    pub fn needs(&self) -> &'static str {
        match self {
            Command::TurnOn | Command::TurnOff | Command::Toggle => "power",
            Command::SetBrightness { .. } | Command::AdjustBrightness { .. } => "brightness",
            Command::SetColor { .. } => "color",
            Command::SetColorTemperature { .. } | Command::AdjustColorTemperature { .. } => {
                "color_temperature"
            }
            Command::SetPercentage { .. } | Command::AdjustPercentage { .. } => "percentage",
            Command::SetTargetTemperature { .. }
            | Command::AdjustTargetTemperature { .. }
            | Command::SetThermostatMode { .. } => "thermostat",
            Command::Lock | Command::Unlock => "lock",
            Command::ActivateScene | Command::DeactivateScene => "scene",
        }
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
            Command::SetTargetTemperature { celsius } => write!(f, "keep {celsius} °C"),
            Command::AdjustTargetTemperature { delta } => {
                write!(f, "change the temperature by {delta} °C")
            }
            Command::SetThermostatMode { mode } => write!(f, "set the mode {mode}"),
            Command::Lock => f.write_str("lock"),
            Command::Unlock => f.write_str("unlock"),
            Command::ActivateScene => f.write_str("activate"),
            Command::DeactivateScene => f.write_str("deactivate"),
        }
    }
}

fn in_range(what: &str, value: i64, minimum: i64, maximum: i64) -> Result<i64, HomeError> {
    if (minimum..=maximum).contains(&value) {
        return Ok(value);
    }
    let (minimum, maximum) = (minimum as f64, maximum as f64);
    Err(HomeError::InvalidValue {
        what: what.to_owned(),
        value: value as f64,
        minimum,
        maximum,
    })
}

fn real_in_range(what: &str, value: f64, minimum: f64, maximum: f64) -> Result<f64, HomeError> {
    if (minimum..=maximum).contains(&value) {
        return Ok(value);
    }
    Err(HomeError::InvalidValue {
        what: what.to_owned(),
        value,
        minimum,
        maximum,
    })
}

fn keepable(
    celsius: f64,
    device: &Device,
    state: &DeviceState,
    thermostat: &Capability,
) -> Result<Command, HomeError> {
    let Capability::Thermostat {
        minimum_celsius,
        maximum_celsius,
        ..
    } = thermostat
    else {
        return Err(HomeError::Unsupported {
            subject: device.id.clone(),
            action: "keep a temperature".into(),
        });
    };
    if state.mode == Some(ThermostatMode::Off) {
        return Err(HomeError::ThermostatOff {
            id: device.id.clone(),
        });
    }
    // A hundredth of a degree, so that Fahrenheit's fractions do not pile up.
    let celsius = (celsius * 100.0).round() / 100.0;
    let (minimum, maximum) = (*minimum_celsius, *maximum_celsius);
    if !(minimum..=maximum).contains(&celsius) {
        return Err(HomeError::TemperatureOutOfRange {
            celsius,
            minimum,
            maximum,
        });
    }
    Ok(Command::SetTargetTemperature { celsius })
}

#[cfg(test)]
mod tests;
