//! A home without a file or a network, and asking it.
use std::cell::{Cell, RefCell};
use std::time::Duration;

use home_types::{
    Capability, Command, Device, DeviceKind, DeviceState, HomeError, LockState, ThermostatMode,
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
}

impl FakeHome {
    pub(crate) fn new() -> FakeHome {
        use Capability::*;
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
                vec![thermostat, TemperatureSensor],
            ),
            device("lock.door", DeviceKind::Lock, vec![Lock]),
            device(
                "scene.night",
                DeviceKind::Scene,
                vec![Scene {
                    can_deactivate: false,
                }],
            ),
            device("fan.big", DeviceKind::Fan, vec![Power, Percentage]),
            device("camera.porch", DeviceKind::Camera, vec![Camera]),
            device(
                "sensor.all",
                DeviceKind::Sensor,
                vec![HumiditySensor, MotionSensor, ContactSensor],
            ),
        ];
        FakeHome {
            devices: RefCell::new(devices),
            broken: Cell::new(false),
        }
    }

    pub(crate) fn set_online(&self, id: &str, online: bool) {
        self.with(id, |_, state| {
            state.online = online;
            Ok(state.clone())
        })
        .unwrap();
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

    fn device(&self, id: &str) -> Result<Device, HomeError> {
        self.with(id, |device, _| Ok(device.clone()))
    }

    fn state(&self, id: &str) -> Result<DeviceState, HomeError> {
        self.with(id, |_, state| Ok(state.clone()))
    }

    fn apply(&self, id: &str, command: &Command) -> Result<DeviceState, HomeError> {
        self.with(id, |device, state| {
            if !state.online {
                return Err(HomeError::DeviceUnreachable { id: id.to_owned() });
            }
            match command.resolve(device, state)? {
                Command::TurnOn => state.power = Some(true),
                Command::TurnOff => state.power = Some(false),
                Command::SetBrightness { percent } => {
                    state.brightness = u8::try_from(percent).ok();
                    state.power = Some(percent > 0);
                }
                Command::SetPercentage { percent } => state.percentage = u8::try_from(percent).ok(),
                Command::SetColor { color } => {
                    (state.color, state.color_temperature) = (Some(color), None);
                }
                Command::SetColorTemperature { kelvin } => {
                    (state.color, state.color_temperature) = (None, u32::try_from(kelvin).ok());
                }
                Command::SetTargetTemperature { celsius } => {
                    state.target_temperature = Some(celsius)
                }
                Command::SetThermostatMode { mode } => state.mode = Some(mode),
                Command::Lock => state.lock = Some(LockState::Locked),
                Command::Unlock => state.lock = Some(LockState::Unlocked),
                _ => {}
            }
            Ok(state.clone())
        })
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
        target_temperature: has("thermostat").then_some(20.0),
        mode: has("thermostat").then_some(ThermostatMode::Heat),
        lock: has("lock").then_some(LockState::Locked),
        humidity: has("humidity_sensor").then_some(55.0),
        motion: has("motion_sensor").then_some(true),
        open: has("contact_sensor").then_some(false),
        ..DeviceState::default()
    };
    (device, state)
}
