//! Commands as ones that need no knowledge of the present state.
use crate::{
    Capability, Color, Command, Device, DeviceState, HomeError, Temperature, ThermostatMode,
};

/// The whites that can be asked for, in kelvin.
const KELVIN: (i64, i64) = (1_000, 10_000);

impl Command {
    /// The command as one that needs no knowledge of the present state: relative ones become absolute,
    /// [`Command::Toggle`] becomes one of the other two. Checks that the device can do it and that all values are in
    /// range. What is said to whole rooms ([`Command::TurnOn`] and its like), and what switches settings of a device's
    /// own, is refused for [barriers](crate::DeviceKind::is_barrier).
    ///
    /// A single temperature for a thermostat that keeps a range moves the range, so that the temperature is in its
    /// middle.
    ///
    /// # Errors
    /// [`HomeError::Unsupported`], [`HomeError::InvalidValue`], [`HomeError::InvalidInput`],
    /// [`HomeError::TemperatureOutOfRange`], [`HomeError::UnsupportedMode`] or [`HomeError::ThermostatOff`].
    pub fn resolve(&self, device: &Device, state: &DeviceState) -> Result<Command, HomeError> {
        let unsupported = || HomeError::Unsupported {
            subject: device.id.clone(),
            action: self.to_string(),
        };
        // By no name that means opening.
        let is_indirect = matches!(
            self,
            Command::TurnOn
                | Command::TurnOff
                | Command::Toggle
                | Command::SetOscillation { .. }
                | Command::SetDirection { .. }
                | Command::SetPreset { .. }
        );
        if is_indirect && device.kind.is_barrier() {
            return Err(unsupported());
        }
        let capability = device.capability(self.needs()).ok_or_else(unsupported)?;
        if let (Some(wanted), Capability::Playback { operations }) = (self.playback(), capability)
            && !operations.contains(&wanted)
        {
            return Err(unsupported());
        }
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
                let kelvin = in_range("color temperature", *kelvin, KELVIN.0, KELVIN.1)?;
                let (minimum, maximum) = (i64::from(*minimum_kelvin), i64::from(*maximum_kelvin));
                Command::SetColorTemperature {
                    kelvin: kelvin.clamp(minimum, maximum.max(minimum)),
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
            (Command::SetPreset { mode }, Capability::Preset { modes })
                if !modes.contains(mode) =>
            {
                let reason = format!(
                    "`{}` has no mode {mode:?}; it has {}",
                    device.id,
                    modes.join(", ")
                );
                return Err(HomeError::invalid_input("mode", reason));
            }
            (Command::SetTargetTemperature { celsius }, thermostat) => {
                let keep = Thermostat::of(device, state, thermostat)?;
                match keep.range {
                    Some((low, high)) => {
                        let delta = *celsius - f64::midpoint(low, high);
                        keep.moved(|bound| bound + delta)?
                    }
                    None => Command::SetTargetTemperature {
                        celsius: keep.keepable(*celsius)?,
                    },
                }
            }
            (Command::AdjustTargetTemperature { delta }, thermostat) => {
                let keep = Thermostat::of(device, state, thermostat)?;
                let present = state.target_temperature.or(state.temperature);
                match keep.range {
                    Some(_) => keep.moved(|bound| stepped(bound, *delta))?,
                    None => Command::SetTargetTemperature {
                        celsius: keep.keepable(stepped(present.unwrap_or(20.0), *delta))?,
                    },
                }
            }
            (Command::SetTemperatureRange { low, high }, _) => {
                let thermostat = device.capability("thermostat").ok_or_else(unsupported)?;
                let keep = Thermostat::of(device, state, thermostat)?;
                let (low, high) = (keep.keepable(*low)?, keep.keepable(*high)?);
                if low > high {
                    let reason = "the lower temperature is above the upper one";
                    return Err(HomeError::invalid_input("range", reason));
                }
                Command::SetTemperatureRange { low, high }
            }
            (
                Command::SetNumber { value },
                Capability::Number {
                    minimum, maximum, ..
                },
            ) => Command::SetNumber {
                value: real_in_range("number", *value, *minimum, *maximum)?,
            },
            (
                Command::AdjustNumber { delta },
                Capability::Number {
                    minimum, maximum, ..
                },
            ) => {
                let value = state.number.unwrap_or(*minimum) + delta;
                Command::SetNumber {
                    value: value.max(*minimum).min(*maximum),
                }
            }
            (Command::SetVolume { percent }, _) => Command::SetVolume {
                percent: in_range("volume", *percent, 0, 100)?,
            },
            (Command::AdjustVolume { delta }, _) => {
                let delta = in_range("change of volume", *delta, -100, 100)?;
                let present = state.volume.map_or(0, i64::from);
                Command::SetVolume {
                    percent: (present + delta).clamp(0, 100),
                }
            }
            (Command::SetTilt { percent }, _) => Command::SetTilt {
                percent: in_range("tilt", *percent, 0, 100)?,
            },
            (Command::AdjustTilt { delta }, _) => {
                let delta = in_range("change of tilt", *delta, -100, 100)?;
                let present = state.tilt.map_or(0, i64::from);
                Command::SetTilt {
                    percent: (present + delta).clamp(0, 100),
                }
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
                return Err(unsupported());
            }
            (command, _) => command.clone(),
        })
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

/// A temperature changed by some degrees Celsius. Homes keep tenths of a degree Celsius, of which few are whole degrees
/// Fahrenheit: whoever steps by whole ones means those, so that steps don't drift.
fn stepped(present: f64, delta: f64) -> f64 {
    let is_whole = |value: f64| (value - value.round()).abs() < 1e-6;
    let fahrenheit = present * 1.8 + 32.0;
    let near = (fahrenheit - fahrenheit.round()).abs() < 0.1;
    if is_whole(delta * 1.8) && !is_whole(delta) && near {
        return (fahrenheit.round() - 32.0) / 1.8 + delta;
    }
    present + delta
}

/// A thermostat's bounds, and the range it keeps if it keeps one.
struct Thermostat {
    minimum: f64,
    maximum: f64,
    range: Option<(f64, f64)>,
}

impl Thermostat {
    /// The thermostat as it is, unless it is off.
    fn of(
        device: &Device,
        state: &DeviceState,
        thermostat: &Capability,
    ) -> Result<Thermostat, HomeError> {
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
        let range = match device.capability("temperature_range") {
            Some(Capability::TemperatureRange { only }) => {
                let range = state.target_low.zip(state.target_high);
                let keeps_one = !only && state.target_temperature.is_some();
                if *only && range.is_none() {
                    return Err(HomeError::Unsupported {
                        subject: device.id.clone(),
                        action: "keep a single temperature".into(),
                    });
                }
                range.filter(|_| !keeps_one)
            }
            _ => None,
        };
        Ok(Thermostat {
            minimum: *minimum_celsius,
            maximum: *maximum_celsius,
            range,
        })
    }

    /// The temperature without the noise of conversions, if it can be kept.
    fn keepable(&self, celsius: f64) -> Result<f64, HomeError> {
        let celsius = Temperature::celsius(celsius).without_noise().value;
        let (minimum, maximum) = (self.minimum, self.maximum);
        if !(minimum..=maximum).contains(&celsius) {
            return Err(HomeError::TemperatureOutOfRange {
                celsius,
                minimum,
                maximum,
            });
        }
        Ok(celsius)
    }

    /// The range with both bounds changed alike.
    fn moved(&self, change: impl Fn(f64) -> f64) -> Result<Command, HomeError> {
        let (low, high) = self.range.unwrap_or_default();
        Ok(Command::SetTemperatureRange {
            low: self.keepable(change(low))?,
            high: self.keepable(change(high))?,
        })
    }
}
