use std::time::Duration;

use home_types::{Command, DeviceReport};
use serde_json::json;

use super::*;
use crate::testing::FakeWire;

fn on<'a>(wire: &'a FakeWire, host: &str) -> Server<'a> {
    Server::new(wire, &format!("http://{host}"), "token", Duration::ZERO).unwrap()
}

/// A server with an entity of each kind that is asked for in a way of its own.
fn wire() -> FakeWire {
    let wire = FakeWire::default();
    let config = json!({
        "state": "RUNNING", "external_url": "https://home.example", "components": ["alexa", "stream"],
    });
    wire.answer("GET", "/api/config", 200, config);
    let entity = |id: &str, state: &str| {
        let attributes = json!({ "supported_features": 3, "hvac_modes": ["heat"] });
        json!({ "entity_id": id, "state": state, "attributes": attributes })
    };
    let entities = ENTITIES_THERE.map(|(id, state)| entity(id, state));
    for one in &entities {
        let path = format!("/api/states/{}", one["entity_id"].as_str().unwrap());
        wire.answer("GET", &path, 200, one);
    }
    wire.answer("GET", "/api/states", 200, json!(entities));
    wire.answer("GET", "/api/camera_proxy/camera.x", 200, "picture");
    wire.answer("GET", HISTORY, 200, "[]");
    for service in ["switch/turn_on", "scene/turn_on", "climate/set_hvac_mode"] {
        wire.answer("POST", &format!("/api/services/{service}"), 200, "[]");
    }
    wire.answer("POST", "/api/states/switch.x", 200, "{}");
    wire
}

const ENTITIES_THERE: [(&str, &str); 4] = [
    ("camera.x", "idle"),
    ("climate.x", "heat"),
    ("scene.x", "unknown"),
    ("switch.x", "on"),
];

const HISTORY: &str = "/api/history/period/1970-01-01T00:00:00.000Z?filter_entity_id=switch.x\
    &end_time=1970-01-01T00:00:00.000Z&minimal_response";

/// Each way to an entity by its id.
fn ways(server: &Server<'_>) -> Vec<(&'static str, Result<(), HomeError>)> {
    let zero = Duration::ZERO;
    let control = |id, command: Command| crate::control::control_on(server, id, &command);
    let is_one = |report: DeviceReport| assert!(report.state.online);
    vec![
        ("state", crate::devices::find(server, "switch.x").map(drop)),
        (
            "climate",
            crate::devices::find(server, "climate.x").map(drop),
        ),
        ("control", control("switch.x", Command::TurnOn).map(is_one)),
        (
            "scene",
            control("scene.x", Command::ActivateScene).map(is_one),
        ),
        (
            "history",
            crate::api::history_on(server, "switch.x", zero, zero).map(drop),
        ),
        (
            "record",
            crate::api::set_on(server, "switch.x", "1", None).map(drop),
        ),
        (
            "picture",
            crate::camera::picture_on(server, "camera.x").map(drop),
        ),
        (
            "stream",
            crate::camera::stream_on(server, "camera.x").map(drop),
        ),
    ]
}

#[test]
fn a_hidden_entity_is_reached_in_no_way() {
    let wire = wire();
    let lines = ENTITIES_THERE.map(|(id, _)| format!("{id}\tHall\thidden\n"));
    wire.answer("POST", "/api/template", 200, lines.concat());
    // Asked each time, and known after the first time.
    let each = |number| on(&wire, &format!("hidden-1-{number}"));
    let at_once = ways(&on(&wire, "hidden-1"));
    let asked = (0..at_once.len()).map(|number| ways(&each(number)).swap_remove(number));
    for (way, answer) in asked.chain(ways(&on(&wire, "hidden-1"))) {
        assert!(
            matches!(answer, Err(HomeError::NoSuchDevice { .. })),
            "{way}: {answer:?}"
        );
    }
    assert!(
        wire.posted().is_empty(),
        "nothing is told: {:?}",
        wire.posted()
    );
    let server = on(&wire, "hidden-1");
    assert_eq!(crate::devices::list(&server), Ok(Vec::new()));
    assert_eq!(crate::devices::states(&server), Ok(Vec::new()));
}

#[test]
fn what_is_not_hidden_is_reached_and_so_is_all_if_the_server_does_not_tell() {
    let wire = wire();
    for (status, answer) in [
        (200, ""),
        (200, "switch.y\t\thidden\nswitch.x\tHall\t\n"),
        (401, "switch.x\t\thidden"),
        (404, ""),
        (400, ""),
    ] {
        wire.answer("POST", "/api/template", status, answer);
        let host = format!("hidden-2-{status}-{}", answer.len());
        for (way, answer) in ways(&on(&wire, &host)) {
            // The stream's address is asked for and not there; everything else is.
            let reached = match way {
                "stream" => matches!(answer, Err(HomeError::Unsupported { .. })),
                _ => answer.is_ok(),
            };
            assert!(reached, "{status} {way}: {answer:?}");
        }
    }
}

#[test]
fn a_server_in_trouble_shows_nothing() {
    let wire = wire();
    for status in [429, 503] {
        wire.answer("POST", "/api/template", status, "");
        for (way, answer) in ways(&on(&wire, "hidden-3")) {
            assert!(answer.is_err(), "{status} {way}");
        }
    }
    assert!(wire.posted().is_empty());
}

#[test]
fn for_a_minute_it_is_known_what_is_hidden() {
    let wire = wire();
    wire.answer("POST", "/api/template", 200, "switch.x\t\thidden\n");
    let at = |token: &'static str, seconds| {
        let now = Duration::from_secs(seconds);
        let server = Server::new(&wire, "http://hidden-4", token, now).unwrap();
        let (before, answer) = (wire.sent(), crate::devices::find(&server, "switch.x"));
        (answer.is_ok(), wire.sent() - before)
    };
    assert_eq!(at("a", 1_000), (false, 2), "the entity, and what is hidden");
    assert_eq!(at("a", 1_059), (false, 0));
    wire.answer("POST", "/api/template", 200, "");
    assert_eq!(at("b", 1_059), (true, 2), "by another token");
    assert_eq!(at("a", 1_060), (true, 2));
    assert_eq!(at("a", 1_061), (true, 1), "the entity alone");
    assert_eq!(at("a", 900), (true, 2), "a clock that was set back");
}

#[test]
fn what_a_list_tells_is_known() {
    let wire = wire();
    wire.answer("POST", "/api/template", 200, "switch.x\tHall\thidden\n");
    let server = on(&wire, "hidden-5");
    crate::devices::list(&server).unwrap();
    let before = wire.sent();
    assert!(crate::devices::find(&server, "switch.x").is_err());
    assert!(crate::devices::find(&server, "scene.x").is_ok());
    assert_eq!(wire.sent() - before, 1, "the scene");
}

#[test]
fn ids_are_no_paths() {
    let wire = wire();
    let server = on(&wire, "hidden-6");
    for id in ["x", "light.x' ~ y", "light.{{ 1 }}", "light.x/y", ""] {
        assert!(check_not_hidden(&server, id).is_err());
        assert!(unless_hidden(&server, id, || Ok(())).is_err());
    }
    assert_eq!(wire.sent(), 0);
    assert_eq!(check_not_hidden(&server, "light.x"), Ok(()));
}
