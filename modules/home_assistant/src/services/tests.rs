use home_types::{Color, Direction};

use super::*;

fn plan(entity: &Value, command: Command) -> Vec<(String, Value)> {
    let calls =
        plan_service_calls(&entity.to_string(), &command, TemperatureScale::Fahrenheit).unwrap();
    let one = |call: ServiceCall| {
        (
            format!("{}.{}", call.domain, call.service),
            serde_json::from_str(&call.data).unwrap(),
        )
    };
    calls.into_iter().map(one).collect()
}

fn service(entity: &Value, command: Command) -> (String, Value) {
    let mut calls = plan(entity, command);
    assert_eq!(calls.len(), 1);
    calls.remove(0)
}

#[test]
fn lights_are_told_in_one_call() {
    let light = json!({ "entity_id": "light.x", "state": "on", "attributes": {
        "supported_color_modes": ["hs", "color_temp"], "brightness": 255, "color_mode": "hs", "hs_color": [0, 0],
    }});
    let (name, data) = service(&light, Command::AdjustBrightness { delta: -30 });
    assert_eq!(name, "light.turn_on");
    assert_eq!(
        data,
        json!({ "entity_id": "light.x", "brightness_pct": 70 })
    );
    assert_eq!(
        service(&light, Command::SetBrightness { percent: 0 }).0,
        "light.turn_off"
    );
    let color = Color {
        hue: 240.0,
        saturation: 0.5,
        brightness: 0.25,
    };
    let (_, data) = service(&light, Command::SetColor { color });
    assert_eq!(data["hs_color"], json!([240.0, 50.0]));
    assert_eq!(data["brightness_pct"], 25);
    let (_, data) = service(&light, Command::SetColorTemperature { kelvin: 3000 });
    assert_eq!(data["color_temp_kelvin"], 3000);
    assert_eq!(service(&light, Command::Toggle).0, "light.turn_off");
}

#[test]
fn thermostats_get_their_own_scale_and_modes() {
    let thermostat = |preset: &str| {
        json!({ "entity_id": "climate.x", "state": "heat", "attributes": {
            "hvac_modes": ["off", "heat", "heat_cool"], "preset_modes": ["eco", "none"], "preset_mode": preset,
            "min_temp": 40, "max_temp": 90, "temperature": 60, "supported_features": 3,
        }})
    };
    let (name, data) = service(
        &thermostat("none"),
        Command::SetTargetTemperature { celsius: 20.0 },
    );
    assert_eq!(
        (name.as_str(), &data["temperature"]),
        ("climate.set_temperature", &json!(68.0))
    );
    let mode = |preset: &str, mode| plan(&thermostat(preset), Command::SetThermostatMode { mode });
    assert_eq!(
        mode("none", ThermostatMode::Auto)[0].1["hvac_mode"],
        "heat_cool"
    );
    assert_eq!(mode("none", ThermostatMode::Eco)[0].1["preset_mode"], "eco");
    let back = mode("eco", ThermostatMode::Auto);
    assert_eq!(back.len(), 2);
    assert_eq!(
        (&back[0].1["preset_mode"], &back[1].1["hvac_mode"]),
        (&json!("none"), &json!("heat_cool"))
    );
    let same = mode("eco", ThermostatMode::Heat);
    assert_eq!((same.len(), &same[0].1["preset_mode"]), (1, &json!("none")));
    assert_eq!(mode("eco", ThermostatMode::Off).len(), 1);
    let (name, data) = service(
        &thermostat("none"),
        Command::SetTemperatureRange {
            low: 15.0,
            high: 20.0,
        },
    );
    assert_eq!(name, "climate.set_temperature");
    assert_eq!(
        (&data["target_temp_low"], &data["target_temp_high"]),
        (&json!(59.0), &json!(68.0))
    );
}

