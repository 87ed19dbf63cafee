use super::*;
use crate::DeviceKind;

fn device(capabilities: Vec<Capability>) -> Device {
    Device {
        id: "thing.one".into(),
        name: "Thing".into(),
        kind: DeviceKind::Other,
        room: String::new(),
        manufacturer: String::new(),
        model: String::new(),
        rated_watts: 0.0,
        capabilities,
    }
}

fn thermostat() -> Device {
    let modes = vec![ThermostatMode::Off, ThermostatMode::Heat];
    device(vec![Capability::Thermostat {
        minimum_celsius: 7.0,
        maximum_celsius: 30.0,
        modes,
    }])
}

#[test]
fn relative_commands_become_absolute_and_stay_in_range() {
    let lamp = device(vec![
        Capability::Power,
        Capability::Brightness,
        Capability::ColorTemperature {
            minimum_kelvin: 2200,
            maximum_kelvin: 6500,
        },
    ]);
    let state = DeviceState {
        power: Some(true),
        brightness: Some(90),
        ..DeviceState::default()
    };
    let resolve = |command: Command| command.resolve(&lamp, &state);
    assert_eq!(
        resolve(Command::AdjustBrightness { delta: 25 }),
        Ok(Command::SetBrightness { percent: 100 })
    );
    assert_eq!(
        resolve(Command::AdjustBrightness { delta: -25 }),
        Ok(Command::SetBrightness { percent: 65 })
    );
    assert_eq!(resolve(Command::Toggle), Ok(Command::TurnOff));
    assert_eq!(
        resolve(Command::AdjustColorTemperature { delta: i64::MAX }),
        Ok(Command::SetColorTemperature { kelvin: 6500 })
    );
    let dark = DeviceState {
        power: Some(false),
        brightness: Some(90),
        ..DeviceState::default()
    };
    let brighter = Command::AdjustBrightness { delta: 25 }.resolve(&lamp, &dark);
    assert_eq!(brighter, Ok(Command::SetBrightness { percent: 25 }));
}

#[test]
fn values_out_of_range_are_refused_with_the_range() {
    let lamp = device(vec![Capability::Brightness, Capability::Color]);
    let state = DeviceState::default();
    let refused = Command::SetBrightness { percent: 101 }.resolve(&lamp, &state);
    assert!(
        matches!(
            refused,
            Err(HomeError::InvalidValue {
                value: 101.0,
                minimum: 0.0,
                maximum: 100.0,
                ..
            })
        ),
        "{refused:?}"
    );
    let color = Color {
        hue: f64::NAN,
        saturation: 1.0,
        brightness: 1.0,
    };
    let refused = Command::SetColor { color }.resolve(&lamp, &state);
    assert!(
        matches!(refused, Err(HomeError::InvalidValue { .. })),
        "{refused:?}"
    );
    let refused = Command::TurnOn.resolve(&lamp, &state);
    assert!(
        matches!(refused, Err(HomeError::Unsupported { .. })),
        "{refused:?}"
    );
}

#[test]
fn thermostats_keep_what_they_can() {
    let mut state = DeviceState {
        target_temperature: Some(29.0),
        ..DeviceState::default()
    };
    let warmer = Command::AdjustTargetTemperature { delta: 2.0 };
    assert_eq!(
        warmer.resolve(&thermostat(), &state),
        Err(HomeError::TemperatureOutOfRange {
            celsius: 31.0,
            minimum: 7.0,
            maximum: 30.0
        })
    );
    let cool = Command::SetThermostatMode {
        mode: ThermostatMode::Cool,
    };
    assert!(matches!(
        cool.resolve(&thermostat(), &state),
        Err(HomeError::UnsupportedMode { .. })
    ));
    state.mode = Some(ThermostatMode::Off);
    assert_eq!(
        Command::SetTargetTemperature { celsius: 20.0 }.resolve(&thermostat(), &state),
        Err(HomeError::ThermostatOff {
            id: "thing.one".into()
        })
    );
}
