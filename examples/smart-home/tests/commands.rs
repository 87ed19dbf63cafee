//! The program's commands, as one would use them.
#![forbid(unsafe_code)]

mod support;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use support::{Program, directive};

#[test]
fn call_prints_the_result_as_json() {
    let home = Program::new();
    let run = home.run(
        &[
            "call",
            "devices",
            "find_fuzzy",
            "{\"search_name\": \"kichen cieling\"}",
        ],
        b"",
    );
    assert_eq!(
        run.json()[0]["device"]["id"],
        "light.kitchen_ceiling",
        "{}",
        run.stdout
    );
    let kwargs = json!({"date": "2026-03-18", "latitude": 52.52, "longitude": 13.405});
    let from_stdin = home.run(
        &["call", "sun", "sunrise", "-"],
        kwargs.to_string().as_bytes(),
    );
    fs::write(home.path("kwargs.json"), kwargs.to_string()).unwrap();
    let from_file = home.run(&["call", "sun", "sunrise", "@kwargs.json"], b"");
    assert_eq!(from_stdin.json(), from_file.json());
}

#[test]
fn an_operations_own_error_is_json_on_stderr() {
    let home = Program::new();
    let run = home.run(
        &["call", "devices", "get_state", "{\"id\": \"light.none\"}"],
        b"",
    );
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    let error: Value = serde_json::from_str(&run.stderr).unwrap();
    assert_eq!(error["error"], "operation");
    assert_eq!(error["detail"]["NoSuchDevice"]["id"], "light.none");
}

#[test]
fn mistyped_names_and_arguments_are_pointed_out() {
    let home = Program::new();
    for (arguments, expected) in [
        (
            &["call", "imges", "thumbnail"][..],
            "did you mean `images.thumbnail`?",
        ),
        (
            &["call", "images", "thumbnial"],
            "did you mean `images.thumbnail`?",
        ),
        (
            &[
                "call",
                "images",
                "thumbnail",
                "{\"image\": [], \"widht\": 3, \"width\": 3}",
            ],
            "`widht`",
        ),
        (
            &["call", "images", "thumbnail", "{\"image\": []}"],
            "`width` is missing",
        ),
        (
            &[
                "call",
                "images",
                "thumbnail",
                "{\"image\": [], \"width\": -1}",
            ],
            "width",
        ),
        (&["call", "images", "thumbnail", "{image}"], "not JSON"),
        (&["operations", "thumbnial"], "smart-home operations"),
        (
            &["invoke", "no-such-file.json"],
            "can't read no-such-file.json",
        ),
        (
            &[
                "call",
                "sun",
                "find_zones",
                "{\"text\": \"x\"}",
                "--explain",
                "moon",
            ],
            "no module `moon`",
        ),
    ] {
        let run = home.run(arguments, b"");
        assert_eq!(run.code, 1, "{arguments:?}: {}", run.stderr);
        assert!(
            run.stderr.contains(expected),
            "{arguments:?}: {}",
            run.stderr
        );
    }
    assert_eq!(home.run(&["invoke", "--no-such-option"], b"").code, 2);
}

#[test]
fn without_built_modules_it_says_what_to_run() {
    let home = Program::new();
    let missing = home.path("nothing-here");
    let run = home.run_with(Path::new(&missing), &["invoke"], b"{}");
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("cargo lmms build"), "{}", run.stderr);
    let listed = home.run_with(Path::new(&missing), &["operations", "sun", "--json"], b"");
    assert!(!listed.json().as_array().unwrap().is_empty());
}

#[test]
fn logs_and_statistics_go_to_stderr() {
    let home = Program::new();
    let run = home.run(
        &[
            "invoke",
            "--log",
            "lmms=info",
            "--stats",
            "--explain",
            "alexa",
        ],
        b"{\"health_check\": 1}",
    );
    assert_eq!(run.json()["statusCode"], 200);
    for expected in ["loaded", "module", "virtual_home", "alexa"] {
        assert!(
            run.stderr.contains(expected),
            "no {expected:?}: {}",
            run.stderr
        );
    }
    assert!(!run.stderr.contains('\x1b'));
}

#[test]
fn a_recording_is_replayed_and_its_malformed_lines_are_reported() {
    let home = Program::new();
    let on = directive(
        "PowerController",
        "TurnOn",
        Some("light.hallway"),
        json!({}),
    );
    let sun = json!({"interface": "sun", "operation": "sunrise",
        "kwargs": {"date": "2026-03-18", "latitude": 52.52, "longitude": 13.405}});
    let recording = [
        json!({"at": "2026-03-18T07:00:00+01:00", "event": on}).to_string(),
        "{\"directive\": ".to_owned(),
        json!({"at": "2026-03-18T07:00:05+01:00", "call": sun}).to_string(),
        json!({"at": "2026-03-18T06:00:00+01:00", "call": sun}).to_string(),
        json!({"at": 60, "call": sun}).to_string(),
        json!({"at": 61, "call": {"interface": "sun", "operation": "nova"}}).to_string(),
    ];
    fs::write(home.path("day.jsonl"), recording.join("\n")).unwrap();
    let run = home.run(
        &["replay", "day.jsonl", "--json", "--responses", "--stats"],
        b"",
    );
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    let lines = run.lines();
    let of_line = |number: u64| lines.iter().find(|line| line["line"] == number).unwrap();
    assert_eq!(of_line(1)["at"], "2026-03-18T06:00:00.000Z");
    assert_eq!(
        of_line(1)["response"]["event"]["header"]["name"],
        "Response"
    );
    assert!(
        of_line(2)["malformed"]
            .as_str()
            .unwrap()
            .contains("not JSON")
    );
    assert_eq!(of_line(3)["loaded"][0]["module"], "sun");
    assert!(of_line(4)["malformed"].as_str().unwrap().contains("before"));
    assert_eq!(
        (&of_line(5)["cache_hits"], &of_line(5)["loaded"]),
        (&json!(1), &json!([]))
    );
    assert_eq!(of_line(6)["error"], "lmms");
    assert_eq!(lines.last().unwrap()["statistics"]["cache"]["hits"], 1);
    let text = home.run(
        &["replay", "-", "--home", "virtual"],
        recording.join("\n").as_bytes(),
    );
    assert!(
        text.stdout.contains("line 2 is malformed"),
        "{}",
        text.stdout
    );
    assert!(
        text.stdout.contains("07:00:00 TurnOn light.hallway"),
        "{}",
        text.stdout
    );
}

