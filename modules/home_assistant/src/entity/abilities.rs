//! What an entity can do, by its domain and attributes.
use home_types::{Capability, DeviceKind, ThermostatMode};

use super::Entity;

/// A cover's or fan's bit in `supported_features` for going to a position or speed.
const COVER_SET_POSITION: u64 = 4;
const FAN_SET_SPEED: u64 = 1;

impl Entity<'_> {
    /// What the entity is, and what it can do and report: nothing for what is no device.
    pub(super) fn kind_and_capabilities(&self) -> (DeviceKind, Vec<Capability>) {
        use Capability::{
            Brightness, Camera, ContactSensor, HumiditySensor, Lock, MotionSensor, Percentage,
            Power,
        };
        use Capability::{Color as Colour, TemperatureSensor};
        let class = self.text("device_class").unwrap_or_default();
        let features = self.value["attributes"]["supported_features"]
            .as_u64()
            .unwrap_or(0);
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
            "climate" => {
                let mut can = vec![self.thermostat()];
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
            "fan" if features & FAN_SET_SPEED != 0 => (DeviceKind::Fan, vec![Power, Percentage]),
            "fan" => (DeviceKind::Fan, vec![Power]),
            "cover" if features & COVER_SET_POSITION != 0 => (DeviceKind::Cover, vec![Percentage]),
            "cover" => (DeviceKind::Cover, vec![Power]),
            "camera" => (DeviceKind::Camera, vec![Camera]),
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

    fn thermostat(&self) -> Capability {
        let mut modes: Vec<ThermostatMode> = ThermostatMode::ALL
            .into_iter()
            .filter(|mode| self.mode_name(*mode).is_some())
            .collect();
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
