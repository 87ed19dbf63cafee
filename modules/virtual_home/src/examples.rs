//! The devices and scenes that a new home starts with.
use home_types::{Capability, Color, Command, Device, DeviceKind, SceneAction, ThermostatMode};

/// The example devices.
pub(crate) fn devices() -> Vec<Device> {
    use Capability::{
        Brightness, Camera, ContactSensor, HumiditySensor, Lock, MotionSensor, Percentage, Power,
    };
    use Capability::{Color as Colour, TemperatureSensor};
    use DeviceKind as Kind;
    let white = || Capability::ColorTemperature {
        minimum_kelvin: 2200,
        maximum_kelvin: 6500,
    };
    let thermostat = || Capability::Thermostat {
        minimum_celsius: 7.0,
        maximum_celsius: 30.0,
        modes: vec![
            ThermostatMode::Off,
            ThermostatMode::Heat,
            ThermostatMode::Auto,
            ThermostatMode::Eco,
        ],
    };
    let scene = |can_deactivate| vec![Capability::Scene { can_deactivate }];
    vec![
        thing(
            "light.living_room_ceiling",
            "Living room ceiling",
            Kind::Light,
            "Living room",
            18.0,
            vec![Power, Brightness, white()],
        ),
        thing(
            "light.floor_lamp",
            "Floor lamp",
            Kind::Light,
            "Living room",
            9.5,
            vec![Power, Brightness, Colour, white()],
        ),
        thing(
            "light.kitchen_ceiling",
            "Kitchen ceiling",
            Kind::Light,
            "Kitchen",
            22.0,
            vec![Power, Brightness],
        ),
        thing(
            "light.kitchen_counter",
            "Kitchen counter",
            Kind::Light,
            "Kitchen",
            12.0,
            vec![Power, Brightness, white()],
        ),
        thing(
            "light.bedroom_ceiling",
            "Bedroom ceiling",
            Kind::Light,
            "Bedroom",
            15.0,
            vec![Power, Brightness, white()],
        ),
        thing(
            "light.bedside_lamp",
            "Bedside lamp",
            Kind::Light,
            "Bedroom",
            6.0,
            vec![Power, Brightness, Colour],
        ),
        thing(
            "light.bathroom_mirror",
            "Bathroom mirror",
            Kind::Light,
            "Bathroom",
            8.0,
            vec![Power],
        ),
        thing(
            "light.hallway",
            "Hallway light",
            Kind::Light,
            "Hallway",
            10.0,
            vec![Power, Brightness],
        ),
        thing(
            "light.office_desk",
            "Desk lamp",
            Kind::Light,
            "Office",
            7.0,
            vec![Power, Brightness, white()],
        ),
        thing(
            "light.garden_path",
            "Garden path lights",
            Kind::Light,
            "Garden",
            24.0,
            vec![Power],
        ),
        thing(
            "switch.coffee_machine",
            "Coffee machine",
            Kind::Switch,
            "Kitchen",
            1450.0,
            vec![Power],
        ),
        thing(
            "switch.television",
            "Television",
            Kind::Switch,
            "Living room",
            110.0,
            vec![Power],
        ),
        thing(
            "switch.garden_pump",
            "Garden pump",
            Kind::Switch,
            "Garden",
            320.0,
            vec![Power],
        ),
        thing(
            "climate.living_room",
            "Living room thermostat",
            Kind::Thermostat,
            "Living room",
            0.0,
            vec![thermostat(), TemperatureSensor],
        ),
        thing(
            "climate.bedroom",
            "Bedroom thermostat",
            Kind::Thermostat,
            "Bedroom",
            0.0,
            vec![thermostat(), TemperatureSensor],
        ),
        thing(
            "lock.front_door",
            "Front door",
            Kind::Lock,
            "Hallway",
            0.0,
            vec![Lock],
        ),
        thing(
            "lock.garden_door",
            "Garden door",
            Kind::Lock,
            "Living room",
            0.0,
            vec![Lock],
        ),
        thing(
            "fan.bedroom",
            "Bedroom fan",
            Kind::Fan,
            "Bedroom",
            45.0,
            vec![
                Power,
                Percentage,
                Capability::Oscillation,
                Capability::Direction,
                Capability::Preset {
                    modes: ["auto", "sleep"].map(str::to_owned).to_vec(),
                },
            ],
        ),
        thing(
            "cover.living_room_blinds",
            "Living room blinds",
            Kind::Cover,
            "Living room",
            0.0,
            vec![Percentage],
        ),
        thing(
            "sensor.outdoor",
            "Outdoor sensor",
            Kind::Sensor,
            "Garden",
            0.0,
            vec![TemperatureSensor, HumiditySensor],
        ),
        thing(
            "sensor.bathroom",
            "Bathroom sensor",
            Kind::Sensor,
            "Bathroom",
            0.0,
            vec![TemperatureSensor, HumiditySensor],
        ),
        thing(
            "binary_sensor.hallway_motion",
            "Hallway motion",
            Kind::Sensor,
            "Hallway",
            0.0,
            vec![MotionSensor],
        ),
        thing(
            "binary_sensor.kitchen_window",
            "Kitchen window",
            Kind::Sensor,
            "Kitchen",
            0.0,
            vec![ContactSensor],
        ),
        thing(
            "camera.front_door",
            "Front door camera",
            Kind::Camera,
            "Hallway",
            4.0,
            vec![Camera],
        ),
        thing(
            "scene.good_morning",
            "Good morning",
            Kind::Scene,
            "",
            0.0,
            scene(false),
        ),
        thing(
            "scene.good_night",
            "Good night",
            Kind::Scene,
            "",
            0.0,
            scene(false),
        ),
        thing(
            "scene.movie_time",
            "Movie time",
            Kind::Scene,
            "Living room",
            0.0,
            scene(true),
        ),
        thing("scene.away", "Away", Kind::Scene, "", 0.0, scene(true)),
    ]
}

