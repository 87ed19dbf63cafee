//! `build-modules` and `inspect` on a small workspace with real libraries.
//!
//! It is one test, because every step starts from the libraries of the one before.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::thread;

use lmms::manifest::Manifest;
use serde_json::Value;
use xtask::{BuildOptions, Workspace, build_modules};

use crate::support::{Answer, Planted};

#[test]
fn the_life_of_some_modules() {
    let planted = Planted::kept();

    let first = build(&planted, &[]);
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    assert_eq!(replaced(&first), [("sun", true), ("thumbs", true)]);
    let manifest = manifest(&planted);
    assert_eq!(manifest.toolchain, lmms::TOOLCHAIN);
    for module in &manifest.modules {
        assert!(
            module.unload.safe && module.unload.findings.is_empty(),
            "{module:#?}"
        );
        let operations: Vec<_> = module
            .operations
            .iter()
            .map(|found| found.name.as_str())
            .collect();
        assert_eq!(operations, ["look"]);
    }
    assert_eq!(differences(&planted), []);
    inspecting_tells_what_is_in_it(&planted);

    let before = inodes(&planted);
    let second = build(&planted, &[]);
    assert_eq!(replaced(&second), [("sun", false), ("thumbs", false)]);
    assert_eq!(inodes(&planted), before, "nothing changed, so no file may");

    planted.module("sun", "rise");
    let some = build(&planted, &["sun"]);
    assert_eq!(replaced(&some), [("sun", true)]);
    assert_eq!(inodes(&planted)[1], before[1], "thumbs was not asked for");
    assert_eq!(
        differences(&planted),
        [],
        "the manifest keeps what it knew of thumbs"
    );

    a_module_that_does_not_compile_changes_nothing(&planted);
    a_library_that_differs_from_its_sources_changes_nothing(&planted);
    several_processes_take_turns(&planted);
    what_a_module_can_not_have_is_named_with_what_to_do(&planted);

    fs::remove_dir_all(planted.path("modules/thumbs")).unwrap();
    let last = build(&planted, &[]);
    let report: Value = serde_json::from_str(&last.stdout).unwrap();
    assert_eq!(report["removed"], serde_json::json!(["thumbs"]));
    assert!(!planted.path("target/lmms/modules/thumbs.so").exists());
    assert!(!planted.path("target/lmms/carriers/thumbs").exists());
    assert_eq!(differences(&planted), []);
}

#[test]
fn an_unknown_module_is_wrong_usage_and_named() {
    let answer = Planted::new().xtask(&["build-modules", "moon"]);
    assert_eq!(answer.code, Some(2));
    assert!(
        answer.stderr.contains("no module `moon`") && answer.stderr.contains("sun, thumbs"),
        "{}",
        answer.stderr
    );
}

#[test]
fn inspecting_something_else_is_an_error_that_says_so() {
    let planted = Planted::new();
    let answer = planted.xtask(&["inspect", "moon"]);
    assert_eq!(answer.code, Some(2), "{}", answer.stderr);
    let answer = planted.xtask(&["inspect", "sun"]);
    assert_eq!(answer.code, Some(1));
    assert!(
        answer.stderr.contains("`cargo xtask build-modules sun`"),
        "{}",
        answer.stderr
    );
    let answer = planted.xtask(&["inspect", "./Cargo.toml"]);
    assert_eq!(answer.code, Some(1));
    assert!(
        answer.stderr.contains("not a readable 64-bit ELF file"),
        "{}",
        answer.stderr
    );
}

