//! The interfaces of the API, and by which of them devices show what they can do.
use home_types::{Capability, Device, DeviceKind};
use serde_json::{Value, json};

use crate::{camera, opening, settings};

/// An interface of the API.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Interface {
    pub(crate) namespace: &'static str,
    pub(crate) version: &'static str,
    pub(crate) directives: &'static [&'static str],
    pub(crate) properties: &'static [&'static str],
}

impl Interface {
    /// The interface of every endpoint that can be out of reach.
    pub(crate) const ENDPOINT_HEALTH: &'static Interface = &Interface {
        version: "3.1",
        ..interface("Alexa.EndpointHealth", &[], &["connectivity"])
    };

    /// All interfaces that are supported.
    pub(crate) const ALL: &'static [Interface] = &[
        interface("Alexa", &["ReportState"], &[]),
        interface("Alexa.Authorization", &["AcceptGrant"], &[]),
        interface("Alexa.Discovery", &["Discover"], &[]),
        interface(
            "Alexa.PowerController",
            &["TurnOn", "TurnOff"],
            &["powerState"],
        ),
        interface(
            "Alexa.BrightnessController",
            &["SetBrightness", "AdjustBrightness"],
            &["brightness"],
        ),
        interface("Alexa.ColorController", &["SetColor"], &["color"]),
        interface(
            "Alexa.ColorTemperatureController",
            &[
                "SetColorTemperature",
                "IncreaseColorTemperature",
                "DecreaseColorTemperature",
            ],
            &["colorTemperatureInKelvin"],
        ),
        interface(
            "Alexa.PercentageController",
            &["SetPercentage", "AdjustPercentage"],
            &["percentage"],
        ),
        interface(
            "Alexa.ThermostatController",
            &[
                "SetTargetTemperature",
                "AdjustTargetTemperature",
                "SetThermostatMode",
            ],
            &[
                "targetSetpoint",
                "lowerSetpoint",
                "upperSetpoint",
                "thermostatMode",
            ],
        ),
        interface("Alexa.ModeController", &["SetMode"], &["mode"]),
        interface(
            "Alexa.ToggleController",
            &["TurnOn", "TurnOff"],
            &["toggleState"],
        ),
        interface(
            "Alexa.RangeController",
            &["SetRangeValue", "AdjustRangeValue"],
            &["rangeValue"],
        ),
        interface(
            "Alexa.Speaker",
            &["SetVolume", "AdjustVolume", "SetMute"],
            &["volume", "muted"],
        ),
        interface(
            "Alexa.PlaybackController",
            &["Play", "Pause", "Stop", "Next", "Previous"],
            &[],
        ),
        interface(
            "Alexa.CameraStreamController",
            &["InitializeCameraStreams"],
            &[],
        ),
        interface("Alexa.LockController", &["Lock", "Unlock"], &["lockState"]),
        interface("Alexa.SceneController", &["Activate", "Deactivate"], &[]),
        interface("Alexa.TemperatureSensor", &[], &["temperature"]),
        interface("Alexa.HumiditySensor", &[], &["relativeHumidity"]),
        interface("Alexa.MotionSensor", &[], &["detectionState"]),
        interface("Alexa.ContactSensor", &[], &["detectionState"]),
        *Interface::ENDPOINT_HEALTH,
    ];

    fn named(namespace: &str) -> Option<&'static Interface> {
        Interface::ALL
            .iter()
            .find(|interface| interface.namespace == namespace)
    }
}

/// An interface by which a device shows a capability, and which of the device's several ones of that interface it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Shown {
    pub(crate) interface: &'static Interface,
    pub(crate) instance: Option<&'static str>,
}

impl Shown {
    /// The interface that a device has once.
    pub(crate) fn plain(interface: &'static Interface) -> Shown {
        Shown {
            interface,
            instance: None,
        }
    }

