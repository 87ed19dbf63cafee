//! Which entities are shown and how they are called, through the program.
#![forbid(unsafe_code)]

mod support;

use std::fs;

use serde_json::{Value, json};

use support::server::{Mood, Server};
use support::{Program, Run, directive, error_type, scope};

const ENTITIES: &str = r#"
[filter]
include_domains = ["light", "fan"]
exclude_entity_globs = ["light.kitchen_*"]
exclude_entities = ["light.hallway"]
include_entities = ["light.kitchen_ceiling", "light.cellar"]

[entity_config."light.kitchen_ceiling"]
name = "Sun of the kitchen"
description = "Above the table"
display_categories = "CHRISTMAS_TREE"

[entity_config."light.cellar"]
name = "Below"
"#;

/// Runs the program with that file.
fn run(home: &Program, arguments: &[&str], event: &Value) -> Run {
    fs::write(home.path("entities.toml"), ENTITIES).unwrap();
    let arguments = [&["--entities", "entities.toml"], arguments].concat();
    home.run(&arguments, event.to_string().as_bytes())
}

fn endpoints(home: &Program) -> Vec<Value> {
    let discover = directive("Discovery", "Discover", None, scope());
    let response = run(home, &["invoke"], &discover).json();
    let endpoints = response["event"]["payload"]["endpoints"].as_array();
    endpoints.unwrap().clone()
}

#[test]
fn discovery_shows_what_is_to_be_shown_as_it_is_to_be_called() {
    let endpoints = endpoints(&Program::new());
    let id = |endpoint: &Value| endpoint["endpointId"].as_str().unwrap().to_owned();
    let ids: Vec<String> = endpoints.iter().map(id).collect();
    for shown in ["light#kitchen_ceiling", "light#floor_lamp", "fan#bedroom"] {
        assert!(ids.iter().any(|id| id == shown), "{ids:?}");
    }
    for id in &ids {
        assert!(id.starts_with("light#") || id.starts_with("fan#"), "{id}");
    }
    for hidden in ["light#kitchen_counter", "light#hallway"] {
        assert!(!ids.iter().any(|id| id == hidden), "{ids:?}");
    }
    let ceiling = endpoints
        .iter()
        .find(|endpoint| endpoint["endpointId"] == "light#kitchen_ceiling")
        .unwrap();
    assert_eq!(ceiling["friendlyName"], "Sun of the kitchen");
    assert_eq!(ceiling["description"], "Above the table");
    assert_eq!(ceiling["displayCategories"], json!(["CHRISTMAS_TREE"]));
}

#[test]
fn what_is_not_shown_can_be_neither_addressed_nor_reported_nor_found() {
    let home = Program::new();
    for (id, is_shown) in [
        ("light.kitchen_ceiling", true),
        ("light.kitchen_counter", false),
        ("light.hallway", false),
        ("lock.front_door", false),
        ("light.no_such_lamp", false),
    ] {
        for (namespace, name) in [
            ("Alexa", "ReportState"),
            ("PowerController", "TurnOn"),
            ("LockController", "Unlock"),
        ] {
            let event = directive(namespace, name, Some(id), json!({}));
            let response = run(&home, &["invoke"], &event).json();
            if !is_shown {
                assert_eq!(error_type(&response), "NO_SUCH_ENDPOINT", "{id} {name}");
            } else if namespace != "LockController" {
                assert_eq!(
                    response["event"].get("payload"),
                    Some(&json!({})),
                    "{response}"
                );
            }
        }
    }
    let find = |name: &str| {
        let kwargs = json!({"search_name": name}).to_string();
        let arguments = ["call", "devices", "find_fuzzy", &kwargs];
        run(&home, &arguments, &Value::Null).json()
    };
    let found = find("sun of the kitchen");
    assert_eq!(found[0]["device"]["id"], "light.kitchen_ceiling", "{found}");
    assert!(!find("front door").to_string().contains("lock.front_door"));
    let plain = directive(
        "PowerController",
        "TurnOn",
        Some("light.hallway"),
        json!({}),
    );
    assert_eq!(home.invoke(&plain)["event"]["header"]["name"], "Response");
}

#[test]
fn it_holds_for_a_server_and_for_a_replay_too() {
    let server = Server::start(Mood::Well);
    let home = Program::with_server(&server.url, Some("good"));
    let names: Vec<Value> = endpoints(&home)
        .iter()
        .map(|endpoint| endpoint["friendlyName"].clone())
        .collect();
    assert_eq!(names, ["Attic", "Below"]);
    let lines = ["light.cellar", "lock.shed"]
        .map(|id| directive("Alexa", "ReportState", Some(id), json!({})).to_string());
    fs::write(home.path("day.jsonl"), lines.join("\n")).unwrap();
    let asked = server.asked().len();
    let arguments = ["replay", "day.jsonl", "--json", "--responses"];
    let run = run(&home, &arguments, &Value::Null);
    let answers = run.lines();
    assert_eq!(
        answers[0]["response"]["event"]["header"]["name"],
        "StateReport"
    );
    assert_eq!(error_type(&answers[1]["response"]), "NO_SUCH_ENDPOINT");
    assert!(
        !server.asked()[asked..]
            .iter()
            .any(|asked| asked.contains("lock.shed")),
        "the server isn't even asked"
    );
}

#[test]
fn the_demo_takes_the_file_too() {
    let home = Program::plain();
    let arguments = ["demo", "--save-to", "demo"];
    let run = run(&home, &arguments, &Value::Null);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let lost = run.stdout.matches("NO_SUCH_ENDPOINT").count();
    let all = home.run(&arguments, b"").stdout;
    assert!(lost > all.matches("NO_SUCH_ENDPOINT").count(), "{lost}");
}

#[test]
fn a_mistake_in_the_file_is_an_error_and_nothing_is_asked() {
    let server = Server::start(Mood::Well);
    let home = Program::with_server(&server.url, Some("good"));
    let on = directive("PowerController", "TurnOn", Some("light.cellar"), json!({}));
    for (text, expected) in [
        ("[filter]\nexclude_domain = [\"lock\"]", "`exclude_domains`"),
        ("[entity_config.\"light.cellar\"]\nroom = \"x\"", "`name`"),
        (
            "[filter]\nexclude_entities = [\"Lock\"]",
            "`filter.exclude_entities`",
        ),
    ] {
        fs::write(home.path("wrong.toml"), text).unwrap();
        let event = on.to_string();
        let run = home.run(&["--entities", "wrong.toml", "invoke"], event.as_bytes());
        assert_eq!((run.code, run.stdout.as_str()), (1, ""));
        assert!(
            run.stderr.contains("wrong.toml") && run.stderr.contains(expected),
            "{}",
            run.stderr
        );
    }
    assert!(server.asked().is_empty());
}
