use home_types::{DeviceKind, TemperatureScale};
use serde_json::json;

use super::*;

fn read(entity: Value) -> (Device, DeviceState) {
    read_on(entity, TemperatureScale::Celsius)
}

fn read_on(entity: Value, scale: TemperatureScale) -> (Device, DeviceState) {
    let entity = Entity::new(&entity, Facts::of_scale(scale));
    let device = entity.device("Room", &|_| None).expect("it is a device");
    let state = entity.state(&device);
    (device, state)
}

#[test]
fn lights_show_colour_or_white() {
    let light = |mode: &str| {
        json!({
            "entity_id": "light.lamp", "state": "on", "last_changed": "2026-11-23T07:00:00+00:00",
            "attributes": {
                "friendly_name": "Lamp", "supported_color_modes": ["color_temp", "hs"], "color_mode": mode,
                "brightness": 128, "hs_color": [30.0, 50.0], "color_temp_kelvin": 2700,
                "min_color_temp_kelvin": 2000, "max_color_temp_kelvin": 6535,
            },
        })
    };
    let (device, state) = read(light("hs"));
    assert_eq!(
        (device.name.as_str(), device.kind, device.capabilities.len()),
        ("Lamp", DeviceKind::Light, 4)
    );
    assert_eq!((state.power, state.brightness), (Some(true), Some(50)));
    assert_eq!(
        state.color,
        Some(Color {
            hue: 30.0,
            saturation: 0.5,
            brightness: 0.5
        })
    );
    assert_eq!(state.color_temperature, None);
    assert_eq!(state.changed_at.as_secs(), 1_795_417_200);
    let (_, state) = read(light("color_temp"));
    assert_eq!((state.color, state.color_temperature), (None, Some(2700)));
    let plain = json!({ "entity_id": "light.x", "state": "off", "attributes": { "supported_color_modes": ["onoff"] } });
    assert_eq!(read(plain).0.capabilities, [Capability::Power]);
}

#[test]
fn thermostats_follow_the_servers_scale() {
    let entity = json!({
        "entity_id": "climate.room", "state": "heat",
        "attributes": {
            "hvac_modes": ["off", "heat", "auto"], "preset_modes": ["none", "eco"], "preset_mode": "none",
            "min_temp": 45, "max_temp": 95, "temperature": 68, "current_temperature": 66.2,
        },
    });
    let (device, state) = read_on(entity.clone(), TemperatureScale::Fahrenheit);
    let modes = vec![
        ThermostatMode::Off,
        ThermostatMode::Heat,
        ThermostatMode::Auto,
        ThermostatMode::Eco,
    ];
    assert_eq!(
        device.capabilities[0],
        Capability::Thermostat {
            minimum_celsius: 7.222222,
            maximum_celsius: 35.0,
            modes
        }
    );
    assert_eq!(
        (state.target_temperature, state.temperature),
        (Some(20.0), Some(19.0))
    );
    assert_eq!(state.mode, Some(ThermostatMode::Heat));
    assert_eq!(
        Entity::new(&entity, Facts::of_scale(TemperatureScale::Fahrenheit)).degrees(20.0),
        68.0
    );
}

#[test]
fn the_other_kinds_are_understood() {
    let entity = |id: &str, state: &str, attributes: Value| {
        read(json!({ "entity_id": id, "state": state, "attributes": attributes })).1
    };
    assert_eq!(
        entity("lock.door", "jammed", json!({})).lock,
        Some(LockState::Jammed)
    );
    assert_eq!(
        entity(
            "cover.blind",
            "open",
            json!({ "supported_features": 15, "current_position": 40 })
        )
        .percentage,
        Some(40)
    );
    assert_eq!(
        entity("cover.gate", "closed", json!({ "supported_features": 3 })).open,
        Some(false)
    );
    assert_eq!(
        entity(
            "fan.big",
            "on",
            json!({ "supported_features": 1, "percentage": 33 })
        )
        .percentage,
        Some(33)
    );
    let sensor = json!({ "device_class": "temperature", "unit_of_measurement": "°F" });
    assert_eq!(entity("sensor.porch", "50", sensor).temperature, Some(10.0));
    assert_eq!(
        entity(
            "binary_sensor.hall",
            "on",
            json!({ "device_class": "motion" })
        )
        .motion,
        Some(true)
    );
    assert_eq!(
        entity(
            "binary_sensor.window",
            "off",
            json!({ "device_class": "window" })
        )
        .open,
        Some(false)
    );
    let gone = entity("switch.plug", "unavailable", json!({}));
    assert_eq!((gone.online, gone.power), (false, None));
    assert!(entity("switch.plug", "unknown", json!({})).online);
}

