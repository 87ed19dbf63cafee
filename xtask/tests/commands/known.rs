//! What `build-modules` and `inspect` say of well-known crates, which stand-ins of their names play.

use std::fs;

use serde_json::Value;

use crate::build::{build, inodes};
use crate::support::{Answer, Planted};

#[test]
fn known_crates_are_named_with_what_to_do() {
    let planted = Planted::kept();
    build(&planted, &[]);
    those_that_load_are_named_unless_there_is_a_shutdown_function(&planted);
    one_that_can_not_be_loaded_is_named_with_the_line_to_write(&planted);
}

/// One of each verdict that lets a module be loaded.
fn those_that_load_are_named_unless_there_is_a_shutdown_function(planted: &Planted) {
    let manifest = fs::read_to_string(planted.path("modules/sun/Cargo.toml")).unwrap();
    for name in ["ctrlc", "regex", "threadpool"] {
        stand_in(planted, name, "");
    }
    let report = report(&build(planted, &["sun"]));
    let advice = report["modules"][0]["advice"].as_array().unwrap();
    let field = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let named: Vec<_> = advice
        .iter()
        .map(|row| (field(row, "name"), field(row, "verdict")))
        .collect();
    let expected = [("ctrlc", "never"), ("threadpool", "shutdown")];
    assert_eq!(
        named,
        expected.map(|(name, verdict)| (name.to_owned(), verdict.to_owned())),
        "{report}"
    );
    let lines = [
        "handle signals in the application",
        "lmms::module!(shutdown = stop);",
    ];
    let inspected = planted.xtask(&["inspect", "sun"]).stdout;
    for (row, words) in advice.iter().zip(lines) {
        let line = field(row, "line");
        assert!(line.contains(words), "{line}");
        let told = format!(
            "{} 0.1.0: keeps {}; ",
            field(row, "name"),
            field(row, "keeps")
        );
        let told = inspected.lines().find(|line| line.contains(&told));
        assert!(
            told.is_some_and(|told| told.ends_with(&line)),
            "{inspected}"
        );
    }
    assert!(!inspected.contains("regex"), "{inspected}");

    let source = fs::read_to_string(planted.path("modules/sun/src/lib.rs")).unwrap();
    let source = source.replace(
        "lmms::module!();",
        "lmms::module!(shutdown = stop);\nfn stop() {}\n",
    );
    planted.write("modules/sun/src/lib.rs", &source);
    let report = self::report(&build(planted, &["sun"]));
    assert_eq!(report["modules"][0]["advice"], serde_json::json!([]));
    planted.module("sun", "set");
    planted.write("modules/sun/Cargo.toml", &manifest);
    build(planted, &[]);
}

/// A stand-in whose thread-locals find no room in a running process, unless its feature takes them away.
fn one_that_can_not_be_loaded_is_named_with_the_line_to_write(planted: &Planted) {
    let manifest = fs::read_to_string(planted.path("modules/sun/Cargo.toml")).unwrap();
    let before = inodes(planted);
    stand_in(
        planted,
        "tikv-jemallocator",
        "[build-dependencies]\ncc = \"1\"\n[features]\ndisable_initial_exec_tls = []\n",
    );
    planted.write(
        "stand-ins/tikv-jemallocator/build.rs",
        "//! Compiles the C code.\n#![forbid(unsafe_code)]\n\
         fn main() { cc::Build::new().file(\"room.c\").compile(\"room\"); }\n",
    );
    planted.write(
        "stand-ins/tikv-jemallocator/room.c",
        "static _Thread_local __attribute__((tls_model(\"initial-exec\"))) char room[65536];\n\
         char *take_room(void) { return room; }\n",
    );
    planted.append(
        "stand-ins/tikv-jemallocator/src/lib.rs",
        "unsafe extern \"C\" { fn take_room() -> *mut u8; }\n\
         /// Whether it has its thread-local.\npub fn has_room() -> bool {\n\
         #[cfg(feature = \"disable_initial_exec_tls\")] { true }\n\
         #[cfg(not(feature = \"disable_initial_exec_tls\"))] { !unsafe { take_room() }.is_null() }\n}\n",
    );
    let source = fs::read_to_string(planted.path("modules/sun/src/lib.rs")).unwrap();
    let source = source.replace("at + 1", "at + u32::from(tikv_jemallocator::has_room())");
    planted.write("modules/sun/src/lib.rs", &source);

    let answer = build(planted, &["sun"]);
    assert_eq!(answer.code, Some(1), "{}", answer.stderr);
    let line = "features = [\"disable_initial_exec_tls\"] }";
    for words in [
        "static TLS",
        "static-tls: it uses",
        "tikv-jemallocator 0.1.0: keeps",
        line,
    ] {
        assert!(answer.stderr.contains(words), "{words}: {}", answer.stderr);
    }
    assert_eq!(inodes(planted), before, "the last good library stands");
    let library = answer.stderr.split_once("the library ").unwrap().1;
    let library = library.split_once(" was built").unwrap().0;
    let inspected = planted.xtask(&["inspect", library]);
    assert_eq!(inspected.code, Some(1), "{}", inspected.stdout);
    for words in ["not loadable", "static-tls", line] {
        assert!(
            inspected.stdout.contains(words),
            "{words}: {}",
            inspected.stdout
        );
    }

    let with = fs::read_to_string(planted.path("modules/sun/Cargo.toml")).unwrap();
    let with = with.replace(
        "tikv-jemallocator\" }",
        &format!("tikv-jemallocator\", {line}"),
    );
    planted.write("modules/sun/Cargo.toml", &with);
    let answer = build(planted, &["sun"]);
    assert_eq!(answer.code, Some(0), "with the line: {}", answer.stderr);
    assert!(!answer.stdout.contains("not-loadable"), "{}", answer.stdout);
    planted.module("sun", "set");
    planted.write("modules/sun/Cargo.toml", &manifest);
    build(planted, &[]);
}

/// A package that bears the name of a well-known crate, for `sun` to depend on.
fn stand_in(planted: &Planted, name: &str, sections: &str) {
    let folder = format!("stand-ins/{name}");
    planted.package(&folder, "");
    planted.append(&format!("{folder}/Cargo.toml"), sections);
    planted.write(
        &format!("{folder}/src/lib.rs"),
        "//! Stands for a well-known crate.\n",
    );
    planted.append(
        "modules/sun/Cargo.toml",
        &format!("{name} = {{ path = \"../../{folder}\" }}\n"),
    );
}

fn report(answer: &Answer) -> Value {
    serde_json::from_str(&answer.stdout).expect(&answer.stderr)
}
