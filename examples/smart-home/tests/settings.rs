//! Every option of the program makes a difference: each is tried with and without.
#![forbid(unsafe_code)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use clap::CommandFactory;
use serde_json::{Value, json};
use smart_home::cli::Cli;

use support::{MODULES, Program};

/// What shows that an option makes a difference.
type Proof = fn();

/// By the commands' names for their options.
const PROOFS: [(&str, Proof); 27] = [
    ("--home", home_and_database),
    ("--database", home_and_database),
    ("--entities", entities),
    ("--modules", modules),
    ("--log", log),
    ("--max-resident", max_resident),
    ("--grace", grace),
    ("--detach-cached", detach_cached),
    ("invoke --stats", afterwards_of_invoke),
    ("invoke --explain", afterwards_of_invoke),
    ("invoke FILE", file),
    ("replay --clock", clock_and_speed),
    ("replay --speed", clock_and_speed),
    ("replay --start", start),
    ("replay --json", forms_of_a_replay),
    ("replay --responses", forms_of_a_replay),
    ("replay --save-to", saved_by_a_replay),
    ("replay --stats", afterwards_of_a_replay),
    ("replay --explain", afterwards_of_a_replay),
    ("replay FILE", file),
    ("call KWARGS", saved_by_a_call),
    ("call --save", saved_by_a_call),
    ("call --stats", afterwards_of_a_call),
    ("call --explain", afterwards_of_a_call),
    ("operations FILTER", forms_of_operations),
    ("operations --json", forms_of_operations),
    ("demo --explain", demo),
];

/// Options of which other tests show it: `commands.rs` for the demo's folder, everything for what a call is named by.
const SHOWN_ELSEWHERE: [&str; 3] = ["demo --save-to", "call INTERFACE", "call OPERATION"];

#[test]
fn every_option_makes_a_difference() {
    let proofs = BTreeMap::from(PROOFS);
    assert_eq!(proofs.len(), PROOFS.len());
    let mut options = options();
    options.retain(|option| !SHOWN_ELSEWHERE.contains(&option.as_str()));
    assert_eq!(options, proofs.keys().copied().collect::<Vec<_>>());
    let mut proven = proofs.into_values().collect::<Vec<_>>();
    proven.dedup_by(|one, other| std::ptr::fn_addr_eq(*one, *other));
    proven.iter().for_each(|prove| prove());
}

/// All options of the command line, sorted: those of all commands without a command's name.
fn options() -> Vec<String> {
    let command = Cli::command();
    let name = |argument: &clap::Arg| match argument.get_long() {
        Some(long) => format!("--{long}"),
        None => argument.get_id().as_str().to_uppercase(),
    };
    let mut options: Vec<String> = command.get_arguments().map(name).collect();
    for sub in command.get_subcommands() {
        let own = sub.get_arguments().map(name);
        options.extend(own.map(|option| format!("{} {option}", sub.get_name())));
    }
    options.sort();
    options
}

/// The answers to these lines, replayed.
fn replay(home: &Program, options: &[&str], lines: &[Value]) -> Vec<Value> {
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    let options = [&["replay", "-", "--json"], options].concat();
    let run = home.run(&options, lines.join("\n").as_bytes());
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    run.lines()
}

/// The modules that were unloaded, by the lines of a replay.
fn unloaded(lines: &[Value]) -> Vec<&str> {
    let unloaded = lines
        .iter()
        .flat_map(|line| line["unloaded"].as_array().into_iter().flatten());
    unloaded.filter_map(|one| one["module"].as_str()).collect()
}

/// Two calls, the first of which leaves a result in the cache for some minutes.
fn calls(seconds_between: u64) -> [Value; 2] {
    let at = json!({"date": "2026-03-18", "latitude": 52.52, "longitude": 13.405});
    [
        json!({"at": 0, "call": {"interface": "sun", "operation": "sunrise", "kwargs": at}}),
        json!({"at": seconds_between, "call": {"interface": "metrics", "operation": "get_stats"}}),
    ]
}

fn home_and_database() {
    for option in ["--database", "--home"] {
        let program = Program::plain();
        let value = match option {
            "--home" => "virtual:own.db",
            _ => "own.db",
        };
        let run = program.run(&["call", "devices", "list", option, value], b"");
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(Path::new(&program.path("own.db")).exists(), "{option}");
    }
}

fn entities() {
    let home = Program::new();
    fs::write(
        home.path("some.toml"),
        "[filter]\ninclude_domains = [\"lock\"]\n",
    )
    .unwrap();
    let list = |options: &[&str]| {
        let options = [&["call", "devices", "list"], options].concat();
        let devices = home.run(&options, b"").json();
        devices.as_array().map_or(0, Vec::len)
    };
    let (all, some) = (list(&[]), list(&["--entities", "some.toml"]));
    assert!(some > 0 && some < all, "{some} of {all}");
}

fn modules() {
    let home = Program::new();
    let folder = MODULES.to_string_lossy();
    let elsewhere = home.path("no-modules");
    let run = |options: &[&str]| {
        let options = [&["call", "metrics", "get_stats"], options].concat();
        home.run_with(Path::new(&elsewhere), &options, b"").code
    };
    assert_eq!((run(&[]), run(&["--modules", &folder])), (1, 0));
}

fn log() {
    let home = Program::new();
    let lines = |level: &str| {
        let run = home.run(&["call", "metrics", "get_stats", "--log", level], b"");
        run.stderr.lines().count()
    };
    assert_eq!(lines("off"), 0);
    assert!(lines("trace") > 0);
}

