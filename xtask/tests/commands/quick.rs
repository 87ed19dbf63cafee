//! Quick builds and builds for use: told apart by everything that looks at them, and the demo shows the better one
//! there is.

use std::fs;

use lmms::manifest::Manifest;
use serde_json::{Value, json};
use xtask::Profile::{self, Quick, Release};
use xtask::Workspace;
use xtask::modules::build;

use crate::support::{Answer, Planted};

#[test]
fn quick_builds_are_told_from_those_for_use() {
    let planted = Planted::kept();
    assert_eq!(first_look(&planted), [(Quick, "sun, thumbs".to_owned())]);

    let report = build(&planted, &["--profile", "quick"]);
    assert_eq!(report["quick"], json!(["sun", "thumbs"]));
    assert_eq!(profiles(&planted), [Quick, Quick]);
    assert_eq!(first_look(&planted), [(Quick, "sun, thumbs".to_owned())]);
    let again = build(&planted, &["--profile", "quick"]);
    assert_eq!(again["modules"][0]["replaced"], Value::Bool(false));
    assert!(notes(&planted).contains("sun, thumbs"));
    assert!(inspected(&planted, "sun").contains("quickly, for a first look"));

    let size = |name: &str| {
        let path = planted.path(&format!("target/lmms/modules/{name}.so"));
        fs::metadata(path).unwrap().len()
    };
    let quick_size = size("sun");
    let report = build(&planted, &["sun"]);
    assert_eq!(report["quick"], json!(["thumbs"]));
    assert_eq!(report["modules"][0]["replaced"], Value::Bool(true));
    assert!(size("sun") < quick_size, "that is no build for use");
    assert_eq!(profiles(&planted), [Release, Quick]);
    let both = [(Release, "sun".to_owned()), (Quick, "thumbs".to_owned())];
    assert_eq!(first_look(&planted), both);
    assert!(notes(&planted).contains(": thumbs;"));
    assert!(inspected(&planted, "sun").contains("for use"));

    // What has changed since is judged by the file of its own profile.
    planted.module("thumbs", "rise");
    assert_eq!(stale(&planted), ["thumbs"]);
    build(&planted, &["thumbs", "--profile", "quick"]);
    assert_eq!(stale(&planted), [""; 0]);
    planted.module("sun", "rise");
    assert_eq!(stale(&planted), ["sun"]);
    assert_eq!(first_look(&planted), [(Quick, "sun, thumbs".to_owned())]);

    let report = build(&planted, &[]);
    assert_eq!(report["quick"], json!([]));
    assert_eq!(profiles(&planted), [Release, Release]);
    assert_eq!(notes(&planted), "");
    let text = fs::read_to_string(planted.path(MANIFEST)).unwrap();
    assert!(!text.contains("profile"), "{text}");

    // Libraries of another toolchain are of no use.
    assert_eq!(first_look(&planted), [(Release, "sun, thumbs".to_owned())]);
    planted.write(MANIFEST, &text.replace(lmms::TOOLCHAIN, "rustc 1.0"));
    assert_eq!(first_look(&planted), [(Quick, "sun, thumbs".to_owned())]);
}

#[test]
fn the_demo_builds_quickly_what_is_not_there_and_shows_what_is() {
    let planted = Planted::kept();
    let members = "\"smart-home\", \"modules/*\"";
    planted.write(
        "Cargo.toml",
        &format!("[workspace]\nresolver = \"3\"\nmembers = [{members}]\n"),
    );
    planted.package("smart-home", "");
    let source = "//! Says how it was compiled and started.\n#![forbid(unsafe_code)]\nfn main() {\n    \
                  let how = if cfg!(debug_assertions) { \"quick\" } else { \"release\" };\n    \
                  println!(\"{how} {:?}\", std::env::args().skip(1).collect::<Vec<_>>());\n}\n";
    planted.write("smart-home/src/main.rs", source);
    let _ = fs::remove_file(planted.path("target/release/smart-home"));

    let demo = || planted.xtask(&["demo", "--", "--no-colours"]);
    let told = |answer: &Answer| answer.stderr.contains("The build was a quick one");
    let first = demo();
    assert_eq!(
        first.stdout, "quick [\"demo\", \"--no-colours\"]\n",
        "{}",
        first.stderr
    );
    assert!(told(&first), "{}", first.stderr);
    assert_eq!(profiles(&planted), [Quick, Quick]);

    build(&planted, &[]);
    planted.run("cargo", &["build", "--release", "-p", "smart-home"]);
    let better = demo();
    assert_eq!(better.stdout, "release [\"demo\", \"--no-colours\"]\n");
    assert!(!told(&better), "{}", better.stderr);
    assert_eq!(profiles(&planted), [Release, Release]);

    planted.write("smart-home/src/main.rs", source);
    let changed = demo();
    assert!(changed.stdout.starts_with("quick"), "{}", changed.stderr);
    assert_eq!(profiles(&planted), [Release, Release]);
}

const MANIFEST: &str = "target/lmms/modules/manifest.json";

fn build(planted: &Planted, arguments: &[&str]) -> Value {
    let answer = planted.xtask(&[&["build-modules", "--json"], arguments].concat());
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    serde_json::from_str(&answer.stdout).expect("a report")
}

/// What would be built for a first look: profiles, and the modules to build so.
fn first_look(planted: &Planted) -> Vec<(Profile, String)> {
    let workspace = Workspace::find(Some(&planted.path(""))).unwrap();
    let builds = build::for_a_first_look(&workspace).into_iter();
    builds
        .map(|options| (options.profile, options.modules.join(", ")))
        .collect()
}

/// How the modules are compiled by their manifest, which has `sun` and `thumbs`.
fn profiles(planted: &Planted) -> Vec<Profile> {
    let manifest = Manifest::read(&planted.path("target/lmms/modules")).expect("a manifest");
    let modules = manifest.modules.iter();
    modules.map(|module| module.profile).collect()
}

/// What the registry's check says beside problems.
fn notes(planted: &Planted) -> String {
    let answer = planted.xtask(&["check", "registry", "--no-build", "--json"]);
    let report: Value = serde_json::from_str(&answer.stdout).expect("a report");
    let notes = report["parts"][0]["notes"].as_array().expect("a list");
    let notes = notes.iter().filter_map(Value::as_str);
    notes.filter(|note| note.contains("quick builds")).collect()
}

/// The modules whose own sources have changed since they were built.
fn stale(planted: &Planted) -> Vec<String> {
    let problems = planted.check("registry").into_iter();
    let stale = problems.filter(|(code, text)| code == "stale" && text.contains("modules/"));
    let module = |(_, text): (String, String)| text.split(':').next().unwrap_or("").to_owned();
    stale.map(module).collect()
}

fn inspected(planted: &Planted, module: &str) -> String {
    let answer = planted.xtask(&["inspect", module]);
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    answer.stdout
}
