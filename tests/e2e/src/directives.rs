//! The directives that are tried on an endpoint, by what it says it can do.

use serde_json::{Value, json};

use crate::endpoint::Endpoint;

/// A directive to try.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Such as `Alexa.PowerController`.
    pub interface: String,
    /// Such as `TurnOn`.
    pub name: &'static str,
    /// Such as `Blind.Position`.
    pub instance: Option<String>,
    /// What is asked for.
    pub payload: Value,
}

impl Attempt {
    /// Reading the state.
    pub fn report() -> Self {
        Self {
            interface: "Alexa".to_owned(),
            name: "ReportState",
            instance: None,
            payload: json!({}),
        }
    }

    /// Whether it only reads the state.
    pub fn is_report(&self) -> bool {
        self.name == "ReportState"
    }

    /// All that make sense on `endpoint`.
    pub fn all(endpoint: &Endpoint) -> Vec<Self> {
        let attempts = endpoint
            .capabilities
            .iter()
            .flat_map(|(interface, capabilities)| {
                capabilities
                    .iter()
                    .flat_map(|capability| of_capability(interface, capability))
            });
        std::iter::once(Self::report()).chain(attempts).collect()
    }

    /// The directive itself, for `entity`.
    pub fn directive(&self, entity: &str) -> Value {
        let mut header = json!({
            "namespace": self.interface,
            "name": self.name,
            "payloadVersion": "3",
            "messageId": "e2e-message",
            "correlationToken": "e2e-token",
        });
        if let Some(instance) = &self.instance {
            header["instance"] = json!(instance);
        }
        json!({"directive": {
            "header": header,
            "endpoint": {
                "scope": {"type": "BearerToken", "token": "e2e"},
                "endpointId": entity.replacen('.', "#", 1),
                "cookie": {},
            },
            "payload": self.payload,
        }})
    }

    /// In few words: `SetRangeValue 50`.
    pub fn text(&self) -> String {
        let values: Vec<String> = match &self.payload {
            Value::Object(fields) => fields.values().map(brief).collect(),
            _ => Vec::new(),
        };
        let instance = self.instance.as_ref();
        let instance = instance.map_or(String::new(), |instance| format!("{instance} "));
        let text = format!("{instance}{} {}", self.name, values.join(" "));
        text.trim_end().to_owned()
    }
}

/// The directive that asks for all endpoints.
pub fn discover() -> Value {
    json!({"directive": {
        "header": {
            "namespace": "Alexa.Discovery",
            "name": "Discover",
            "payloadVersion": "3",
            "messageId": "e2e-message",
        },
        "payload": {"scope": {"type": "BearerToken", "token": "e2e"}},
    }})
}

