use super::*;
use crate::{
    Capability, Device, DeviceKind, DeviceState, HomeError, LockState, Temperature,
    TemperatureScale,
};

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
        description: None,
        display_category: None,
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

#[test]
fn what_keeps_the_house_shut_is_not_turned_on() {
    for kind in DeviceKind::ALL {
        let mut thing = device(vec![Capability::Power]);
        thing.kind = kind;
        for command in [Command::TurnOn, Command::TurnOff, Command::Toggle] {
            let refused = command.resolve(&thing, &DeviceState::default()).is_err();
            assert_eq!(refused, kind.is_barrier(), "{kind} {command}");
        }
    }
}

#[test]
fn whites_beyond_the_lamp_become_its_nearest() {
    let lamp = device(vec![Capability::ColorTemperature {
        minimum_kelvin: 2200,
        maximum_kelvin: 6500,
    }]);
    let set =
        |kelvin| Command::SetColorTemperature { kelvin }.resolve(&lamp, &DeviceState::default());
    assert_eq!(set(7000), Ok(Command::SetColorTemperature { kelvin: 6500 }));
    assert_eq!(set(1000), Ok(Command::SetColorTemperature { kelvin: 2200 }));
    assert_eq!(set(3000), Ok(Command::SetColorTemperature { kelvin: 3000 }));
    for nonsense in [0, -1, 999, 10_001, i64::MAX, i64::MIN] {
        assert!(
            matches!(
                set(nonsense),
                Err(HomeError::InvalidValue {
                    minimum: 1000.0,
                    maximum: 10_000.0,
                    ..
                })
            ),
            "{nonsense}"
        );
    }
}

fn range_thermostat(only: bool) -> (Device, DeviceState) {
    let mut thermostat = thermostat();
    thermostat
        .capabilities
        .push(Capability::TemperatureRange { only });
    let state = DeviceState {
        mode: Some(ThermostatMode::Auto),
        target_low: Some(18.0),
        target_high: Some(22.0),
        ..DeviceState::default()
    };
    (thermostat, state)
}

#[test]
fn a_range_is_kept_or_moved() {
    let (thermostat, state) = range_thermostat(true);
    let resolve = |command: Command| command.resolve(&thermostat, &state);
    let range = |low, high| Ok(Command::SetTemperatureRange { low, high });
    assert_eq!(
        resolve(Command::SetTemperatureRange {
            low: 19.0,
            high: 25.0
        }),
        range(19.0, 25.0)
    );
    assert_eq!(
        resolve(Command::SetTargetTemperature { celsius: 25.0 }),
        range(23.0, 27.0)
    );
    assert_eq!(
        resolve(Command::AdjustTargetTemperature { delta: -1.5 }),
        range(16.5, 20.5)
    );
    // 64.4 and 71.6 °F are no whole degrees: they are moved as they are. 20 and 22.2 °C are 68 and 72 °F.
    let delta = TemperatureScale::Fahrenheit.delta_to_celsius(-1.0);
    let down = Command::AdjustTargetTemperature { delta };
    assert_eq!(resolve(down.clone()), range(17.444444, 21.444444));
    let whole = DeviceState {
        target_low: Some(20.0),
        target_high: Some(22.2),
        ..state.clone()
    };
    assert_eq!(
        down.resolve(&thermostat, &whole),
        range(19.444444, 21.666667)
    );
    assert!(matches!(
        resolve(Command::SetTargetTemperature { celsius: 29.0 }),
        Err(HomeError::TemperatureOutOfRange { celsius: 31.0, .. })
    ));
    assert!(matches!(
        resolve(Command::SetTemperatureRange {
            low: 25.0,
            high: 19.0
        }),
        Err(HomeError::InvalidInput { .. })
    ));
}

#[test]
fn a_thermostat_that_keeps_both_keeps_what_it_keeps_now() {
    let (thermostat, mut state) = range_thermostat(false);
    state.target_temperature = Some(20.0);
    let set = Command::SetTargetTemperature { celsius: 25.0 };
    assert_eq!(set.resolve(&thermostat, &state), Ok(set.clone()));
    state.target_temperature = None;
    assert!(matches!(
        set.resolve(&thermostat, &state),
        Ok(Command::SetTemperatureRange { .. })
    ));
    let (only, _) = range_thermostat(true);
    let unknown = DeviceState::default();
    assert!(matches!(
        set.resolve(&only, &unknown),
        Err(HomeError::Unsupported { .. })
    ));
}

#[test]
fn steps_in_fahrenheit_do_not_drift() {
    // Homes keep what they are told, hundredths, or tenths.
    for kept in [1e6, 100.0, 10.0] {
        assert!((six_steps_down(kept) - 66.0).abs() < 0.1, "{kept}");
    }
    assert_eq!(six_steps_down(1e6), 66.0);
    let state = DeviceState {
        target_temperature: Some(22.2),
        ..DeviceState::default()
    };
    let set = Command::SetTargetTemperature {
        celsius: fahrenheit(71.0).to_celsius(),
    };
    let exact = Command::SetTargetTemperature { celsius: 21.666667 };
    assert_eq!(set.resolve(&thermostat(), &state), Ok(exact));
    let celsius = Command::AdjustTargetTemperature { delta: -1.0 }.resolve(&thermostat(), &state);
    assert_eq!(celsius, Ok(Command::SetTargetTemperature { celsius: 21.2 }));
}

