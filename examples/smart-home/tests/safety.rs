//! What each of Home Assistant's domains and device classes becomes for Alexa, through the program: nothing that opens,
//! unlocks or disarms a house can be turned on.
#![forbid(unsafe_code)]

mod support;

use serde_json::{Value, json};

use support::server::Server;
use support::{Program, directive, error_type, property, scope};

const NONE: &[&str] = &[];
const MODE: &[&str] = &["ModeController"];
const RANGE: &[&str] = &["RangeController"];
const POWER: &[&str] = &["PowerController"];
const SCENE: &[&str] = &["SceneController"];

/// Id, device class, features, members, and the interfaces besides `Alexa` and `Alexa.EndpointHealth`.
type Row = (
    &'static str,
    &'static str,
    u32,
    &'static [&'static str],
    &'static [&'static str],
);

const TABLE: &[Row] = &[
    ("cover.a_garage", "garage", 15, &[], MODE),
    ("cover.a_gate", "gate", 3, &[], MODE),
    ("cover.a_door", "door", 15, &[], MODE),
    ("cover.a_window", "window", 15, &[], MODE),
    ("cover.a_shutter", "shutter", 15, &[], RANGE),
    ("cover.an_awning", "awning", 3, &[], MODE),
    ("cover.a_blind", "blind", 15, &[], RANGE),
    ("cover.a_curtain", "curtain", 3, &[], MODE),
    ("cover.a_shade", "shade", 15, &[], RANGE),
    ("cover.a_damper", "damper", 15, &[], RANGE),
    (
        "cover.slats",
        "blind",
        255,
        &[],
        &["RangeController", "RangeController"],
    ),
    ("cover.only_slats", "blind", 240, &[], RANGE),
    ("cover.unnamed", "", 3, &[], MODE),
    ("cover.all_of_them", "", 3, &["cover.a_garage"], MODE),
    ("valve.water", "water", 3, &[], MODE),
    ("valve.gas", "gas", 15, &[], MODE),
    ("lock.front", "", 1, &[], &["LockController"]),
    ("alarm_control_panel.house", "", 63, &[], NONE),
    ("siren.house", "", 3, &[], NONE),
    ("automation.open_house", "", 0, &[], NONE),
    ("light.plain", "", 0, &[], POWER),
    ("light.front_door", "", 0, &[], POWER),
    ("switch.coffee", "switch", 0, &[], POWER),
    ("switch.freezer_garage", "outlet", 0, &[], POWER),
    ("switch.garage_door", "switch", 0, &[], NONE),
    ("switch.gate_relay", "", 0, &[], NONE),
    (
        "switch.some",
        "",
        0,
        &["switch.coffee", "switch.gate_relay"],
        NONE,
    ),
    ("input_boolean.guests", "", 0, &[], POWER),
    ("input_boolean.alarm_disarmed", "", 0, &[], NONE),
    (
        "fan.big",
        "",
        1,
        &[],
        &["PowerController", "PercentageController"],
    ),
    (
        "fan.swing",
        "",
        15,
        &[],
        &[
            "PowerController",
            "PercentageController",
            "ToggleController",
            "ModeController",
            "ModeController",
        ],
    ),
    (
        "scene.evening",
        "",
        0,
        &["light.plain", "cover.a_blind"],
        SCENE,
    ),
    (
        "scene.come_home",
        "",
        0,
        &["light.plain", "cover.a_garage"],
        NONE,
    ),
    ("scene.leave", "", 0, &["lock.front"], NONE),
    ("scene.away", "", 0, &["alarm_control_panel.house"], NONE),
    ("scene.unknown", "", 0, &["cover.gone"], NONE),
    ("script.good_night", "", 0, &[], SCENE),
    ("script.open_the_gate", "", 0, &[], NONE),
    ("script.unlock_all", "", 0, &[], NONE),
    (
        "group.entrances",
        "",
        0,
        &["cover.a_garage", "lock.front"],
        NONE,
    ),
    (
        "group.lamps",
        "",
        0,
        &["light.plain", "switch.coffee"],
        POWER,
    ),
    ("group.mixed", "", 0, &["light.plain", "cover.a_gate"], NONE),
    (
        "group.of_groups",
        "",
        0,
        &["group.lamps", "group.mixed"],
        NONE,
    ),
    ("button.coffee", "", 0, &[], SCENE),
    ("button.open_front_door", "", 0, &[], NONE),
    ("button.reboot", "restart", 0, &[], NONE),
    ("input_button.garage", "", 0, &[], NONE),
    (
        "humidifier.room",
        "",
        0,
        &[],
        &["PowerController", "RangeController"],
    ),
    (
        "media_player.tv",
        "tv",
        132,
        &[],
        &["PowerController", "Speaker"],
    ),
    ("vacuum.robot", "", 8208, &[], POWER),
    ("water_heater.boiler", "", 9, &[], &["ThermostatController"]),
    (
        "water_heater.modes",
        "",
        11,
        &[],
        &["ThermostatController", "ModeController"],
    ),
    (
        "humidifier.modes",
        "",
        1,
        &[],
        &["PowerController", "RangeController", "ModeController"],
    ),
    ("number.level", "", 0, &[], RANGE),
];

