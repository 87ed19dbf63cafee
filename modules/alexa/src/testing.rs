//! A home without a file or a network, and asking it.
use std::cell::{Cell, RefCell};
use std::time::Duration;

use home_types::{
    CameraStream, Capability, Command, Device, DeviceKind, DeviceReport, DeviceState, HomeError,
    LockState, ThermostatMode,
};
use serde_json::{Value, json};

use crate::home::Home;
use crate::process::respond;

/// 2026-11-23T07:00:00Z
pub(crate) const NOW: Duration = Duration::from_secs(1_795_417_200);

/// A few devices of each kind.
pub(crate) struct FakeHome {
    devices: RefCell<Vec<(Device, DeviceState)>>,
    broken: Cell<bool>,
    slow: Cell<bool>,
}

impl FakeHome {
    /// A home with so many lamps.
    pub(crate) fn of_lamps(count: usize) -> FakeHome {
        let home = FakeHome::new();
        let lamp = home.with("light.lamp", |device, state| {
            Ok((device.clone(), state.clone()))
        });
        let lamp = lamp.expect("it has a lamp");
        home.devices.replace(vec![lamp; count]);
        home
    }

    pub(crate) fn new() -> FakeHome {
        use Capability::{CameraStream, *};
        let thermostat = Thermostat {
            minimum_celsius: 7.0,
            maximum_celsius: 30.0,
            modes: vec![
                ThermostatMode::Off,
                ThermostatMode::Heat,
                ThermostatMode::Auto,
            ],
        };
        let white = ColorTemperature {
            minimum_kelvin: 2200,
            maximum_kelvin: 6500,
        };
        let devices = vec![
            device(
                "light.lamp",
                DeviceKind::Light,
                vec![Power, Brightness, Color, white],
            ),
            device(
                "climate.room",
                DeviceKind::Thermostat,
                vec![thermostat.clone(), TemperatureSensor],
            ),
            device(
                "climate.range",
                DeviceKind::Thermostat,
                vec![thermostat, TemperatureRange { only: true }],
            ),
            device("cover.garage", DeviceKind::GarageDoor, vec![Opening]),
            device("cover.blind", DeviceKind::Cover, vec![Percentage, Tilt]),
            device(
                "number.level",
                DeviceKind::Other,
                vec![Number {
                    minimum: 0.0,
                    maximum: 20.0,
                    step: 0.5,
                }],
            ),
            device(
                "media_player.tv",
                DeviceKind::MediaPlayer,
                vec![
                    Power,
                    Speaker,
                    Capability::Playback {
                        operations: vec![
                            home_types::Playback::Play,
                            home_types::Playback::Pause,
                            home_types::Playback::Stop,
                            home_types::Playback::Next,
                        ],
                    },
                ],
            ),
            device("lock.door", DeviceKind::Lock, vec![Lock]),
            device(
                "scene.night",
                DeviceKind::Scene,
                vec![Scene {
                    can_deactivate: false,
                }],
            ),
            device(
                "fan.big",
                DeviceKind::Fan,
                vec![
                    Power,
                    Percentage,
                    Oscillation,
                    Direction,
                    preset(&["sleep", "v1.5"]),
                ],
            ),
            device(
                "humidifier.room",
                DeviceKind::Humidifier,
                vec![Power, preset(&["eco"])],
            ),
            device(
                "water_heater.boiler",
                DeviceKind::WaterHeater,
                vec![preset(&["eco", "heat_pump", "off"])],
            ),
            device(
                "camera.porch",
                DeviceKind::Camera,
                vec![Camera, CameraStream],
            ),
            device("camera.still", DeviceKind::Camera, vec![Camera]),
            device(
                "sensor.all",
                DeviceKind::Sensor,
                vec![HumiditySensor, MotionSensor, ContactSensor],
            ),
        ];
        FakeHome {
            devices: RefCell::new(devices),
            broken: Cell::new(false),
            slow: Cell::new(false),
        }
    }

