//! What each domain and device class can be told: nothing that opens a house is among what "turn on" reaches.
use home_types::TemperatureScale;
use serde_json::json;

use super::*;

/// What an entity can do, by the names of its capabilities.
fn can(domain: &str, class: &str, features: u32, name: &str) -> String {
    let value = json!({
        "entity_id": format!("{domain}.x"), "state": "off",
        "attributes": {
            "device_class": class, "supported_features": features, "friendly_name": name,
            "hvac_modes": ["off", "heat"], "preset_modes": ["auto", "auto", ""], "available_modes": ["eco"],
            "operation_list": ["gas"], "entity_id": if domain == "group" { json!(["light.a"]) } else { json!(null) },
        },
    });
    let facts = Facts {
        scale: TemperatureScale::Celsius,
        streams: true,
    };
    let entity = Entity::new(&value, facts);
    let device = entity.device("", &|_| None);
    let names = |device: Device| {
        let names: Vec<&str> = device.capabilities.iter().map(Capability::name).collect();
        format!("{}: {}", device.kind, names.join(" "))
    };
    device.map(names).unwrap_or_default()
}

#[test]
fn every_domain_and_class_has_its_capabilities() {
    let nothing = "";
    for (domain, class, features, expected) in [
        // Covers, with open and close, with a position, with slats.
        ("cover", "garage", 3, "garage door: opening"),
        ("cover", "garage", 15, "garage door: opening"),
        ("cover", "gate", 11, "garage door: opening"),
        ("cover", "gate", 4, "garage door: opening"),
        ("cover", "door", 15, "door: opening"),
        ("cover", "window", 15, "window: opening"),
        ("cover", "awning", 3, "shutter: opening"),
        ("cover", "awning", 15, "shutter: percentage"),
        ("cover", "shutter", 3, "shutter: opening"),
        ("cover", "shutter", 255, "shutter: percentage tilt"),
        ("cover", "blind", 3, "cover: opening"),
        ("cover", "blind", 15, "cover: percentage"),
        ("cover", "blind", 240, "cover: tilt"),
        ("cover", "blind", 112, "cover: opening"),
        ("cover", "blind", 0, nothing),
        ("cover", "curtain", 15, "cover: percentage"),
        ("cover", "damper", 15, "cover: percentage"),
        ("cover", "shade", 15, "cover: percentage"),
        ("cover", "", 15, "cover: percentage"),
        ("cover", "", 3, "cover: opening"),
        ("cover", "something new", 3, "cover: opening"),
        ("valve", "water", 3, "valve: opening"),
        ("valve", "gas", 15, "valve: opening"),
        ("valve", "", 0, nothing),
        ("lock", "", 0, "lock: lock"),
        ("lock", "", 1, "lock: lock"),
        ("alarm_control_panel", "", 63, nothing),
        ("siren", "", 3, nothing),
        ("automation", "", 0, nothing),
        ("remote", "", 0, nothing),
        // What may be turned on.
        ("light", "", 0, "light: power"),
        ("switch", "", 0, "switch: power"),
        ("switch", "outlet", 0, "switch: power"),
        ("switch", "switch", 0, "switch: power"),
        ("input_boolean", "", 0, "switch: power"),
        ("fan", "", 0, "fan: power"),
        ("fan", "", 1, "fan: power percentage"),
        ("fan", "", 2, "fan: power oscillation"),
        ("fan", "", 4, "fan: power direction"),
        ("fan", "", 8, "fan: power preset"),
        (
            "fan",
            "",
            15,
            "fan: power percentage oscillation direction preset",
        ),
        ("scene", "", 0, "scene: scene"),
        ("script", "", 0, "scene: scene"),
        ("climate", "", 1, "thermostat: thermostat"),
        ("climate", "", 3, "thermostat: thermostat temperature_range"),
        ("camera", "", 0, "camera: camera"),
        ("camera", "", 1, "camera: camera"),
        ("camera", "", 3, "camera: camera camera_stream"),
        ("humidifier", "", 0, "humidifier: power number"),
        ("humidifier", "", 1, "humidifier: power number preset"),
        ("number", "", 0, "other: number"),
        ("input_number", "", 0, "other: number"),
        ("media_player", "tv", 0, nothing),
        ("media_player", "tv", 128 + 4, "media player: power speaker"),
        (
            "media_player",
            "speaker",
            16_384 + 256 + 4,
            "media player: power speaker playback",
        ),
        ("vacuum", "", 8192 + 16, "vacuum: power"),
        ("vacuum", "", 4, nothing),
        ("water_heater", "", 9, "water heater: thermostat"),
        ("water_heater", "", 11, "water heater: thermostat preset"),
        ("button", "", 0, "scene: scene"),
        ("button", "identify", 0, "scene: scene"),
        ("button", "restart", 0, nothing),
        ("button", "update", 0, nothing),
        ("input_button", "", 0, "scene: scene"),
        ("group", "", 0, "switch: power"),
        // What only tells.
        ("binary_sensor", "door", 0, "sensor: contact_sensor"),
        ("binary_sensor", "garage_door", 0, "sensor: contact_sensor"),
        ("binary_sensor", "window", 0, "sensor: contact_sensor"),
        ("binary_sensor", "motion", 0, "sensor: motion_sensor"),
        ("binary_sensor", "lock", 0, nothing),
        ("binary_sensor", "smoke", 0, nothing),
        ("sensor", "temperature", 0, "sensor: temperature_sensor"),
        ("sensor", "humidity", 0, "sensor: humidity_sensor"),
        ("sensor", "power", 0, nothing),
        ("person", "", 0, nothing),
        ("update", "", 0, nothing),
    ] {
        assert_eq!(
            can(domain, class, features, "Thing"),
            expected,
            "{domain} {class} {features}"
        );
    }
}

#[test]
fn no_class_and_no_feature_makes_a_cover_a_lock_or_an_alarm_something_to_turn_on() {
    let classes = [
        "", "awning", "blind", "curtain", "damper", "door", "garage", "gate", "shade", "shutter",
        "window", "outlet", "switch", "water", "gas", "GARAGE",
    ];
    for domain in ["cover", "valve", "lock", "alarm_control_panel"] {
        for class in classes {
            for features in 0..=0x1ff {
                let can = can(domain, class, features, "Light");
                assert!(
                    ["power", "scene", "oscillation", "direction", "preset"]
                        .iter()
                        .all(|indirect| !can.contains(indirect)),
                    "{domain} {class} {features}: {can}"
                );
                let entrance = ["door", "garage", "gate", "window"].contains(&class);
                assert!(
                    domain != "cover" || !entrance || !can.contains("percentage"),
                    "{class} {features}: {can}"
                );
            }
        }
    }
}

#[test]
fn a_name_takes_away_what_turns_on_but_never_gives_it() {
    for domain in [
        "switch",
        "input_boolean",
        "script",
        "scene",
        "button",
        "input_button",
    ] {
        for name in [
            "Garage door",
            "Front gate",
            "Unlock the cellar",
            "Haustür",
            "Alarm",
            "Open gate and light",
        ] {
            assert_eq!(can(domain, "", 0, name), "", "{domain} {name}");
        }
        for name in [
            "Kitchen",
            "Garage light",
            "Good night",
            "Front door light",
            "Coffee",
        ] {
            assert_ne!(can(domain, "", 0, name), "", "{domain} {name}");
        }
    }
    assert_eq!(can("light", "", 0, "Front door"), "light: power");
    assert_eq!(can("cover", "", 15, "Garage"), "garage door: opening");
    assert_eq!(can("cover", "blind", 15, "Door blind"), "cover: percentage");
}
