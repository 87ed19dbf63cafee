//! What an entity can do, by its domain and attributes.
use home_types::{Capability, DeviceKind, Playback, ThermostatMode};

use super::Entity;

/// Bits of `supported_features`.
pub(crate) mod features {
    pub(crate) const FAN_SET_SPEED: u64 = 1;
    pub(crate) const FAN_OSCILLATE: u64 = 2;
    pub(crate) const FAN_DIRECTION: u64 = 4;
    pub(crate) const FAN_PRESET: u64 = 8;
    pub(crate) const HUMIDIFIER_MODES: u64 = 1;
    pub(crate) const CAMERA_STREAM: u64 = 2;
    pub(crate) const COVER_OPEN: u64 = 1;
    pub(crate) const COVER_CLOSE: u64 = 2;
    pub(crate) const COVER_SET_POSITION: u64 = 4;
    pub(crate) const COVER_OPEN_TILT: u64 = 16;
    pub(crate) const COVER_CLOSE_TILT: u64 = 32;
    pub(crate) const COVER_SET_TILT: u64 = 128;
    pub(crate) const CLIMATE_TARGET: u64 = 1;
    pub(crate) const CLIMATE_RANGE: u64 = 2;
    pub(crate) const WATER_HEATER_MODES: u64 = 2;
    pub(crate) const WATER_HEATER_ON_OFF: u64 = 8;
    pub(crate) const MEDIA_ON_OFF: u64 = 128 | 256;
    pub(crate) const MEDIA_VOLUME: u64 = 4;
    pub(crate) const MEDIA_PAUSE: u64 = 1;
    pub(crate) const MEDIA_PREVIOUS: u64 = 16;
    pub(crate) const MEDIA_NEXT: u64 = 32;
    pub(crate) const MEDIA_STOP: u64 = 4_096;
    pub(crate) const MEDIA_PLAY: u64 = 16_384;
    pub(crate) const VACUUM_TURN_ON: u64 = 1;
    pub(crate) const VACUUM_STOP: u64 = 8;
    pub(crate) const VACUUM_RETURN: u64 = 16;
    pub(crate) const VACUUM_START: u64 = 8_192;
}