    pub(crate) fn set_online(&self, id: &str, online: bool) {
        self.with(id, |_, state| {
            state.online = online;
            Ok(state.clone())
        })
        .unwrap();
    }

    /// From now on, nothing that is told is seen to happen.
    pub(crate) fn slow_down(&self) {
        self.slow.set(true);
    }

    /// From now on, nothing answers.
    pub(crate) fn break_down(&self) {
        self.broken.set(true);
    }

    fn with<T>(
        &self,
        id: &str,
        work: impl FnOnce(&Device, &mut DeviceState) -> Result<T, HomeError>,
    ) -> Result<T, HomeError> {
        self.check()?;
        let mut devices = self.devices.borrow_mut();
        let found = devices.iter_mut().find(|(device, _)| device.id == id);
        let (device, state) = found.ok_or_else(|| HomeError::NoSuchDevice { id: id.to_owned() })?;
        work(device, state)
    }

    fn check(&self) -> Result<(), HomeError> {
        if self.broken.get() {
            let (home, reason) = ("the fake home".to_owned(), "it is broken".to_owned());
            return Err(HomeError::Unreachable { home, reason });
        }
        Ok(())
    }
}

impl Home for FakeHome {
    fn devices(&self) -> Result<Vec<Device>, HomeError> {
        self.check()?;
        Ok(self
            .devices
            .borrow()
            .iter()
            .map(|(device, _)| device.clone())
            .collect())
    }

    fn states(&self) -> Result<Vec<DeviceState>, HomeError> {
        self.check()?;
        Ok(self
            .devices
            .borrow()
            .iter()
            .map(|(_, state)| state.clone())
            .collect())
    }

    fn report(&self, id: &str) -> Result<DeviceReport, HomeError> {
        self.with(id, |device, state| {
            Ok(DeviceReport {
                device: device.clone(),
                state: state.clone(),
            })
        })
    }

    fn control(&self, id: &str, command: &Command) -> Result<DeviceReport, HomeError> {
        self.with(id, |device, state| {
            if !state.online {
                return Err(HomeError::DeviceUnreachable { id: id.to_owned() });
            }
            let command = command.resolve(device, state)?;
            if !self.slow.get() {
                obey(state, command);
            }
            Ok(DeviceReport {
                device: device.clone(),
                state: DeviceState {
                    pending: self.slow.get(),
                    ..state.clone()
                },
            })
        })
    }

    fn camera_stream(&self, id: &str) -> Result<CameraStream, HomeError> {
        self.with(id, |device, state| {
            if !state.online {
                return Err(HomeError::DeviceUnreachable { id: id.to_owned() });
            }
            if !device.can("camera_stream") {
                let (subject, action) = (id.to_owned(), "be streamed".to_owned());
                return Err(HomeError::Unsupported { subject, action });
            }
            Ok(CameraStream {
                uri: "https://home.example/stream/secret.m3u8".to_owned(),
                image_uri: Some("https://home.example/picture?token=secret".to_owned()),
                width: 1280,
                height: 720,
            })
        })
    }
}

fn preset(modes: &[&str]) -> Capability {
    Capability::Preset {
        modes: modes.iter().map(|mode| (*mode).to_owned()).collect(),
    }
}

fn obey(state: &mut DeviceState, command: Command) {
    let byte = |percent: i64| u8::try_from(percent).ok();
    match command {
        Command::TurnOn => state.power = Some(true),
        Command::TurnOff => state.power = Some(false),
        Command::SetBrightness { percent } => {
            state.brightness = byte(percent);
            state.power = Some(percent > 0);
        }
        Command::SetPercentage { percent } => state.percentage = byte(percent),
        Command::SetOscillation { on } => state.oscillating = Some(on),
        Command::SetDirection { direction } => state.direction = Some(direction),
        Command::SetPreset { mode } => state.preset = Some(mode),
        Command::SetTilt { percent } => state.tilt = byte(percent),
        Command::SetColor { color } => {
            (state.color, state.color_temperature) = (Some(color), None);
        }
        Command::SetColorTemperature { kelvin } => {
            (state.color, state.color_temperature) = (None, u32::try_from(kelvin).ok());
        }
        Command::SetTargetTemperature { celsius } => state.target_temperature = Some(celsius),
        Command::SetTemperatureRange { low, high } => {
            (state.target_low, state.target_high) = (Some(low), Some(high));
        }
        Command::SetThermostatMode { mode } => state.mode = Some(mode),
        Command::Lock => state.lock = Some(LockState::Locked),
        Command::Unlock => state.lock = Some(LockState::Unlocked),
        Command::SetNumber { value } => state.number = Some(value),
        Command::SetVolume { percent } => state.volume = byte(percent),
        Command::SetMute { muted } => state.muted = Some(muted),
        Command::Play | Command::Next | Command::Previous => state.playing = Some(true),
        Command::Pause | Command::Stop => state.playing = Some(false),
        Command::Open => state.open = Some(true),
        Command::Close => state.open = Some(false),
        _ => {}
    }
}