    /// How a device shows a capability; none for what Alexa is not told of.
    pub(crate) fn of(device: &Device, capability: &Capability) -> Option<Shown> {
        if device.kind.is_barrier() && settings::is_setting(capability) {
            return None;
        }
        let is_fan = !matches!(device.kind, DeviceKind::Cover | DeviceKind::Shutter)
            && !device.kind.is_barrier();
        let (namespace, instance) = match capability {
            // Whoever turns everything on doesn't mean to open the house.
            Capability::Power if device.kind.is_barrier() => return None,
            Capability::Power => ("Alexa.PowerController", None),
            Capability::Brightness => ("Alexa.BrightnessController", None),
            Capability::Color => ("Alexa.ColorController", None),
            Capability::ColorTemperature { .. } => ("Alexa.ColorTemperatureController", None),
            Capability::Percentage if is_fan => ("Alexa.PercentageController", None),
            Capability::Percentage => ("Alexa.RangeController", Some(opening::POSITION)),
            Capability::Oscillation => ("Alexa.ToggleController", Some(settings::OSCILLATING)),
            Capability::Direction => ("Alexa.ModeController", Some(settings::DIRECTION)),
            Capability::Preset { .. } => {
                ("Alexa.ModeController", Some(settings::preset(device.kind)))
            }
            Capability::Tilt => ("Alexa.RangeController", Some(opening::TILT)),
            Capability::Number { .. } => ("Alexa.RangeController", Some(opening::NUMBER)),
            Capability::Speaker => ("Alexa.Speaker", None),
            Capability::Playback { .. } => ("Alexa.PlaybackController", None),
            Capability::Opening => ("Alexa.ModeController", Some(opening::instance(device.kind))),
            Capability::Thermostat { .. } => ("Alexa.ThermostatController", None),
            Capability::Lock => ("Alexa.LockController", None),
            Capability::Scene { .. } => ("Alexa.SceneController", None),
            Capability::TemperatureSensor => ("Alexa.TemperatureSensor", None),
            Capability::HumiditySensor => ("Alexa.HumiditySensor", None),
            Capability::MotionSensor => ("Alexa.MotionSensor", None),
            Capability::ContactSensor => ("Alexa.ContactSensor", None),
            Capability::CameraStream => ("Alexa.CameraStreamController", None),
            // The thermostat's interface shows it. Pictures alone are no stream.
            Capability::TemperatureRange { .. } | Capability::Camera => return None,
        };
        let interface = Interface::named(namespace)?;
        Some(Shown {
            interface,
            instance,
        })
    }

    /// The capability object of discovery.
    pub(crate) fn describe(&self, device: &Device, capability: Option<&Capability>) -> Value {
        let Interface {
            namespace,
            version,
            properties,
            ..
        } = self.interface;
        let mut described =
            json!({ "type": "AlexaInterface", "interface": namespace, "version": version });
        if !properties.is_empty() {
            let supported: Vec<Value> = properties
                .iter()
                .filter(|name| has_property(device, name))
                .map(|name| json!({ "name": name }))
                .collect();
            described["properties"] = json!({ "supported": supported, "proactivelyReported": false, "retrievable": true });
        }
        match capability {
            Some(Capability::Scene { can_deactivate }) => {
                described["supportsDeactivation"] = json!(can_deactivate)
            }
            Some(Capability::Thermostat { modes, .. }) => {
                let modes: Vec<&str> = modes.iter().map(|mode| mode.name()).collect();
                described["configuration"] =
                    json!({ "supportedModes": modes, "supportsScheduling": false });
            }
            Some(Capability::Playback { operations }) => {
                let operations = operations.iter().map(|operation| operation.name());
                described["supportedOperations"] = operations.collect();
            }
            Some(Capability::CameraStream) => {
                described["cameraStreamConfigurations"] = camera::configurations();
            }
            _ => {}
        }
        match (self.instance, capability) {
            (Some(instance), Some(capability)) if settings::is_setting(capability) => {
                described["instance"] = json!(instance);
                settings::describe(&mut described, instance, capability);
            }
            (Some(instance), _) => {
                described["instance"] = json!(instance);
                opening::describe(&mut described, instance, device);
            }
            (None, _) => {}
        }
        described
    }
}

/// Whether a device has a property that not all devices with its interface have.
fn has_property(device: &Device, name: &str) -> bool {
    let range = device.capability("temperature_range");
    match name {
        "lowerSetpoint" | "upperSetpoint" => range.is_some(),
        "targetSetpoint" => !matches!(range, Some(Capability::TemperatureRange { only: true })),
        _ => true,
    }
}

const fn interface(
    namespace: &'static str,
    directives: &'static [&'static str],
    properties: &'static [&'static str],
) -> Interface {
    Interface {
        namespace,
        version: "3",
        directives,
        properties,
    }
}