#[test]
fn modules_go_between_events_as_soon_as_they_may() {
    let home = Program::new();
    let call = json!({"interface": "metrics", "operation": "get_stats"});
    let recording = [0, 3_600].map(|at| json!({"at": at, "call": call}).to_string());
    let arguments = [
        "replay",
        "-",
        "--json",
        "--max-resident",
        "0",
        "--grace",
        "45",
        "--start",
        "2026-03-18T00:00:00Z",
    ];
    let run = home.run(&arguments, recording.join("\n").as_bytes());
    let lines = run.lines();
    assert_eq!(lines.len(), 3, "{}", run.stdout);
    assert_eq!(lines[1]["sweep"], true);
    assert_eq!(lines[1]["at"], "2026-03-18T00:00:45.000Z");
    assert_eq!(lines[1]["unloaded"][0]["module"], "metrics");
    assert!(lines[1]["unloaded"][0]["bytes"].as_u64().unwrap() > 0);
    assert_eq!(lines[2]["loaded"][0]["module"], "metrics");
}

#[test]
fn the_real_clock_can_be_sped_up() {
    let home = Program::new();
    let recording = "{\"at\": 0, \"event\": {\"health_check\": 1}}\n{\"at\": 3600, \"event\": {\"health_check\": 1}}\n";
    let arguments = [
        "replay",
        "-",
        "--clock",
        "real",
        "--speed",
        "1e6",
        "--json",
        "--start",
        "2026-03-18T00:00:00Z",
    ];
    let run = home.run(&arguments, recording.as_bytes());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let lines = run.lines();
    assert_eq!(lines.len(), 2);
    assert!(
        lines[1]["at"].as_str().unwrap() >= "2026-03-18T01:00:00.000Z",
        "{}",
        lines[1]
    );
}

#[test]
fn the_demo_shows_loads_cache_hits_and_unloads_with_bytes_given_back() {
    let home = Program::plain();
    let run = home.run(&["demo", "--save-to", "demo"], b"");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    for expected in [
        "simulated clock",
        "+ alexa",
        "given back",
        " cache ",
        "NO_SUCH_ENDPOINT",
        "VALUE_OUT_OF_RANGE",
        "BRIDGE_UNREACHABLE",
        "INVALID_DIRECTIVE",
        "Memory over the day",
        "Statistics",
        "Why is it loaded?",
    ] {
        assert!(
            run.stdout.contains(expected),
            "no {expected:?} in {}",
            run.stdout
        );
    }
    assert!(!run.stdout.contains('\x1b'));
    let (day, _) = run.stdout.split_once("── Statistics").unwrap();
    let widest = day.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(100), "{widest:?}");
    let svg = fs::read_to_string(home.path("demo/temperatures.svg")).unwrap();
    assert!(svg.contains("<svg"), "{svg}");
    let picture = fs::read(home.path("demo/front-door-thumbnail.png")).unwrap();
    assert!(picture.starts_with(b"\x89PNG") || picture.starts_with(b"\xff\xd8"));
    assert_eq!(home.run(&["demo", "--home", "virtual"], b"").code, 1);
}

#[test]
fn the_demos_day_as_a_replay_loads_unloads_and_uses_the_cache() {
    let home = Program::new();
    fs::write(home.path("day.jsonl"), smart_home::demo::DAY).unwrap();
    let arguments = [
        "replay",
        "day.jsonl",
        "--json",
        "--max-resident",
        "6",
        "--detach-cached",
        "--stats",
    ];
    let run = home.run(&arguments, b"");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let lines = run.lines();
    let statistics = &lines.last().unwrap()["statistics"];
    for number in ["loads", "unloads", "bytes_reclaimed", "loads_avoided"] {
        assert!(
            statistics[number].as_u64().unwrap() > 0,
            "no {number}: {statistics}"
        );
    }
    assert!(statistics["cache"]["hits"].as_u64().unwrap() > 0);
    assert_eq!(statistics["failed_loads"], 0);
    assert_eq!(statistics["retirements"], 0);
    let errors: Vec<&str> = lines
        .iter()
        .filter_map(|line| line["error"].as_str())
        .collect();
    let bugs = errors
        .iter()
        .filter(|error| ["lmms", "panic", "INTERNAL_ERROR"].contains(error));
    assert_eq!(bugs.count(), 0, "{errors:?}");
    let unloaded: u64 = lines
        .iter()
        .flat_map(|line| line["unloaded"].as_array().into_iter().flatten())
        .map(|module| module["bytes"].as_u64().unwrap())
        .sum();
    assert_eq!(statistics["bytes_reclaimed"], unloaded);
}