/// What the home answers to a directive.
pub(crate) fn answer(
    home: &FakeHome,
    namespace: &str,
    name: &str,
    endpoint: Option<&str>,
    payload: Value,
) -> Value {
    answer_instance(home, namespace, name, endpoint, None, payload)
}

/// The same for one of several alike interfaces.
pub(crate) fn answer_instance(
    home: &FakeHome,
    namespace: &str,
    name: &str,
    endpoint: Option<&str>,
    instance: Option<&str>,
    payload: Value,
) -> Value {
    let mut directive = json!({
        "header": {
            "namespace": namespace,
            "name": name,
            "messageId": "message",
            "correlationToken": "token",
            "payloadVersion": "3",
        },
        "payload": payload,
    });
    if let Some(instance) = instance {
        directive["header"]["instance"] = json!(instance);
    }
    if let Some(endpoint) = endpoint {
        directive["endpoint"] = json!({ "endpointId": endpoint });
    }
    respond(
        home,
        NOW,
        json!({ "directive": directive }).to_string().as_bytes(),
        None,
    )
}

/// A directive for an endpoint.
pub(crate) fn event(namespace: &str, name: &str, endpoint: &str, payload: Value) -> Value {
    json!({ "directive": {
        "header": {
            "namespace": namespace,
            "name": name,
            "messageId": "message",
            "correlationToken": "token",
            "payloadVersion": "3",
        },
        "endpoint": { "endpointId": endpoint },
        "payload": payload,
    }})
}

/// The type of an error response; panics if it is none.
pub(crate) fn error_type(answer: &Value) -> String {
    assert_eq!(
        answer["event"]["header"]["name"], "ErrorResponse",
        "{answer}"
    );
    answer["event"]["payload"]["type"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn device(id: &str, kind: DeviceKind, capabilities: Vec<Capability>) -> (Device, DeviceState) {
    let device = Device {
        id: id.to_owned(),
        name: id.replace(['.', '_'], " "),
        kind,
        room: "Test room".to_owned(),
        manufacturer: String::new(),
        model: String::new(),
        rated_watts: 0.0,
        capabilities,
        description: None,
        display_category: None,
    };
    let has = |name: &str| device.can(name);
    let state = DeviceState {
        device_id: id.to_owned(),
        online: true,
        power: has("power").then_some(false),
        brightness: has("brightness").then_some(100),
        color_temperature: has("color_temperature").then_some(2700),
        percentage: has("percentage").then_some(0),
        temperature: has("temperature_sensor").then_some(19.5),
        target_temperature: (has("thermostat") && !has("temperature_range")).then_some(20.0),
        target_low: has("temperature_range").then_some(18.0),
        target_high: has("temperature_range").then_some(22.0),
        tilt: has("tilt").then_some(0),
        mode: has("thermostat").then_some(ThermostatMode::Heat),
        lock: has("lock").then_some(LockState::Locked),
        humidity: has("humidity_sensor").then_some(55.0),
        motion: has("motion_sensor").then_some(true),
        open: (has("contact_sensor") || has("opening")).then_some(false),
        ..DeviceState::default()
    };
    (device, state)
}