#[test]
fn what_is_no_device_is_left_out() {
    for entity in [
        json!({ "entity_id": "sun.sun", "state": "above_horizon" }),
        json!({ "entity_id": "sensor.ip", "state": "10.0.0.1" }),
        json!({ "entity_id": 7 }),
        json!({}),
        Value::Null,
    ] {
        assert_eq!(
            Entity::new(&entity, Facts::of_scale(TemperatureScale::Celsius)).device("", &|_| None),
            None,
            "{entity}"
        );
    }
}

#[test]
fn nonsense_in_attributes_is_no_crash() {
    let nonsense = [
        json!(-1e308),
        json!("x"),
        json!([]),
        json!({}),
        json!(true),
        Value::Null,
        json!(u64::MAX),
    ];
    for domain in [
        "light", "climate", "cover", "fan", "sensor", "lock", "script",
    ] {
        for value in &nonsense {
            let entity = json!({
                "entity_id": format!("{domain}.x"), "state": value, "last_changed": value,
                "attributes": {
                    "supported_color_modes": ["hs", "color_temp"], "brightness": value, "hs_color": value,
                    "color_temp": value, "color_temp_kelvin": value, "min_color_temp_kelvin": value,
                    "min_temp": value, "max_temp": value, "temperature": value, "current_temperature": value,
                    "current_position": value, "percentage": value, "supported_features": value, "hvac_modes": value,
                },
            });
            let entity = Entity::new(&entity, Facts::of_scale(TemperatureScale::Fahrenheit));
            if let Some(device) = entity.device("", &|_| None) {
                entity.state(&device);
            }
        }
    }
}

#[test]
fn a_thermostat_that_keeps_a_range_tells_it() {
    let (device, state) = read(
        json!({ "entity_id": "climate.room", "state": "heat_cool", "attributes": {
            "hvac_modes": ["off", "heat_cool"], "supported_features": 2, "temperature": null,
            "target_temp_low": 19.5, "target_temp_high": 24, "min_temp": 7, "max_temp": 35,
        }}),
    );
    assert!(matches!(
        device.capability("temperature_range"),
        Some(Capability::TemperatureRange { only: true })
    ));
    assert_eq!(state.target_temperature, None);
    assert_eq!(
        (state.target_low, state.target_high),
        (Some(19.5), Some(24.0))
    );
}

#[test]
fn what_moves_is_where_it_comes_from() {
    let state = |id: &str, state: &str| {
        let attributes = json!({ "supported_features": 3, "device_class": "garage" });
        read(json!({ "entity_id": id, "state": state, "attributes": attributes })).1
    };
    for (text, open) in [
        ("open", true),
        ("opening", true),
        ("closing", true),
        ("closed", false),
    ] {
        let cover = state("cover.x", text);
        assert_eq!(cover.open, Some(open), "{text}");
        assert_eq!(cover.pending, text.ends_with("ing"), "{text}");
    }
    for (text, lock) in [
        ("locked", LockState::Locked),
        ("unlocking", LockState::Locked),
        ("locking", LockState::Unlocked),
        ("unlocked", LockState::Unlocked),
        ("open", LockState::Unlocked),
        ("jammed", LockState::Jammed),
    ] {
        let bolt = state("lock.x", text);
        assert_eq!(bolt.lock, Some(lock), "{text}");
        assert_eq!(bolt.pending, text.ends_with("ing"), "{text}");
    }
}

#[test]
fn slats_alone_are_open_as_far_as_they_tilt() {
    let slats = |tilt: u8, features: u32| {
        let attributes = json!({ "supported_features": features, "current_tilt_position": tilt });
        read(json!({ "entity_id": "cover.x", "state": "open", "attributes": attributes })).1
    };
    assert_eq!((slats(30, 128).tilt, slats(30, 128).open), (Some(30), None));
    assert_eq!(
        (slats(0, 48).open, slats(30, 48).open),
        (Some(false), Some(true))
    );
}

