//! A home without a file or a network.
use std::cell::RefCell;
use std::time::Duration;

use home_types::{
    CameraStream, Capability, Command, Device, DeviceKind, DeviceState, HomeError, LockState,
    Reading, ThermostatMode,
};

use crate::home::Home;

/// Nine devices, one of them offline. Whether it has services is said second.
pub(crate) struct FakeHome(RefCell<Vec<(Device, DeviceState)>>, bool);

impl FakeHome {
    pub(crate) fn new() -> FakeHome {
        use Capability::{Brightness, Lock, Power, Scene, TemperatureSensor, Thermostat};
        let lamp = || vec![Power, Brightness];
        let thermostat = Thermostat {
            minimum_celsius: 7.0,
            maximum_celsius: 30.0,
            modes: vec![ThermostatMode::Heat],
        };
        let devices = vec![
            device(
                "light.kitchen",
                "Ceiling",
                DeviceKind::Light,
                "Kitchen",
                lamp(),
                |state| {
                    (state.power, state.brightness, state.watts) =
                        (Some(true), Some(80), Some(12.0));
                },
            ),
            device(
                "light.counter",
                "Counter",
                DeviceKind::Light,
                "Kitchen",
                lamp(),
                |_| {},
            ),
            device(
                "switch.coffee",
                "Coffee machine",
                DeviceKind::Switch,
                "Kitchen",
                vec![Power],
                |_| {},
            ),
            device(
                "light.floor_lamp",
                "Floor lamp",
                DeviceKind::Light,
                "Living room",
                lamp(),
                |_| {},
            ),
            device(
                "light.stehlampe_1",
                "Stehlampe 1",
                DeviceKind::Light,
                "Living room",
                lamp(),
                |_| {},
            ),
            device(
                "light.stehlampe_2",
                "Stehlampe 2",
                DeviceKind::Light,
                "Living room",
                lamp(),
                |state| {
                    state.online = false;
                },
            ),
            device(
                "climate.living_room",
                "Thermostat",
                DeviceKind::Thermostat,
                "Living room",
                vec![thermostat, TemperatureSensor],
                |state| {
                    (state.target_temperature, state.temperature) = (Some(20.0), Some(21.0));
                    state.mode = Some(ThermostatMode::Heat);
                },
            ),
            device(
                "lock.front_door",
                "Front door",
                DeviceKind::Lock,
                "Hallway",
                vec![Lock],
                |state| {
                    state.lock = Some(LockState::Unlocked);
                },
            ),
            device(
                "scene.movie",
                "Movie time",
                DeviceKind::Scene,
                "",
                vec![Scene {
                    can_deactivate: false,
                }],
                |_| {},
            ),
        ];
        FakeHome(RefCell::new(devices), false)
    }

    /// One that does whatever service it is asked for.
    pub(crate) fn serving() -> FakeHome {
        FakeHome(FakeHome::new().0, true)
    }

    fn with<T>(
        &self,
        id: &str,
        work: impl FnOnce(&Device, &mut DeviceState) -> T,
    ) -> Result<T, HomeError> {
        let mut devices = self.0.borrow_mut();
        let found = devices.iter_mut().find(|(device, _)| device.id == id);
        let (device, state) = found.ok_or_else(|| HomeError::NoSuchDevice { id: id.to_owned() })?;
        Ok(work(device, state))
    }
}

impl Home for FakeHome {
    fn devices(&self) -> Result<Vec<Device>, HomeError> {
        Ok(self
            .0
            .borrow()
            .iter()
            .map(|(device, _)| device.clone())
            .collect())
    }

    fn states(&self) -> Result<Vec<DeviceState>, HomeError> {
        Ok(self
            .0
            .borrow()
            .iter()
            .map(|(_, state)| state.clone())
            .collect())
    }

    fn device(&self, id: &str) -> Result<Device, HomeError> {
        self.with(id, |device, _| device.clone())
    }

    fn state(&self, id: &str) -> Result<DeviceState, HomeError> {
        self.with(id, |_, state| state.clone())
    }

    fn apply(&self, id: &str, command: &Command) -> Result<DeviceState, HomeError> {
        self.with(id, |device, state| {
            match command.resolve(device, state)? {
                Command::TurnOn => state.power = Some(true),
                Command::TurnOff => state.power = Some(false),
                Command::SetBrightness { percent } => {
                    (state.power, state.brightness) =
                        (Some(percent > 0), u8::try_from(percent).ok());
                }
                _ => {}
            }
            Ok(state.clone())
        })?
    }

    fn call_service(
        &self,
        _domain: &str,
        _service: &str,
        _entity_id: Option<&str>,
        _data: Option<&str>,
    ) -> Result<Option<()>, HomeError> {
        Ok(self.1.then_some(()))
    }

    fn record(&self, id: &str, _quantity: &str, _value: f64) -> Result<(), HomeError> {
        self.state(id).map(drop)
    }

    fn readings(
        &self,
        id: &str,
        _quantity: &str,
        _from: Duration,
        _to: Duration,
    ) -> Result<Vec<Reading>, HomeError> {
        self.state(id).map(|_| Vec::new())
    }

    fn picture(&self, id: &str) -> Result<Vec<u8>, HomeError> {
        self.state(id).map(|_| Vec::new())
    }

    fn stream(&self, id: &str) -> Result<CameraStream, HomeError> {
        self.state(id).map(|_| CameraStream {
            uri: "https://home.example/stream".to_owned(),
            image_uri: None,
            width: 1280,
            height: 720,
        })
    }
}

fn device(
    id: &str,
    name: &str,
    kind: DeviceKind,
    room: &str,
    capabilities: Vec<Capability>,
    adjust: impl FnOnce(&mut DeviceState),
) -> (Device, DeviceState) {
    let mut state = DeviceState {
        device_id: id.to_owned(),
        online: true,
        ..DeviceState::default()
    };
    let device = Device {
        id: id.to_owned(),
        name: name.to_owned(),
        kind,
        room: room.to_owned(),
        manufacturer: String::new(),
        model: String::new(),
        rated_watts: 0.0,
        capabilities,
        description: None,
        display_category: None,
    };
    state.power = device.can("power").then_some(false);
    adjust(&mut state);
    (device, state)
}