fn home() -> (Server, Program) {
    let entity = |&(id, class, features, members, _): &Row| {
        json!({ "entity_id": id, "state": "off", "attributes": {
            "device_class": class, "supported_features": features, "entity_id": members,
            "preset_modes": ["open", "unlocked"], "available_modes": ["eco"], "operation_list": ["gas", "off"],
        }})
    };
    let server = Server::with(TABLE.iter().map(entity).collect());
    let program = Program::with_server(&server.url, Some("good"));
    (server, program)
}

#[test]
fn every_domain_and_class_gets_the_interfaces_it_should() {
    let (_server, program) = home();
    let response = program.invoke(&directive("Discovery", "Discover", None, scope()));
    let endpoints = response["event"]["payload"]["endpoints"]
        .as_array()
        .unwrap();
    for (id, class, _, _, expected) in TABLE {
        let endpoint = endpoints
            .iter()
            .find(|endpoint| endpoint["endpointId"] == id.replacen('.', "#", 1));
        let interfaces: Vec<&str> = endpoint
            .and_then(|endpoint| endpoint["capabilities"].as_array())
            .into_iter()
            .flatten()
            .filter_map(|capability| capability["interface"].as_str()?.strip_prefix("Alexa."))
            .filter(|name| *name != "EndpointHealth")
            .collect();
        assert_eq!(&interfaces, expected, "{id} {class}");
        assert_eq!(endpoint.is_none(), expected.is_empty(), "{id}");
    }
}

#[test]
fn nothing_else_can_be_turned_on_even_if_alexa_believes_it_can() {
    let (server, program) = home();
    let lines: Vec<String> = TABLE
        .iter()
        .filter(|(.., interfaces)| !interfaces.contains(&"PowerController"))
        .flat_map(|(id, ..)| ["TurnOn", "TurnOff"].map(|name| (id, name)))
        .map(|(id, name)| directive("PowerController", name, Some(id), json!({})).to_string())
        .collect();
    let run = program.run(
        &["replay", "-", "--json", "--responses"],
        lines.join("\n").as_bytes(),
    );
    let answers = run.lines();
    assert_eq!(answers.len(), lines.len(), "{}", run.stderr);
    for answer in answers {
        let kind = error_type(&answer["response"]);
        assert!(
            ["INVALID_DIRECTIVE", "NO_SUCH_ENDPOINT"].contains(&kind),
            "{answer}"
        );
    }
    let called: Vec<String> = server
        .asked_of_devices()
        .into_iter()
        .filter(|asked| asked.starts_with("POST"))
        .collect();
    assert_eq!(called, Vec::<String>::new());
}

#[test]
fn nothing_that_keeps_a_house_shut_takes_a_toggle_or_a_setting() {
    let (server, program) = home();
    let settings = [
        ("ToggleController", "TurnOn", "fan.oscillating", json!({})),
        ("ToggleController", "TurnOn", "valve.stop", json!({})),
        (
            "ModeController",
            "SetMode",
            "fan.preset_mode",
            json!({"mode": "preset_mode.open"}),
        ),
        (
            "ModeController",
            "SetMode",
            "fan.direction",
            json!({"mode": "direction.reverse"}),
        ),
        (
            "ModeController",
            "SetMode",
            "humidifier.mode",
            json!({"mode": "mode.unlocked"}),
        ),
    ];
    let shut = |id: &str| {
        ["cover.", "valve.", "lock.", "alarm_control_panel."]
            .iter()
            .any(|domain| id.starts_with(domain))
    };
    let lines: Vec<String> = TABLE
        .iter()
        .filter(|(id, ..)| shut(id))
        .flat_map(|(id, ..)| settings.iter().map(move |setting| (id, setting)))
        .map(|(id, (namespace, name, instance, payload))| {
            let mut event = directive(namespace, name, Some(id), payload.clone());
            event["directive"]["header"]["instance"] = json!(instance);
            event.to_string()
        })
        .collect();
    let run = program.run(
        &["replay", "-", "--json", "--responses"],
        lines.join("\n").as_bytes(),
    );
    let answers = run.lines();
    assert_eq!(answers.len(), lines.len(), "{}", run.stderr);
    for answer in answers {
        let kind = error_type(&answer["response"]);
        assert!(
            ["INVALID_DIRECTIVE", "NO_SUCH_ENDPOINT"].contains(&kind),
            "{answer}"
        );
    }
    let asked = server.asked_of_devices();
    let called: Vec<&String> = asked
        .iter()
        .filter(|asked| asked.starts_with("POST"))
        .collect();
    assert!(called.is_empty(), "{called:?}");
}

#[test]
fn a_garage_door_opens_when_it_is_asked_for() {
    let (server, program) = home();
    let mut open = directive(
        "ModeController",
        "SetMode",
        Some("cover.a_garage"),
        json!({"mode": "Position.Up"}),
    );
    open["directive"]["header"]["instance"] = json!("GarageDoor.Position");
    let response = program.invoke(&open);
    assert_eq!(
        property(&response, "Alexa.ModeController", "mode"),
        "Position.Up"
    );
    let asked = server.asked_of_devices();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(asked[1].starts_with("POST /api/services/cover/open_cover"));
}

#[test]
fn a_lock_that_takes_its_time_is_not_said_to_be_locked() {
    let (_server, program) = home();
    let lock = directive("LockController", "Lock", Some("lock.front"), json!({}));
    let response: Value = program.invoke(&lock);
    assert_eq!(
        response["event"]["header"]["name"], "DeferredResponse",
        "{response}"
    );
}