fn of_capability(interface: &str, capability: &Value) -> Vec<Attempt> {
    let celsius = |value: f64| json!({"value": value, "scale": "CELSIUS"});
    let pairs: Vec<(&'static str, Value)> = match interface {
        "Alexa.PowerController" => vec![("TurnOn", json!({})), ("TurnOff", json!({}))],
        "Alexa.BrightnessController" => vec![
            ("SetBrightness", json!({"brightness": 42})),
            ("SetBrightness", json!({"brightness": 0})),
            ("AdjustBrightness", json!({"brightnessDelta": -20})),
            ("AdjustBrightness", json!({"brightnessDelta": 100})),
        ],
        "Alexa.ColorController" => vec![(
            "SetColor",
            json!({"color": {"hue": 240.0, "saturation": 1.0, "brightness": 1.0}}),
        )],
        "Alexa.ColorTemperatureController" => vec![
            (
                "SetColorTemperature",
                json!({"colorTemperatureInKelvin": 4000}),
            ),
            (
                "SetColorTemperature",
                json!({"colorTemperatureInKelvin": 9000}),
            ),
            ("IncreaseColorTemperature", json!({})),
            ("DecreaseColorTemperature", json!({})),
        ],
        "Alexa.LockController" => vec![("Lock", json!({})), ("Unlock", json!({}))],
        "Alexa.SceneController" => vec![("Activate", json!({}))],
        "Alexa.PercentageController" => vec![
            ("SetPercentage", json!({"percentage": 60})),
            ("AdjustPercentage", json!({"percentageDelta": -20})),
        ],
        "Alexa.ThermostatController" => {
            let modes = &capability["configuration"]["supportedModes"];
            let modes = modes.as_array().into_iter().flatten();
            let modes = modes.map(|mode| {
                (
                    "SetThermostatMode",
                    json!({"thermostatMode": {"value": mode}}),
                )
            });
            let mut pairs: Vec<_> = modes.collect();
            pairs.push((
                "SetTargetTemperature",
                json!({"targetSetpoint": celsius(21.0)}),
            ));
            pairs.push((
                "SetTargetTemperature",
                json!({"targetSetpoint": celsius(500.0)}),
            ));
            pairs.push((
                "SetTargetTemperature",
                json!({"lowerSetpoint": celsius(19.0), "upperSetpoint": celsius(24.0)}),
            ));
            pairs.push((
                "AdjustTargetTemperature",
                json!({"targetSetpointDelta": celsius(1.0)}),
            ));
            pairs
        }
        "Alexa.RangeController" => {
            let range = &capability["configuration"]["supportedRange"];
            let number = |name: &str| range[name].as_f64().unwrap_or_default();
            let (low, high) = (number("minimumValue"), number("maximumValue"));
            let step = number("precision").max(1.0);
            let middle = low + ((high - low) / 2.0 / step).floor() * step;
            vec![
                ("SetRangeValue", json!({"rangeValue": whole(middle)})),
                ("SetRangeValue", json!({"rangeValue": whole(high)})),
                (
                    "AdjustRangeValue",
                    json!({"rangeValueDelta": whole(-step), "rangeValueDeltaDefault": false}),
                ),
            ]
        }
        "Alexa.ModeController" => {
            let modes = &capability["configuration"]["supportedModes"];
            let modes = modes.as_array().into_iter().flatten();
            modes
                .map(|mode| ("SetMode", json!({"mode": mode["value"]})))
                .collect()
        }
        "Alexa.ToggleController" => vec![("TurnOn", json!({})), ("TurnOff", json!({}))],
        "Alexa.Speaker" => vec![
            ("SetVolume", json!({"volume": 30})),
            (
                "AdjustVolume",
                json!({"volume": -10, "volumeDefault": false}),
            ),
            ("SetMute", json!({"mute": true})),
        ],
        "Alexa.StepSpeaker" => vec![
            (
                "AdjustVolume",
                json!({"volumeSteps": 2, "volumeStepsDefault": false}),
            ),
            ("SetMute", json!({"mute": true})),
        ],
        "Alexa.PlaybackController" => {
            let operations = capability["supportedOperations"].as_array();
            let has = |name: &&str| {
                operations.is_none_or(|operations| operations.iter().any(|known| known == name))
            };
            let names = ["Pause", "Play", "Next", "Previous", "Stop"].into_iter();
            names.filter(has).map(|name| (name, json!({}))).collect()
        }
        "Alexa.InputController" => {
            let inputs = capability["inputs"].as_array().into_iter().flatten();
            let inputs = inputs.map(|input| ("SelectInput", json!({"input": input["name"]})));
            inputs.take(2).collect()
        }
        "Alexa.SecurityPanelController" => vec![
            ("Arm", json!({"armState": "ARMED_STAY"})),
            ("Disarm", json!({})),
        ],
        "Alexa.CameraStreamController" => vec![(
            "InitializeCameraStreams",
            json!({"cameraStreams": [{
                "protocol": "HLS",
                "resolution": {"width": 640, "height": 480},
                "authorizationType": "NONE",
                "videoCodec": "H264",
                "audioCodec": "AAC",
            }]}),
        )],
        // Sensors and whatever else only tells something.
        _ => Vec::new(),
    };
    let instance = capability["instance"].as_str();
    pairs
        .into_iter()
        .map(|(name, payload)| Attempt {
            interface: interface.to_owned(),
            name,
            instance: instance.map(str::to_owned),
            payload,
        })
        .collect()
}

/// A number as the server's own clients write it: without a fraction if it has none.
fn whole(number: f64) -> Value {
    if number.fract() == 0.0 {
        json!(number as i64)
    } else {
        json!(number)
    }
}

fn brief(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(fields) => {
            let values: Vec<String> = fields.values().map(brief).collect();
            values.join("/")
        }
        other => other.to_string(),
    }
}