#[test]
fn saving_is_left_for_the_preset_nearest_to_none() {
    let leave = |presets: &[&str], state: &str| -> Vec<(String, Value)> {
        let thermostat = json!({ "entity_id": "climate.x", "state": state, "attributes": {
            "hvac_modes": ["off", "heat", "cool", "heat_cool"],
            "preset_modes": presets, "preset_mode": "eco",
        }});
        let mode = ThermostatMode::Auto;
        plan(&thermostat, Command::SetThermostatMode { mode })
    };
    for (presets, chosen) in [
        (&["eco", "none", "home"][..], "none"),
        (&["away", "eco", "home"], "home"),
        (&["eco", "away", "workday"], "workday"),
        (&["eco", "away"], "away"),
    ] {
        let calls = leave(presets, "heat_cool");
        assert_eq!(calls.len(), 1, "{presets:?}");
        assert_eq!(calls[0].0, "climate.set_preset_mode");
        assert_eq!(calls[0].1["preset_mode"], chosen, "{presets:?}");
        assert_eq!(leave(presets, "off").len(), 2);
    }
    let nowhere = leave(&["eco"], "heat_cool");
    assert_eq!(nowhere[0].1["hvac_mode"], "heat_cool", "what else");
}

#[test]
fn the_rest_of_a_home_is_told_in_its_own_words() {
    let entity = |id: &str, features: u32| {
        json!({ "entity_id": id, "state": "off", "attributes": {
            "supported_features": features, "entity_id": ["light.a"], "min_temp": 30, "max_temp": 140,
        }})
    };
    let word = |id: &str, features, command| service(&entity(id, features), command);
    for (id, features, command, expected) in [
        ("button.x", 0, Command::ActivateScene, "button.press"),
        (
            "input_button.x",
            0,
            Command::ActivateScene,
            "input_button.press",
        ),
        ("group.x", 0, Command::TurnOn, "homeassistant.turn_on"),
        ("group.x", 0, Command::TurnOff, "homeassistant.turn_off"),
        ("humidifier.x", 0, Command::TurnOn, "humidifier.turn_on"),
        ("vacuum.x", 8192 + 16, Command::TurnOn, "vacuum.start"),
        (
            "vacuum.x",
            8192 + 16,
            Command::TurnOff,
            "vacuum.return_to_base",
        ),
        ("vacuum.x", 8192 + 8, Command::TurnOff, "vacuum.stop"),
        ("vacuum.x", 1, Command::TurnOn, "vacuum.turn_on"),
        (
            "media_player.x",
            0xffff,
            Command::Play,
            "media_player.media_play",
        ),
        (
            "media_player.x",
            0xffff,
            Command::Next,
            "media_player.media_next_track",
        ),
        (
            "media_player.x",
            0xffff,
            Command::TurnOn,
            "media_player.turn_on",
        ),
    ] {
        assert_eq!(word(id, features, command).0, expected, "{id}");
    }
    let (name, data) = word("media_player.x", 4, Command::SetVolume { percent: 35 });
    assert_eq!(
        (name.as_str(), &data["volume_level"]),
        ("media_player.volume_set", &json!(0.35))
    );
    let (name, data) = word("input_number.x", 0, Command::SetNumber { value: 12.5 });
    assert_eq!(
        (name.as_str(), &data["value"]),
        ("input_number.set_value", &json!(12.5))
    );
    let (name, data) = word("humidifier.x", 0, Command::SetNumber { value: 45.2 });
    assert_eq!(
        (name.as_str(), &data["humidity"]),
        ("humidifier.set_humidity", &json!(45))
    );
    let heat = Command::SetThermostatMode {
        mode: ThermostatMode::Heat,
    };
    assert_eq!(word("water_heater.x", 9, heat).0, "water_heater.turn_on");
}