fn fahrenheit(value: f64) -> Temperature {
    Temperature {
        value,
        scale: TemperatureScale::Fahrenheit,
    }
}

/// Where one ends that begins at 72 °F, in a home that rounds to parts of a degree Celsius.
fn six_steps_down(kept: f64) -> f64 {
    let mut state = DeviceState {
        target_temperature: Some(fahrenheit(72.0).to_celsius()),
        ..DeviceState::default()
    };
    let delta = TemperatureScale::Fahrenheit.delta_to_celsius(-1.0);
    for _ in 0..6 {
        let step = Command::AdjustTargetTemperature { delta };
        let Ok(Command::SetTargetTemperature { celsius }) = step.resolve(&thermostat(), &state)
        else {
            panic!("it is in range");
        };
        state.target_temperature = Some((celsius * kept).round() / kept);
    }
    let celsius = Temperature::celsius(state.target_temperature.unwrap());
    celsius.to_scale(TemperatureScale::Fahrenheit).value
}

#[test]
fn an_effect_is_seen_or_not() {
    let state = |change: fn(&mut DeviceState)| {
        let mut state = DeviceState::default();
        change(&mut state);
        state
    };
    let off = state(|state| (state.power, state.brightness) = (Some(false), Some(0)));
    let on = state(|state| (state.power, state.brightness) = (Some(true), Some(40)));
    let warm = state(|state| state.target_temperature = Some(20.0));
    let warmer = state(|state| state.target_temperature = Some(21.0));
    let locked = state(|state| state.lock = Some(LockState::Locked));
    let unlocked = state(|state| state.lock = Some(LockState::Unlocked));
    let nothing = DeviceState::default();
    for (command, before, now, seen) in [
        (Command::TurnOn, &off, &on, true),
        (Command::TurnOn, &off, &off, false),
        (Command::TurnOff, &nothing, &nothing, false),
        (Command::SetBrightness { percent: 42 }, &off, &on, true),
        (Command::SetBrightness { percent: 42 }, &on, &on, false),
        (Command::SetBrightness { percent: 90 }, &off, &on, false),
        (
            Command::SetTargetTemperature { celsius: 21.4 },
            &warm,
            &warmer,
            true,
        ),
        (
            Command::SetTargetTemperature { celsius: 20.5 },
            &warm,
            &warm,
            false,
        ),
        (
            Command::SetTargetTemperature { celsius: 25.0 },
            &warm,
            &warmer,
            false,
        ),
        (Command::Lock, &unlocked, &locked, true),
        (Command::Lock, &unlocked, &unlocked, false),
        (Command::Lock, &unlocked, &nothing, false),
        (Command::ActivateScene, &nothing, &nothing, true),
    ] {
        assert_eq!(command.is_done(before, now), seen, "{command}: {now:?}");
    }
}

#[test]
fn settings_of_its_own_are_checked_and_seen() {
    let fan = device(vec![
        Capability::Oscillation,
        Capability::Direction,
        Capability::Preset {
            modes: vec!["auto".into(), "sleep".into()],
        },
    ]);
    let mut barrier = fan.clone();
    barrier.kind = DeviceKind::GarageDoor;
    let off = DeviceState {
        oscillating: Some(false),
        direction: Some(Direction::Forward),
        preset: Some("auto".into()),
        ..DeviceState::default()
    };
    let on = DeviceState {
        oscillating: Some(true),
        direction: Some(Direction::Reverse),
        preset: Some("sleep".into()),
        ..DeviceState::default()
    };
    for command in [
        Command::SetOscillation { on: true },
        Command::SetDirection {
            direction: Direction::Reverse,
        },
        Command::SetPreset {
            mode: "sleep".into(),
        },
    ] {
        assert_eq!(command.resolve(&fan, &off), Ok(command.clone()));
        assert!(!command.is_done(&off, &off) && command.is_done(&off, &on));
        assert!(!command.is_done(&off, &DeviceState::default()), "not seen");
        assert!(!command.is_relative());
        for refused in [
            command.resolve(&barrier, &off),
            command.resolve(&thermostat(), &off),
        ] {
            assert!(
                matches!(refused, Err(HomeError::Unsupported { .. })),
                "{refused:?}"
            );
        }
        assert!(command.opens_the_house(&barrier) && !command.opens_the_house(&fan));
    }
    let mode = "turbo".to_owned();
    let error = Command::SetPreset { mode }.resolve(&fan, &off).unwrap_err();
    assert!(error.to_string().contains("auto, sleep"), "{error}");
}