#[test]
fn the_rest_of_a_home_tells_how_it_is() {
    let state = |id: &str, state: &str, attributes: Value| {
        read(json!({ "entity_id": id, "state": state, "attributes": attributes })).1
    };
    let playing =
        json!({ "supported_features": 0xffff, "volume_level": 0.42, "is_volume_muted": false });
    let player = state("media_player.x", "playing", playing);
    assert_eq!((player.power, player.volume), (Some(true), Some(42)));
    assert_eq!((player.muted, player.playing), (Some(false), Some(true)));
    let asleep = state(
        "media_player.x",
        "standby",
        json!({ "supported_features": 0xffff }),
    );
    assert_eq!(
        (asleep.power, asleep.volume, asleep.playing),
        (Some(false), None, Some(false))
    );
    let humidifier = state(
        "humidifier.x",
        "on",
        json!({ "humidity": 45, "current_humidity": 38 }),
    );
    assert_eq!(
        (humidifier.power, humidifier.number, humidifier.humidity),
        (Some(true), Some(45.0), Some(38.0))
    );
    let number = state(
        "number.x",
        "12.5",
        json!({ "min": 0, "max": 20, "step": 0.5 }),
    );
    assert_eq!(number.number, Some(12.5));
    for (text, on) in [
        ("cleaning", true),
        ("docked", false),
        ("returning", false),
        ("idle", false),
    ] {
        assert_eq!(
            state("vacuum.x", text, json!({ "supported_features": 8192 })).power,
            Some(on),
            "{text}"
        );
    }
    let heater = state(
        "water_heater.x",
        "eco",
        json!({ "supported_features": 9, "temperature": 50, "min_temp": 30, "max_temp": 60 }),
    );
    assert_eq!(
        (heater.mode, heater.target_temperature),
        (Some(ThermostatMode::Heat), Some(50.0))
    );
    assert_eq!(
        state("group.x", "on", json!({ "entity_id": ["light.a"] })).power,
        Some(true)
    );
}

#[test]
fn settings_beside_the_power_are_told() {
    let state = |id: &str, attributes: Value| {
        read(json!({ "entity_id": id, "state": "on", "attributes": attributes })).1
    };
    let fan = state(
        "fan.x",
        json!({
            "supported_features": 15, "oscillating": true, "direction": "reverse",
            "preset_modes": ["auto", "sleep"], "preset_mode": "sleep",
        }),
    );
    assert_eq!(
        (fan.oscillating, fan.direction, fan.preset.as_deref()),
        (Some(true), Some(Direction::Reverse), Some("sleep"))
    );
    let unknown = json!({
        "supported_features": 15, "oscillating": null, "direction": "up", "preset_modes": ["auto"],
        "preset_mode": null,
    });
    let fan = state("fan.x", unknown);
    assert_eq!(
        (fan.oscillating, fan.direction, fan.preset),
        (None, None, None)
    );
    let humidifier = json!({ "supported_features": 1, "available_modes": ["eco"], "mode": "eco" });
    assert_eq!(
        state("humidifier.x", humidifier).preset.as_deref(),
        Some("eco")
    );
    let heater = json!({
        "supported_features": 3, "operation_list": ["gas", "off"], "operation_mode": "gas",
    });
    assert_eq!(
        state("water_heater.x", heater).preset.as_deref(),
        Some("gas")
    );
}

#[test]
fn a_media_player_says_which_of_its_titles_it_reaches() {
    let operations = |features: u64| {
        let attributes = json!({ "supported_features": features });
        let player =
            json!({ "entity_id": "media_player.x", "state": "playing", "attributes": attributes });
        let (device, _) = read(player);
        match device.capability("playback") {
            Some(Capability::Playback { operations }) => operations
                .iter()
                .map(|operation| operation.name())
                .collect(),
            _ => Vec::new(),
        }
    };
    assert_eq!(operations(1 + 16_384), ["Play", "Pause"]);
    assert_eq!(operations(4_096 + 32), ["Stop", "Next"]);
    assert_eq!(operations(16), ["Previous"]);
    assert!(operations(128 + 4).is_empty());
}