fn max_resident() {
    let home = Program::new();
    let idle = |count| replay(&home, &["--max-resident", count], &calls(3_600));
    assert!(unloaded(&idle("10")).is_empty());
    let calls = calls(3_600).map(|mut line| {
        line["call"] = json!({"interface": "metrics", "operation": "get_stats"});
        line
    });
    let none = replay(&home, &["--max-resident", "0"], &calls);
    assert!(unloaded(&none).contains(&"metrics"));
}

fn grace() {
    let home = Program::new();
    let calls = calls(3_600).map(|mut line| {
        line["call"] = json!({"interface": "metrics", "operation": "get_stats"});
        line
    });
    let after = |seconds| replay(&home, &["--max-resident", "0", "--grace", seconds], &calls);
    assert!(unloaded(&after("45")).contains(&"metrics"));
    assert!(unloaded(&after("7200")).is_empty());
}

fn detach_cached() {
    let home = Program::new();
    let options = ["--max-resident", "0", "--detach-cached"];
    let protected = replay(&home, &options[..2], &calls(120));
    assert!(!unloaded(&protected).contains(&"sun"), "{protected:?}");
    let detached = replay(&home, &options, &calls(120));
    assert!(unloaded(&detached).contains(&"sun"), "{detached:?}");
}

fn file() {
    let home = Program::new();
    fs::write(home.path("event.json"), "{\"health_check\": true}").unwrap();
    assert_eq!(
        home.run(&["invoke", "event.json"], b"").json()["statusCode"],
        200
    );
    let replayed = home.run(&["replay", "event.json", "--json"], b"").lines();
    assert_eq!(replayed.len(), 1);
}

fn told(options: &[&str], input: &str) -> [String; 3] {
    let home = Program::new();
    let run = |more: &[&str]| {
        let run = home.run(&[options, more].concat(), input.as_bytes());
        assert_eq!(run.code, 0, "{}", run.stderr);
        format!("{}{}", run.stdout, run.stderr)
    };
    [run(&[]), run(&["--stats"]), run(&["--explain", "charts"])]
}

fn check_told([plain, stats, explained]: [String; 3]) {
    let has_statistics =
        |text: &str| text.contains("modules resident") || text.contains("{\"statistics\":");
    assert!(
        !plain.contains("charts") && !has_statistics(&plain),
        "{plain}"
    );
    assert!(has_statistics(&stats), "{stats}");
    assert!(
        explained.contains("charts") && !has_statistics(&explained),
        "{explained}"
    );
}

fn afterwards_of_invoke() {
    check_told(told(&["invoke"], "{\"health_check\": true}"));
}

fn afterwards_of_a_replay() {
    check_told(told(&["replay", "-"], "{\"health_check\": true}"));
    check_told(told(&["replay", "-", "--json"], "{\"health_check\": true}"));
}

fn afterwards_of_a_call() {
    check_told(told(&["call", "metrics", "get_stats"], ""));
}

fn clock_and_speed() {
    let home = Program::new();
    let begun = std::time::Instant::now();
    let options = ["--clock", "real", "--speed", "36000"];
    let lines = replay(&home, &options, &calls(3_600));
    assert_eq!(lines.len(), 2);
    // An hour at that speed is a tenth of a second, which a simulated clock leaps over.
    let took = begun.elapsed().as_secs_f64();
    assert!((0.1..60.0).contains(&took), "{took} s");
}

fn start() {
    let home = Program::new();
    let lines = replay(&home, &["--start", "2001-02-03T04:05:06Z"], &calls(3_600));
    assert_eq!(lines[0]["at"], "2001-02-03T04:05:06.000Z");
}

fn forms_of_a_replay() {
    let home = Program::new();
    let text = home.run(&["replay", "-"], b"{\"health_check\": true}");
    assert!(text.stdout.contains("1 asked"), "{}", text.stdout);
    let event = [json!({"health_check": true})];
    assert_eq!(replay(&home, &[], &event)[0].get("response"), None);
    let told = replay(&home, &["--responses"], &event);
    assert_eq!(told[0]["response"]["statusCode"], 200);
}

fn saved_by_a_replay() {
    let home = Program::new();
    let call = json!({"interface": "metrics", "operation": "get_stats"});
    let line = [json!({"at": 0, "save": "stats.json", "call": call})];
    replay(&home, &["--save-to", "answers"], &line);
    assert!(
        fs::read_to_string(home.path("answers/stats.json"))
            .unwrap()
            .starts_with('{')
    );
}

fn saved_by_a_call() {
    let home = Program::new();
    let kwargs = "{\"text\": \"password=hunter2\"}";
    let run = home.run(
        &["call", "security", "redact", kwargs, "--save", "text"],
        b"",
    );
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{}", run.stderr);
    let text = fs::read_to_string(home.path("text")).unwrap();
    assert!(text.contains("redacted") && !text.contains('"'), "{text}");
}

fn forms_of_operations() {
    let home = Program::new();
    let all = home.run(&["operations", "--json"], b"").json();
    let some = home.run(&["operations", "sun", "--json"], b"").json();
    let count = |list: &Value| list.as_array().map_or(0, Vec::len);
    assert!(count(&some) > 0 && count(&some) < count(&all));
    assert!(!home.run(&["operations"], b"").stdout.starts_with('['));
}

fn demo() {
    let run = |options: &[&str]| {
        let options = [&["demo", "--save-to", "day"], options].concat();
        let run = Program::plain().run(&options, b"").stdout;
        run.split_once("Why is it loaded?")
            .map(|(_, why)| why.to_owned())
    };
    let why = run(&["--explain", "sun"]).unwrap();
    assert!(why.contains("sun") && !why.contains("images"), "{why}");
}