#[test]
fn any_library_can_be_inspected_and_a_foreign_one_is_not_loaded() {
    let planted = Planted::new();
    let source = "#[unsafe(no_mangle)] pub extern \"C\" fn other() {}\n\
                  #[unsafe(link_section = \".init_array\")] #[used]\n\
                  static INIT: extern \"C\" fn() = { extern \"C\" fn end() { std::process::abort() } end };\n";
    planted.write("other.rs", source);
    planted.run(
        "rustc",
        &[
            "--crate-type=cdylib",
            "-Clink-arg=-Wl,-z,nodelete",
            "-o",
            "libother.so",
            "other.rs",
        ],
    );
    let answer = planted.xtask(&["inspect", "./libother.so", "--json"]);
    assert_eq!(answer.code, Some(1), "{}", answer.stderr);
    let found: Value = serde_json::from_str(&answer.stdout).unwrap();
    let codes: Vec<&str> = found["unload"]["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["entry", "nodelete", "extra-exports"]);
    assert!(
        found["problem"].as_str().unwrap().contains("not a module"),
        "{found}"
    );
}

fn inspecting_tells_what_is_in_it(planted: &Planted) {
    let answer = planted.xtask(&["inspect", "sun", "--json"]);
    assert_eq!(answer.code, Some(0), "{}{}", answer.stdout, answer.stderr);
    let found: Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(found["listed"], Value::Bool(true));
    assert_eq!(
        found["elf"]["exports"],
        serde_json::json!(["lmms_module_sun"])
    );
    assert_eq!(found["description"]["operations"][0]["interface"], "sun");
    let answer = planted.xtask(&["inspect", "sun"]);
    assert!(answer.stdout.contains("unloads: yes"), "{}", answer.stdout);
}

fn a_module_that_does_not_compile_changes_nothing(planted: &Planted) {
    let before = inodes(planted);
    planted.append(
        "modules/sun/src/lib.rs",
        "fn broken() -> u32 { \"text\" }\n",
    );
    let answer = build(planted, &[]);
    assert_eq!(answer.code, Some(1), "{}", answer.stderr);
    assert!(
        answer.stderr.contains("mismatched types"),
        "{}",
        answer.stderr
    );
    assert!(
        answer.stderr.contains("because of sun"),
        "{}",
        answer.stderr
    );
    assert_eq!(inodes(planted), before);
    planted.module("sun", "rise");
}

/// A build script decides conditions that gateways decide by `Cargo.toml`.
fn a_library_that_differs_from_its_sources_changes_nothing(planted: &Planted) {
    let before = inodes(planted);
    planted.write(
        "modules/sun/build.rs",
        "//! Switches on a feature behind cargo's back.\n#![forbid(unsafe_code)]\n\
         fn main() { println!(\"cargo::rustc-cfg=feature=\\\"extra\\\"\"); }\n",
    );
    planted.append(
        "modules/sun/src/lib.rs",
        "#[cfg(feature = \"extra\")] #[operation(interface = \"sun\")] fn added() {}\n\
         #[cfg(not(feature = \"extra\"))] #[operation(interface = \"sun\")] fn lost() {}\n\
         #[cfg(feature = \"extra\")] #[operation(interface = \"sun\")] fn set(at: u16) -> u8 { at as u8 }\n\
         #[cfg(not(feature = \"extra\"))] #[operation(interface = \"sun\")] fn set(at: u8) -> u8 { at }\n",
    );
    let answer = build(planted, &[]);
    assert_eq!(answer.code, Some(1), "{}", answer.stderr);
    let rows: Vec<String> = answer
        .stderr
        .lines()
        .filter(|line| line.contains("sun."))
        .map(|line| {
            let words: Vec<_> = line.split_whitespace().collect();
            words.join(" ")
        })
        .collect();
    assert_eq!(
        rows,
        [
            "sun.added not there ()",
            "sun.lost () not there",
            "sun.set (at: u8) -> u8 (at: u16) -> u8"
        ],
        "{}",
        answer.stderr
    );
    for part in ["module `sun`", "build script", "opposite conditions"] {
        assert!(answer.stderr.contains(part), "{}", answer.stderr);
    }
    assert_eq!(inodes(planted), before);
    fs::remove_file(planted.path("modules/sun/build.rs")).unwrap();
    planted.module("sun", "rise");
}

fn what_a_module_can_not_have_is_named_with_what_to_do(planted: &Planted) {
    let allocator = "#[global_allocator]\nstatic HEAP: std::alloc::System = std::alloc::System;\n";
    planted.append("modules/sun/src/lib.rs", allocator);
    let answer = build(planted, &[]);
    assert_eq!(answer.code, Some(1), "{}", answer.stderr);
    for words in [
        "because of sun",
        "`sun` sets a `#[global_allocator]`",
        "Remove that line",
    ] {
        assert!(answer.stderr.contains(words), "{}", answer.stderr);
    }
    planted.module("sun", "set");

    let manifest = fs::read_to_string(planted.path("modules/sun/Cargo.toml")).unwrap();
    planted.append(
        "modules/sun/Cargo.toml",
        "[lib]\ncrate-type = [\"cdylib\"]\n",
    );
    let answer = build(planted, &[]);
    assert_eq!(answer.code, Some(1), "{}", answer.stderr);
    for words in ["the module `sun`", "crate-type", "modules/sun/Cargo.toml"] {
        assert!(answer.stderr.contains(words), "{}", answer.stderr);
    }
    planted.write("modules/sun/Cargo.toml", &manifest);
}

/// Through the library, as tests of other crates use it, and while the program runs too.
fn several_processes_take_turns(planted: &Planted) {
    planted.module("sun", "set");
    thread::scope(|scope| {
        let process = scope.spawn(|| build(planted, &[]));
        let here = scope.spawn(|| {
            let workspace = Workspace::find(Some(&planted.path(""))).unwrap();
            let quiet = BuildOptions {
                quiet: true,
                ..BuildOptions::default()
            };
            build_modules(&workspace, &quiet).map(|report| report.modules.len())
        });
        let answer = process.join().unwrap();
        assert_eq!(answer.code, Some(0), "{}", answer.stderr);
        assert_eq!(here.join().unwrap().unwrap(), 2);
    });
    assert_eq!(differences(planted), []);
}

/// What the registry's check finds, except that somebody works on `lmms` while the tests run.
fn differences(planted: &Planted) -> Vec<(String, String)> {
    let mut problems = planted.check("registry");
    problems.retain(|(code, text)| code != "stale" || text.contains("modules/"));
    problems
}

pub(crate) fn build(planted: &Planted, modules: &[&str]) -> Answer {
    planted.xtask(&[&["build-modules", "--json"], modules].concat())
}

fn replaced(answer: &Answer) -> Vec<(&'static str, bool)> {
    let report: Value = serde_json::from_str(&answer.stdout).expect("a report");
    let modules = report["modules"].as_array().expect("a list of modules");
    modules
        .iter()
        .map(|module| {
            let name = if module["name"] == "sun" {
                "sun"
            } else {
                "thumbs"
            };
            (name, module["replaced"].as_bool().expect("true or false"))
        })
        .collect()
}

fn manifest(planted: &Planted) -> Manifest {
    Manifest::read(&planted.path("target/lmms/modules")).expect("a manifest")
}

/// A file that is replaced gets another inode; one that is left alone keeps it.
pub(crate) fn inodes(planted: &Planted) -> [u64; 2] {
    ["sun.so", "thumbs.so"].map(|name| {
        let path = planted.path(&format!("target/lmms/modules/{name}"));
        fs::metadata(path).expect("the library exists").ino()
    })
}
