//! Entities as devices.
use home_types::{
    Capability, Color, Device, DeviceState, Direction, LockState, Temperature, ThermostatMode, time,
};
use serde_json::Value;

use crate::server::{Facts, scale_of};

pub(crate) use abilities::features;

mod abilities;
pub(crate) mod safety;
#[cfg(test)]
mod table;
#[cfg(test)]
mod tests;

/// One entity's state, as the API gives it.
pub(crate) struct Entity<'a> {
    value: &'a Value,
    /// What holds for all entities of its server.
    facts: Facts,
}

impl<'a> Entity<'a> {
    pub(crate) fn new(value: &'a Value, facts: Facts) -> Entity<'a> {
        Entity { value, facts }
    }

    pub(crate) fn id(&self) -> &'a str {
        self.value["entity_id"].as_str().unwrap_or_default()
    }

    pub(crate) fn domain(&self) -> &'a str {
        self.id().split_once('.').map_or("", |(domain, _)| domain)
    }

    /// The device this entity is; none for entities without anything that a smart home does with devices, and none for
    /// what could open the house by a general "turn on". `find` gives the other entities, as far as they are known.
    pub(crate) fn device(
        &self,
        room: &str,
        find: &dyn Fn(&str) -> Option<&'a Value>,
    ) -> Option<Device> {
        let (kind, capabilities) = self.kind_and_capabilities();
        if capabilities.is_empty() {
            return None;
        }
        if capabilities.iter().any(is_general) && safety::opens_the_house(self.value, find) {
            tracing::info!(
                id = self.id(),
                "left out: turning it on may open the house; make it a cover or a lock"
            );
            return None;
        }
        Some(Device {
            id: self.id().to_owned(),
            name: self
                .text("friendly_name")
                .unwrap_or_else(|| self.id())
                .to_owned(),
            kind,
            room: room.to_owned(),
            manufacturer: String::new(),
            model: String::new(),
            rated_watts: 0.0,
            capabilities,
            description: None,
            display_category: None,
        })
    }

    /// Whether [`Entity::device`] must know other entities to decide.
    pub(crate) fn needs_others(&self) -> bool {
        self.kind_and_capabilities().1.iter().any(is_general)
            && safety::depends_on_others(self.value)
    }

    /// How the device is.
    pub(crate) fn state(&self, device: &Device) -> DeviceState {
        let state = self.state_text();
        let known = !matches!(state, "unavailable" | "unknown");
        let number = || {
            state
                .parse::<f64>()
                .ok()
                .filter(|number| number.is_finite())
        };
        let when = self.value["last_changed"]
            .as_str()
            .and_then(time::parse_utc);
        let mut found = DeviceState {
            device_id: device.id.clone(),
            online: state != "unavailable",
            pending: self.is_moving(),
            changed_at: when.unwrap_or_default(),
            ..DeviceState::default()
        };
        if !known {
            return found;
        }
        for capability in &device.capabilities {
            match capability {
                Capability::Power => {
                    found.power = Some(match self.domain() {
                        "vacuum" => matches!(state, "cleaning" | "on"),
                        _ => !matches!(state, "off" | "standby"),
                    })
                }
                Capability::Number { .. } if self.domain() == "humidifier" => {
                    found.number = self.real("humidity");
                }
                Capability::Number { .. } => found.number = number(),
                Capability::Speaker => {
                    let level = self.real("volume_level");
                    found.volume = level.map(|level| percent(level * 100.0));
                    found.muted = self.value["attributes"]["is_volume_muted"].as_bool();
                }
                Capability::Playback { .. } => {
                    found.playing = Some(matches!(state, "playing" | "buffering"));
                }
                Capability::Brightness => {
                    found.brightness = self.brightness().or((state == "off").then_some(0))
                }
                Capability::Color => found.color = self.color(),
                Capability::ColorTemperature { .. } => found.color_temperature = self.kelvin(),
                Capability::Percentage => {
                    let level = self
                        .real("current_position")
                        .or_else(|| self.real("percentage"));
                    found.percentage = level.map(percent).or((state == "off").then_some(0));
                }
                Capability::Oscillation => {
                    found.oscillating = self.value["attributes"]["oscillating"].as_bool();
                }
                Capability::Direction => {
                    found.direction = self.text("direction").and_then(Direction::from_name);
                }
                Capability::Preset { .. } => {
                    let mode = self.text(self.preset_attributes().1);
                    found.preset = mode.map(str::to_owned);
                }
                Capability::Tilt => {
                    found.tilt = self.real("current_tilt_position").map(percent);
                }
                Capability::Opening => {
                    let tilted = self.real("current_tilt_position").filter(|_| {
                        !self.supports(
                            features::COVER_OPEN
                                | features::COVER_CLOSE
                                | features::COVER_SET_POSITION,
                        )
                    });
                    found.open = Some(tilted.map_or(state != "closed", |tilt| tilt > 0.0));
                }
                Capability::TemperatureRange { .. } => {
                    let bound = |name| self.real(name).map(|degrees| self.celsius(degrees));
                    found.target_low = bound("target_temp_low");
                    found.target_high = bound("target_temp_high");
                }
                Capability::Thermostat { .. } => {
                    found.target_temperature = self
                        .real("temperature")
                        .map(|degrees| self.celsius(degrees));
                    found.mode = self.mode(state);
                }
                Capability::Lock => {
                    found.lock = Some(match state {
                        // What is being unlocked is locked still.
                        "locked" | "unlocking" => LockState::Locked,
                        "jammed" => LockState::Jammed,
                        _ => LockState::Unlocked,
                    });
                }
                Capability::Scene { .. } => {
                    found.active = (self.domain() == "script").then_some(state == "on")
                }
                Capability::TemperatureSensor => {
                    let thermostat = self
                        .real("current_temperature")
                        .map(|degrees| self.celsius(degrees));
                    let scale = self
                        .text("unit_of_measurement")
                        .and_then(scale_of)
                        .unwrap_or(self.facts.scale);
                    let sensor = || number().map(|value| rounded(Temperature { value, scale }));
                    found.temperature = thermostat.or_else(sensor);
                }
                Capability::HumiditySensor => {
                    found.humidity = self.real("current_humidity").or_else(number)
                }
                Capability::MotionSensor => found.motion = Some(state == "on"),
                Capability::ContactSensor => found.open = Some(state == "on"),
                Capability::Camera | Capability::CameraStream => {}
            }
        }
        found
    }

    /// Whether it is on its way to another state.
    fn is_moving(&self) -> bool {
        matches!(
            self.state_text(),
            "opening" | "closing" | "locking" | "unlocking"
        )
    }

    /// The state as the server writes it.
    pub(crate) fn state_text(&self) -> &'a str {
        self.value["state"].as_str().unwrap_or("unknown")
    }

    /// What the server calls a thermostat's mode; none for one it reaches by a preset.
    pub(crate) fn mode_name(&self, mode: ThermostatMode) -> Option<&'static str> {
        let names: &[&'static str] = match mode {
            ThermostatMode::Off => &["off"],
            ThermostatMode::Heat => &["heat"],
            ThermostatMode::Cool => &["cool"],
            ThermostatMode::Auto => &["heat_cool", "auto"],
            ThermostatMode::Eco => &[],
        };
        let modes = self.list("hvac_modes");
        names.iter().copied().find(|name| modes.contains(name))
    }

    /// A temperature as this thermostat's server wants it.
    pub(crate) fn degrees(&self, celsius: f64) -> f64 {
        Temperature::celsius(celsius)
            .to_scale(self.facts.scale)
            .value
    }

    fn mode(&self, state: &str) -> Option<ThermostatMode> {
        match state {
            "off" => Some(ThermostatMode::Off),
            _ if self.domain() == "water_heater" => Some(ThermostatMode::Heat),
            _ if self.text("preset_mode") == Some("eco") => Some(ThermostatMode::Eco),
            "heat" => Some(ThermostatMode::Heat),
            "cool" => Some(ThermostatMode::Cool),
            "heat_cool" | "auto" => Some(ThermostatMode::Auto),
            _ => None,
        }
    }

    fn brightness(&self) -> Option<u8> {
        self.real("brightness")
            .map(|brightness| percent(brightness / 2.55))
    }

    /// The colour, unless the light shows white.
    fn color(&self) -> Option<Color> {
        if self.text("color_mode") == Some("color_temp") {
            return None;
        }
        let color = &self.value["attributes"]["hs_color"];
        let (hue, saturation) = (color[0].as_f64()?, color[1].as_f64()?);
        let brightness = self
            .real("brightness")
            .map_or(1.0, |brightness| (brightness / 2.55).round() / 100.0);
        let saturation = (saturation / 100.0).clamp(0.0, 1.0);
        Some(Color {
            hue: hue.clamp(0.0, 360.0),
            saturation,
            brightness: brightness.clamp(0.0, 1.0),
        })
    }

    /// The white, unless the light shows a colour. Older servers tell it in mireds.
    fn kelvin(&self) -> Option<u32> {
        if self
            .text("color_mode")
            .is_some_and(|mode| mode != "color_temp")
        {
            return None;
        }
        let mireds = || {
            self.real("color_temp")
                .filter(|mireds| *mireds >= 1.0)
                .map(|mireds| 1e6 / mireds)
        };
        self.real("color_temp_kelvin")
            .or_else(mireds)
            .map(|kelvin| kelvin.round() as u32)
    }

    fn celsius(&self, degrees: f64) -> f64 {
        rounded(Temperature {
            value: degrees,
            scale: self.facts.scale,
        })
    }

    /// Whether its id or its name says that it opens the house.
    fn name_opens_the_house(&self) -> bool {
        let object = self.id().split_once('.').map_or("", |(_, object)| object);
        let name = self.text("friendly_name").unwrap_or_default();
        [object, name].into_iter().any(safety::names_an_entrance)
    }

    pub(crate) fn real(&self, attribute: &str) -> Option<f64> {
        self.value["attributes"][attribute].as_f64()
    }

    pub(crate) fn text(&self, attribute: &str) -> Option<&'a str> {
        self.value["attributes"][attribute].as_str()
    }

    pub(crate) fn list(&self, attribute: &str) -> Vec<&'a str> {
        let list = self.value["attributes"][attribute].as_array();
        list.map(|list| list.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default()
    }
}

/// Whether a general "turn on" may reach it.
fn is_general(capability: &Capability) -> bool {
    matches!(capability, Capability::Power | Capability::Scene { .. })
}

fn percent(value: f64) -> u8 {
    value.round().clamp(0.0, 100.0) as u8
}

/// In degrees Celsius.
fn rounded(temperature: Temperature) -> f64 {
    Temperature::celsius(temperature.to_celsius())
        .without_noise()
        .value
}
