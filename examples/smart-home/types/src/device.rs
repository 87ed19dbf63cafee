//! What a device is and can do.
use std::fmt;

use crate::{Playback, ThermostatMode};

/// One thing in the home: a lamp, a lock, a sensor, a scene.
#[derive(Debug, Clone, PartialEq, lmms::Portable)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[portable(json = "fields")]
pub struct Device {
    /// Unique in its home, in the form `domain.name`: `light.kitchen_ceiling`.
    pub id: String,
    /// What people call it: `Kitchen ceiling`.
    pub name: String,
    /// What it is.
    pub kind: DeviceKind,
    /// Where it is; empty when that is unknown.
    #[cfg_attr(feature = "serde", serde(default))]
    pub room: String,
    /// Who made it; empty when unknown.
    #[cfg_attr(feature = "serde", serde(default))]
    pub manufacturer: String,
    /// The maker's name for the model; empty when unknown.
    #[cfg_attr(feature = "serde", serde(default))]
    pub model: String,
    /// Electrical power at full load in watts, 0 when unknown.
    #[cfg_attr(feature = "serde", serde(default))]
    pub rated_watts: f64,
    /// What it can do and report.
    pub capabilities: Vec<Capability>,
    /// What people are told it is, where that isn't put together from kind and room.
    #[cfg_attr(feature = "serde", serde(default))]
    pub description: Option<String>,
    /// The [display category](crate::CATEGORIES) that Alexa shows it in, where its kind doesn't decide.
    #[cfg_attr(feature = "serde", serde(default))]
    pub display_category: Option<String>,
}

impl Device {
    /// The capability named `name` (see [`Capability::name`]), if the device has it.
    pub fn capability(&self, name: &str) -> Option<&Capability> {
        self.capabilities
            .iter()
            .find(|capability| capability.name() == name)
    }

    /// Whether the device has the capability named `name`.
    pub fn can(&self, name: &str) -> bool {
        self.capability(name).is_some()
    }
}

/// What a device is. Decides icons and wording, not what it can do: that is [`Capability`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, lmms::Portable)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum DeviceKind {
    /// A lamp.
    Light,
    /// A plug or a wall switch.
    Switch,
    /// A heating or cooling control.
    Thermostat,
    /// A boiler or a heat pump for water.
    WaterHeater,
    /// A humidifier or a dehumidifier.
    Humidifier,
    /// A door lock.
    Lock,
    /// A group of settings that is activated as one.
    Scene,
    /// Something that only measures.
    Sensor,
    /// A camera.
    Camera,
    /// A fan with a speed.
    Fan,
    /// A blind, a shade, a curtain inside the house.
    Cover,
    /// A shutter or an awning outside the house.
    Shutter,
    /// A garage door or a gate.
    GarageDoor,
    /// A door that opens by itself.
    Door,
    /// A window that opens by itself.
    Window,
    /// A valve for water or gas.
    Valve,
    /// A television, a speaker, a player.
    MediaPlayer,
    /// A vacuum cleaner.
    Vacuum,
    /// Anything else.
    Other,
}

impl DeviceKind {
    /// All kinds, in the order of their declaration.
    pub const ALL: [DeviceKind; 19] = [
        DeviceKind::Light,
        DeviceKind::Switch,
        DeviceKind::Thermostat,
        DeviceKind::WaterHeater,
        DeviceKind::Humidifier,
        DeviceKind::Lock,
        DeviceKind::Scene,
        DeviceKind::Sensor,
        DeviceKind::Camera,
        DeviceKind::Fan,
        DeviceKind::Cover,
        DeviceKind::Shutter,
        DeviceKind::GarageDoor,
        DeviceKind::Door,
        DeviceKind::Window,
        DeviceKind::Valve,
        DeviceKind::MediaPlayer,
        DeviceKind::Vacuum,
        DeviceKind::Other,
    ];

    /// Whether it keeps people, water or gas out: what is open, unlocked or disarmed by it must be asked for by name.
    ///
    /// Such a device takes no [`Command::TurnOn`](crate::Command::TurnOn), [`TurnOff`](crate::Command::TurnOff) or
    /// [`Toggle`](crate::Command::Toggle), whatever capabilities it claims, because those are also said to whole rooms.
    ///
    /// ```
    /// use home_types::DeviceKind;
    ///
    /// assert!(DeviceKind::GarageDoor.is_barrier());
    /// assert!(!DeviceKind::Light.is_barrier());
    /// ```
    pub fn is_barrier(self) -> bool {
        matches!(
            self,
            DeviceKind::Lock
                | DeviceKind::GarageDoor
                | DeviceKind::Door
                | DeviceKind::Window
                | DeviceKind::Valve
        )
    }

