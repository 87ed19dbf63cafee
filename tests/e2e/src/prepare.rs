//! Brings an entity into the state that a directive is tried from.

use serde_json::{Value, json};

use crate::Failure;
use crate::directives::Attempt;
use crate::endpoint::domain;
use crate::server::Server;

/// Puts `entity` where `attempt` has something to do. What it can't do, it refuses, the same for both sides.
pub fn prepare(server: &Server, entity: &str, attempt: &Attempt) -> Result<(), Failure> {
    for (service, mut data) in services(domain(entity), attempt) {
        data["entity_id"] = json!(entity);
        let done = server.call(service, &data)?;
        // A cover that is closed while it is on its way somewhere stops anywhere.
        if !done && service == "cover.set_cover_position" {
            server.call("cover.close_cover", &json!({"entity_id": entity}))?;
        }
    }
    Ok(())
}

fn services(domain: &str, attempt: &Attempt) -> Vec<(&'static str, Value)> {
    let is = |names: &[&str]| names.contains(&attempt.name);
    let none = || json!({});
    match domain {
        "light" if is(&["TurnOn"]) => vec![("light.turn_off", none())],
        "light" => vec![
            (
                "light.turn_on",
                json!({"brightness_pct": 60, "kelvin": 3000}),
            ),
            ("light.turn_on", json!({"brightness_pct": 60})),
            ("light.turn_on", none()),
        ],
        "lock" if is(&["Lock"]) => vec![("lock.unlock", none())],
        "lock" => vec![("lock.lock", none())],
        "cover" => {
            let closes = attempt.payload.to_string().contains("Position.Down");
            if closes {
                vec![("cover.open_cover", none())]
            } else {
                vec![
                    ("cover.set_cover_position", json!({"position": 40})),
                    (
                        "cover.set_cover_tilt_position",
                        json!({"tilt_position": 40}),
                    ),
                ]
            }
        }
        "climate" => vec![
            ("climate.set_preset_mode", json!({"preset_mode": "none"})),
            ("climate.set_hvac_mode", json!({"hvac_mode": "heat"})),
            ("climate.set_temperature", json!({"temperature": 20})),
            (
                "climate.set_temperature",
                json!({"target_temp_low": 18, "target_temp_high": 26}),
            ),
        ],
        "fan" if attempt.interface.ends_with("PowerController") && is(&["TurnOn"]) => {
            vec![("fan.turn_off", none())]
        }
        "fan" => vec![
            ("fan.turn_on", none()),
            ("fan.set_percentage", json!({"percentage": 33})),
            ("fan.oscillate", json!({"oscillating": is(&["TurnOff"])})),
            ("fan.set_direction", json!({"direction": "forward"})),
        ],
        "media_player" if attempt.interface.ends_with("PowerController") && is(&["TurnOn"]) => {
            vec![("media_player.turn_off", none())]
        }
        "media_player" => vec![
            ("media_player.turn_on", none()),
            ("media_player.volume_set", json!({"volume_level": 0.5})),
            (
                "media_player.volume_mute",
                json!({"is_volume_muted": false}),
            ),
            if is(&["Play"]) {
                ("media_player.media_pause", none())
            } else {
                ("media_player.media_play", none())
            },
        ],
        "vacuum" if is(&["TurnOn"]) => vec![("vacuum.stop", none()), ("vacuum.turn_off", none())],
        "vacuum" => vec![("vacuum.turn_on", none()), ("vacuum.start", none())],
        "humidifier" if is(&["TurnOn"]) => vec![("humidifier.turn_off", none())],
        "humidifier" => vec![
            ("humidifier.turn_on", none()),
            ("humidifier.set_humidity", json!({"humidity": 40})),
        ],
        "water_heater" => vec![
            (
                "water_heater.set_operation_mode",
                json!({"operation_mode": "eco"}),
            ),
            ("water_heater.set_temperature", json!({"temperature": 45})),
        ],
        // What is beyond its range it refuses.
        "number" => vec![
            ("number.set_value", json!({"value": 20})),
            ("number.set_value", json!({"value": 40})),
        ],
        "input_number" => vec![("input_number.set_value", json!({"value": 30}))],
        "alarm_control_panel" if is(&["Arm"]) => {
            vec![("alarm_control_panel.alarm_disarm", json!({"code": "1234"}))]
        }
        "alarm_control_panel" => vec![(
            "alarm_control_panel.alarm_arm_home",
            json!({"code": "1234"}),
        )],
        // Both sides wake it from rest.
        "scene" | "script" | "button" | "input_button" | "sensor" | "binary_sensor" | "camera" => {
            Vec::new()
        }
        "timer" if is(&["TurnOn", "Play"]) => vec![("timer.cancel", none())],
        "timer" => vec![("timer.start", none())],
        _ if is(&["TurnOn"]) => vec![("homeassistant.turn_off", none())],
        _ => vec![("homeassistant.turn_on", none())],
    }
}