/// The steps of an example scene; none for any other.
pub(crate) fn scene_steps(id: &str) -> Vec<SceneAction> {
    let steps: Vec<(&str, Command)> = match id {
        "scene.good_morning" => vec![
            (
                "cover.living_room_blinds",
                Command::SetPercentage { percent: 100 },
            ),
            (
                "light.kitchen_ceiling",
                Command::SetBrightness { percent: 70 },
            ),
            ("switch.coffee_machine", Command::TurnOn),
            (
                "climate.living_room",
                Command::SetThermostatMode {
                    mode: ThermostatMode::Heat,
                },
            ),
            (
                "climate.living_room",
                Command::SetTargetTemperature { celsius: 21.0 },
            ),
        ],
        "scene.good_night" => vec![
            ("light.living_room_ceiling", Command::TurnOff),
            ("light.floor_lamp", Command::TurnOff),
            ("light.kitchen_ceiling", Command::TurnOff),
            ("light.kitchen_counter", Command::TurnOff),
            ("light.hallway", Command::TurnOff),
            ("switch.television", Command::TurnOff),
            ("lock.front_door", Command::Lock),
            ("lock.garden_door", Command::Lock),
            (
                "climate.living_room",
                Command::SetThermostatMode {
                    mode: ThermostatMode::Eco,
                },
            ),
            (
                "climate.living_room",
                Command::SetTargetTemperature { celsius: 17.0 },
            ),
        ],
        "scene.movie_time" => vec![
            ("light.living_room_ceiling", Command::TurnOff),
            (
                "light.floor_lamp",
                Command::SetColor {
                    color: Color {
                        hue: 280.0,
                        saturation: 0.7,
                        brightness: 0.3,
                    },
                },
            ),
            (
                "cover.living_room_blinds",
                Command::SetPercentage { percent: 0 },
            ),
            ("switch.television", Command::TurnOn),
        ],
        "scene.away" => vec![
            ("light.living_room_ceiling", Command::TurnOff),
            ("light.floor_lamp", Command::TurnOff),
            ("switch.coffee_machine", Command::TurnOff),
            ("switch.television", Command::TurnOff),
            ("lock.front_door", Command::Lock),
            (
                "climate.living_room",
                Command::SetThermostatMode {
                    mode: ThermostatMode::Eco,
                },
            ),
            (
                "climate.bedroom",
                Command::SetThermostatMode {
                    mode: ThermostatMode::Eco,
                },
            ),
        ],
        _ => Vec::new(),
    };
    steps
        .into_iter()
        .map(|(device, command)| SceneAction {
            device_id: device.to_owned(),
            command,
        })
        .collect()
}

fn thing(
    id: &str,
    name: &str,
    kind: DeviceKind,
    room: &str,
    rated_watts: f64,
    capabilities: Vec<Capability>,
) -> Device {
    Device {
        id: id.to_owned(),
        name: name.to_owned(),
        kind,
        room: room.to_owned(),
        manufacturer: "Virtual Home".to_owned(),
        model: format!("Example {kind}"),
        rated_watts,
        capabilities,
        description: None,
        display_category: None,
    }
}