    /// The lower-case English words: `light`, `garage door`.
    pub fn name(self) -> &'static str {
        match self {
            DeviceKind::Light => "light",
            DeviceKind::Switch => "switch",
            DeviceKind::Thermostat => "thermostat",
            DeviceKind::WaterHeater => "water heater",
            DeviceKind::Humidifier => "humidifier",
            DeviceKind::Lock => "lock",
            DeviceKind::Scene => "scene",
            DeviceKind::Sensor => "sensor",
            DeviceKind::Camera => "camera",
            DeviceKind::Fan => "fan",
            DeviceKind::Cover => "cover",
            DeviceKind::Shutter => "shutter",
            DeviceKind::GarageDoor => "garage door",
            DeviceKind::Door => "door",
            DeviceKind::Window => "window",
            DeviceKind::Valve => "valve",
            DeviceKind::MediaPlayer => "media player",
            DeviceKind::Vacuum => "vacuum",
            DeviceKind::Other => "other",
        }
    }
}

impl fmt::Display for DeviceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One thing a device can do or report.
#[derive(Debug, Clone, PartialEq, lmms::Portable)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Capability {
    /// Can be turned on and off.
    Power,
    /// Its brightness can be set, 0 to 100 percent.
    Brightness,
    /// Its colour can be set.
    Color,
    /// Its shade of white can be set.
    ColorTemperature {
        /// The warmest white it can show, in kelvin.
        minimum_kelvin: u32,
        /// The coldest white it can show, in kelvin.
        maximum_kelvin: u32,
    },
    /// Has a level of 0 to 100 percent: a fan's speed, how far a blind is open.
    Percentage,
    /// Swings from side to side, or doesn't.
    Oscillation,
    /// Turns forward or in reverse.
    Direction,
    /// Is in one of several modes of its own, which its maker has named.
    Preset {
        /// The modes, as the device names them: `sleep`.
        modes: Vec<String>,
    },
    /// Keeps a temperature.
    Thermostat {
        /// The lowest temperature that can be asked for, in degrees Celsius.
        minimum_celsius: f64,
        /// The highest temperature that can be asked for, in degrees Celsius.
        maximum_celsius: f64,
        /// The modes it can be put in.
        modes: Vec<ThermostatMode>,
    },
    /// Keeps a lower and an upper temperature.
    TemperatureRange {
        /// Whether it keeps nothing else: it has no single temperature to keep.
        only: bool,
    },
    /// Can be locked and unlocked.
    Lock,
    /// Can be opened and closed, by name only.
    Opening,
    /// Has slats that tilt, 0 to 100 percent open.
    Tilt,
    /// Has a number that can be set: a humidifier's humidity, a helper's value.
    Number {
        /// The smallest value.
        minimum: f64,
        /// The largest value.
        maximum: f64,
        /// The step between two values.
        step: f64,
    },
    /// Has a volume, and can be muted.
    Speaker,
    /// Plays, pauses, stops, or goes from title to title.
    Playback {
        /// What of it the device can do.
        operations: Vec<Playback>,
    },
    /// Can be activated as a scene.
    Scene {
        /// Whether it can also be deactivated.
        can_deactivate: bool,
    },
    /// Measures the temperature.
    TemperatureSensor,
    /// Measures the relative humidity.
    HumiditySensor,
    /// Detects motion.
    MotionSensor,
    /// Detects whether a door or a window is open.
    ContactSensor,
    /// Takes pictures.
    Camera,
    /// Sends what it sees as a stream.
    CameraStream,
}

impl Capability {
    /// The names of all capabilities, as [`Capability::name`] gives them.
    pub const NAMES: [&'static str; 23] = [
        "power",
        "brightness",
        "color",
        "color_temperature",
        "percentage",
        "oscillation",
        "direction",
        "preset",
        "thermostat",
        "temperature_range",
        "lock",
        "opening",
        "tilt",
        "number",
        "speaker",
        "playback",
        "scene",
        "temperature_sensor",
        "humidity_sensor",
        "motion_sensor",
        "contact_sensor",
        "camera",
        "camera_stream",
    ];

    /// The capability's name in lower case with underscores: `color_temperature`.
    pub fn name(&self) -> &'static str {
        match self {
            Capability::Power => "power",
            Capability::Brightness => "brightness",
            Capability::Color => "color",
            Capability::ColorTemperature { .. } => "color_temperature",
            Capability::Percentage => "percentage",
            Capability::Oscillation => "oscillation",
            Capability::Direction => "direction",
            Capability::Preset { .. } => "preset",
            Capability::Thermostat { .. } => "thermostat",
            Capability::TemperatureRange { .. } => "temperature_range",
            Capability::Lock => "lock",
            Capability::Opening => "opening",
            Capability::Tilt => "tilt",
            Capability::Number { .. } => "number",
            Capability::Speaker => "speaker",
            Capability::Playback { .. } => "playback",
            Capability::Scene { .. } => "scene",
            Capability::TemperatureSensor => "temperature_sensor",
            Capability::HumiditySensor => "humidity_sensor",
            Capability::MotionSensor => "motion_sensor",
            Capability::ContactSensor => "contact_sensor",
            Capability::Camera => "camera",
            Capability::CameraStream => "camera_stream",
        }
    }
}