#[test]
fn settings_are_services_of_their_domain() {
    let entity = |id: &str, features: u32| {
        json!({ "entity_id": id, "state": "on", "attributes": {
            "supported_features": features, "preset_modes": ["sleep"], "available_modes": ["eco"],
            "operation_list": ["heat_pump"],
        }})
    };
    let mode = |mode: &str| Command::SetPreset { mode: mode.into() };
    for (id, features, command, name, field, value) in [
        (
            "fan.x",
            15,
            Command::SetOscillation { on: true },
            "fan.oscillate",
            "oscillating",
            json!(true),
        ),
        (
            "fan.x",
            15,
            Command::SetDirection {
                direction: Direction::Reverse,
            },
            "fan.set_direction",
            "direction",
            json!("reverse"),
        ),
        (
            "fan.x",
            15,
            mode("sleep"),
            "fan.set_preset_mode",
            "preset_mode",
            json!("sleep"),
        ),
        (
            "humidifier.x",
            1,
            mode("eco"),
            "humidifier.set_mode",
            "mode",
            json!("eco"),
        ),
        (
            "water_heater.x",
            2,
            mode("heat_pump"),
            "water_heater.set_operation_mode",
            "operation_mode",
            json!("heat_pump"),
        ),
    ] {
        let (called, data) = service(&entity(id, features), command.clone());
        assert_eq!((called.as_str(), &data[field]), (name, &value));
        let scale = TemperatureScale::Celsius;
        let without = entity(id, 0).to_string();
        assert!(
            plan_service_calls(&without, &command, scale).is_err(),
            "{name}"
        );
    }
}

#[test]
fn covers_are_opened_by_what_they_have() {
    let cover = |features: u32| {
        json!({ "entity_id": "cover.x", "state": "closed", "attributes": {
            "device_class": "blind", "supported_features": features,
        }})
    };
    let set_position = ("cover.set_cover_position".to_owned(), 30);
    let (name, data) = service(&cover(15), Command::SetPercentage { percent: 30 });
    assert_eq!((name, data["position"].as_i64().unwrap()), set_position);
    assert_eq!(service(&cover(3), Command::Close).0, "cover.close_cover");
    assert_eq!(
        service(&cover(48), Command::Open).0,
        "cover.open_cover_tilt"
    );
    assert_eq!(
        service(&cover(48), Command::Close).0,
        "cover.close_cover_tilt"
    );
    for features in [128, 128 + 48] {
        let (name, data) = service(&cover(features), Command::SetTilt { percent: 40 });
        assert_eq!(name, "cover.set_cover_tilt_position");
        assert_eq!(data["tilt_position"], 40);
    }
    let garage = json!({ "entity_id": "cover.x", "state": "closed", "attributes": {
        "device_class": "garage", "supported_features": 4,
    }});
    let (name, data) = service(&garage, Command::Open);
    assert_eq!(
        (name.as_str(), &data["position"]),
        ("cover.set_cover_position", &json!(100))
    );
    let valve = json!({ "entity_id": "valve.x", "state": "open", "attributes": { "supported_features": 3 } });
    assert_eq!(service(&valve, Command::Close).0, "valve.close_valve");
}

#[test]
fn each_kind_has_its_own_words() {
    let entity = |id: &str, features: u32| json!({ "entity_id": id, "state": "off", "attributes": { "supported_features": features } });
    for (entity, command, expected) in [
        (
            entity("cover.x", 4),
            Command::SetPercentage { percent: 30 },
            "cover.set_cover_position",
        ),
        (entity("cover.x", 3), Command::Open, "cover.open_cover"),
        (
            entity("fan.x", 1),
            Command::SetPercentage { percent: 30 },
            "fan.set_percentage",
        ),
        (entity("lock.x", 0), Command::Unlock, "lock.unlock"),
        (
            entity("scene.x", 0),
            Command::ActivateScene,
            "scene.turn_on",
        ),
        (
            entity("script.x", 0),
            Command::DeactivateScene,
            "script.turn_off",
        ),
        (entity("switch.x", 0), Command::TurnOn, "switch.turn_on"),
    ] {
        assert_eq!(service(&entity, command).0, expected);
    }
}

#[test]
fn impossible_commands_are_refused() {
    let scale = TemperatureScale::Celsius;
    let scene = json!({ "entity_id": "scene.x", "state": "unknown" }).to_string();
    assert!(plan_service_calls(&scene, &Command::DeactivateScene, scale).is_err());
    assert!(plan_service_calls(&scene, &Command::TurnOn, scale).is_err());
    assert!(plan_service_calls("{", &Command::TurnOn, scale).is_err());
    assert!(plan_service_calls("{}", &Command::TurnOn, scale).is_err());
}