impl Entity<'_> {
    /// What a media player can do with what it plays.
    fn playback(&self) -> Vec<Playback> {
        let bits = |operation: &Playback| match operation {
            Playback::Play => features::MEDIA_PLAY,
            Playback::Pause => features::MEDIA_PAUSE,
            Playback::Stop => features::MEDIA_STOP,
            Playback::Next => features::MEDIA_NEXT,
            Playback::Previous => features::MEDIA_PREVIOUS,
        };
        let all = Playback::ALL.into_iter();
        all.filter(|operation| self.supports(bits(operation)))
            .collect()
    }

    /// What the entity is, and what it can do and report: nothing for what is no device.
    pub(super) fn kind_and_capabilities(&self) -> (DeviceKind, Vec<Capability>) {
        use Capability::{
            Brightness, Camera, ContactSensor, HumiditySensor, Lock, MotionSensor, Percentage,
            Power,
        };
        use Capability::{Color as Colour, TemperatureSensor};
        let class = self.text("device_class").unwrap_or_default();
        match self.domain() {
            "light" => {
                let modes = self.list("supported_color_modes");
                let mut can = vec![Power];
                if modes
                    .iter()
                    .any(|mode| !matches!(*mode, "onoff" | "unknown"))
                {
                    can.push(Brightness);
                }
                if modes
                    .iter()
                    .any(|mode| matches!(*mode, "hs" | "xy" | "rgb" | "rgbw" | "rgbww"))
                {
                    can.push(Colour);
                }
                if modes.contains(&"color_temp") {
                    let bound = |name: &str, default| {
                        self.real(name).map_or(default, |kelvin| kelvin as u32)
                    };
                    let minimum_kelvin = bound("min_color_temp_kelvin", 2000);
                    let maximum_kelvin = bound("max_color_temp_kelvin", 6500).max(minimum_kelvin);
                    can.push(Capability::ColorTemperature {
                        minimum_kelvin,
                        maximum_kelvin,
                    });
                }
                (DeviceKind::Light, can)
            }
            "switch" | "input_boolean" => (DeviceKind::Switch, vec![Power]),
            "group" if self.is_switchable_group() => (DeviceKind::Switch, vec![Power]),
            "humidifier" => {
                let mut can = vec![Power, self.number("min_humidity", "max_humidity")];
                if self.supports(features::HUMIDIFIER_MODES) {
                    can.extend(self.preset());
                }
                if self.real("current_humidity").is_some() {
                    can.push(HumiditySensor);
                }
                (DeviceKind::Humidifier, can)
            }
            "number" | "input_number" => (DeviceKind::Other, vec![self.number("min", "max")]),
            "media_player" => {
                let all = [
                    (features::MEDIA_ON_OFF, Power),
                    (features::MEDIA_VOLUME, Capability::Speaker),
                ];
                let can = all.into_iter().filter(|(bits, _)| self.supports(*bits));
                let mut can: Vec<Capability> = can.map(|(_, capability)| capability).collect();
                let operations = self.playback();
                if !operations.is_empty() {
                    can.push(Capability::Playback { operations });
                }
                (DeviceKind::MediaPlayer, can)
            }
            "vacuum" => {
                let starts = self.supports(features::VACUUM_START | features::VACUUM_TURN_ON);
                (
                    DeviceKind::Vacuum,
                    starts.then_some(Power).into_iter().collect(),
                )
            }
            "water_heater" => {
                let mut can = vec![self.thermostat()];
                if self.supports(features::WATER_HEATER_MODES) {
                    can.extend(self.preset());
                }
                if self.real("current_temperature").is_some() {
                    can.push(TemperatureSensor);
                }
                (DeviceKind::WaterHeater, can)
            }
            // What restarts or updates something is no button to press by voice.
            "button" if matches!(class, "restart" | "update") => (DeviceKind::Scene, Vec::new()),
            "button" | "input_button" => (
                DeviceKind::Scene,
                vec![Capability::Scene {
                    can_deactivate: false,
                }],
            ),
            "climate" => {
                let mut can = vec![self.thermostat()];
                if self.supports(features::CLIMATE_RANGE) {
                    let only = !self.supports(features::CLIMATE_TARGET);
                    can.push(Capability::TemperatureRange { only });
                }
                if self.real("current_temperature").is_some() {
                    can.push(TemperatureSensor);
                }
                if self.real("current_humidity").is_some() {
                    can.push(HumiditySensor);
                }
                (DeviceKind::Thermostat, can)
            }
            "lock" => (DeviceKind::Lock, vec![Lock]),
            "scene" => (
                DeviceKind::Scene,
                vec![Capability::Scene {
                    can_deactivate: false,
                }],
            ),
            "script" => (
                DeviceKind::Scene,
                vec![Capability::Scene {
                    can_deactivate: true,
                }],
            ),
            "fan" => {
                let all = [
                    (features::FAN_SET_SPEED, Percentage),
                    (features::FAN_OSCILLATE, Capability::Oscillation),
                    (features::FAN_DIRECTION, Capability::Direction),
                ];
                let can = all.into_iter().filter(|(bits, _)| self.supports(*bits));
                let mut can: Vec<Capability> = can.map(|(_, capability)| capability).collect();
                can.insert(0, Power);
                if self.supports(features::FAN_PRESET) {
                    can.extend(self.preset());
                }
                (DeviceKind::Fan, can)
            }
            "cover" => self.cover(class),
            "valve" => {
                let any =
                    features::COVER_OPEN | features::COVER_CLOSE | features::COVER_SET_POSITION;
                let can = self.supports(any).then_some(Capability::Opening);
                (DeviceKind::Valve, can.into_iter().collect())
            }
            "camera" => {
                let mut can = vec![Camera];
                if self.facts.streams && self.supports(features::CAMERA_STREAM) {
                    can.push(Capability::CameraStream);
                }
                (DeviceKind::Camera, can)
            }
            "sensor" if class == "temperature" => (DeviceKind::Sensor, vec![TemperatureSensor]),
            "sensor" if class == "humidity" => (DeviceKind::Sensor, vec![HumiditySensor]),
            "binary_sensor" => match class {
                "motion" | "occupancy" | "presence" | "moving" => {
                    (DeviceKind::Sensor, vec![MotionSensor])
                }
                "door" | "window" | "opening" | "garage_door" => {
                    (DeviceKind::Sensor, vec![ContactSensor])
                }
                _ => (DeviceKind::Sensor, Vec::new()),
            },
            _ => (DeviceKind::Other, Vec::new()),
        }
    }

    /// Whether a group has something to turn on in it.
    fn is_switchable_group(&self) -> bool {
        const DOMAINS: [&str; 7] = [
            "light",
            "switch",
            "input_boolean",
            "fan",
            "humidifier",
            "media_player",
            "group",
        ];
        let switchable = |id: &&str| {
            id.split_once('.')
                .is_some_and(|(domain, _)| DOMAINS.contains(&domain))
        };
        matches!(self.state_text(), "on" | "off") && self.list("entity_id").iter().any(switchable)
    }

    /// Where its state says which modes of its own it has, and in which it is.
    pub(super) fn preset_attributes(&self) -> (&'static str, &'static str) {
        match self.domain() {
            "humidifier" => ("available_modes", "mode"),
            "water_heater" => ("operation_list", "operation_mode"),
            _ => ("preset_modes", "preset_mode"),
        }
    }

    /// The modes of its own, each once; none if it doesn't name any.
    fn preset(&self) -> Option<Capability> {
        let mut modes: Vec<String> = Vec::new();
        for mode in self.list(self.preset_attributes().0) {
            if !mode.trim().is_empty() && !modes.iter().any(|known| known == mode) {
                modes.push(mode.to_owned());
            }
        }
        (!modes.is_empty()).then_some(Capability::Preset { modes })
    }

    fn number(&self, minimum: &str, maximum: &str) -> Capability {
        let minimum = self.real(minimum).unwrap_or(0.0);
        Capability::Number {
            minimum,
            maximum: self.real(maximum).unwrap_or(100.0).max(minimum),
            step: self.real("step").filter(|step| *step > 0.0).unwrap_or(1.0),
        }
    }

    /// What a cover is and can do. What lets people in is only opened and closed, never set to a position; no cover is
    /// turned on.
    fn cover(&self, class: &str) -> (DeviceKind, Vec<Capability>) {
        let kind = match class {
            "garage" | "gate" => DeviceKind::GarageDoor,
            "door" => DeviceKind::Door,
            "window" => DeviceKind::Window,
            "awning" | "shutter" => DeviceKind::Shutter,
            "" if self.name_opens_the_house() => DeviceKind::GarageDoor,
            _ => DeviceKind::Cover,
        };
        let moves = self.supports(features::COVER_OPEN | features::COVER_CLOSE);
        let tilts = self.supports(features::COVER_OPEN_TILT | features::COVER_CLOSE_TILT);
        let mut can = Vec::new();
        if self.supports(features::COVER_SET_POSITION) && !kind.is_barrier() {
            can.push(Capability::Percentage);
        } else if moves || self.supports(features::COVER_SET_POSITION) {
            can.push(Capability::Opening);
        }
        if self.supports(features::COVER_SET_TILT) {
            can.push(Capability::Tilt);
        } else if tilts && can.is_empty() {
            can.push(Capability::Opening);
        }
        (kind, can)
    }

    /// Whether any of the bits is in `supported_features`.
    pub(crate) fn supports(&self, features: u64) -> bool {
        let supported = &self.value["attributes"]["supported_features"];
        supported.as_u64().unwrap_or(0) & features != 0
    }

    fn thermostat(&self) -> Capability {
        let mut modes: Vec<ThermostatMode> = ThermostatMode::ALL
            .into_iter()
            .filter(|mode| self.mode_name(*mode).is_some())
            .collect();
        if self.supports(features::WATER_HEATER_ON_OFF) && self.domain() == "water_heater" {
            modes = vec![ThermostatMode::Off, ThermostatMode::Heat];
        }
        if self.list("preset_modes").contains(&"eco") {
            modes.push(ThermostatMode::Eco);
        }
        let bound = |name: &str, default: f64| {
            self.real(name)
                .map_or(default, |degrees| self.celsius(degrees))
        };
        let minimum_celsius = bound("min_temp", 7.0);
        let maximum_celsius = bound("max_temp", 35.0).max(minimum_celsius);
        Capability::Thermostat {
            minimum_celsius,
            maximum_celsius,
            modes,
        }
    }
}
