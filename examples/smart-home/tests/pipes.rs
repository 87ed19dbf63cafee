//! A replay that somebody writes while it runs.
#![forbid(unsafe_code)]

mod support;

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use support::{MODULES, directive};

#[test]
fn each_line_is_answered_before_the_next_one_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut replay = Command::new(env!("CARGO_BIN_EXE_smart-home"))
        .args(["replay", "-", "--json", "--responses", "--database"])
        .arg(folder.path().join("home.db"))
        .env("LMMS_MODULES", MODULES.as_path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = replay.stdin.take().unwrap();
    let mut answers = BufReader::new(replay.stdout.take().unwrap()).lines();
    let dated = |at: &str, event: Value| json!({"at": at, "event": event});
    let on = |name| directive("PowerController", name, Some("light.hallway"), json!({}));
    for (line, time) in [
        (on("TurnOn"), None),
        (
            dated("2026-03-18T07:00:00Z", on("TurnOff")),
            Some("2026-03-18T07:00:00.000Z"),
        ),
        (dated("9999-03-18T07:00:00Z", on("TurnOff")), None),
        (
            dated("2026-03-18T07:00:05Z", on("TurnOn")),
            Some("2026-03-18T07:00:05.000Z"),
        ),
    ] {
        writeln!(lines, "{line}").unwrap();
        let answer: Value = serde_json::from_str(&answers.next().unwrap().unwrap()).unwrap();
        if line["at"].as_str().is_some_and(|at| at.starts_with("9999")) {
            assert!(
                answer.to_string().contains("2199") || answer.to_string().contains("year"),
                "{answer}"
            );
            continue;
        }
        let response = &answer["response"];
        assert_eq!(response["event"]["header"]["name"], "Response", "{answer}");
        if let Some(time) = time {
            let sample = &response["context"]["properties"][0]["timeOfSample"];
            assert_eq!(sample, time, "{answer}");
        }
    }
    drop(lines);
    assert!(answers.next().is_none_or(|rest| rest.is_ok()));
    assert_eq!(
        replay.wait().unwrap().code(),
        Some(1),
        "a line was malformed"
    );
}
