//! What somebody does who has never seen this repository: a project of their own, in a folder elsewhere.
//!
//! Its path has a blank and a letter that is not ASCII. What cargo compiles for it is kept for the next run.

#![forbid(unsafe_code)]

mod support;

use serde_json::Value;

use support::{Newcomer, Project};

/// One test, since every step goes on from the one before; and two would wait for each other's builds.
#[test]
fn from_nothing_to_an_answer_and_on() {
    let newcomer = Newcomer::new();
    let project = newcomer.project("my-app", &[]);

    assert_eq!(project.answers(&["run"]), "Hello, world!\n");
    let greeting = project.answers(&["run", "--", "hello", "Ann Özil"]);
    assert_eq!(greeting, "Hello, Ann Özil!\n");

    project.replace(
        "modules/greetings/src/lib.rs",
        "Hello, {name}!",
        "Servus, {name}!",
    );
    assert_eq!(project.answers(&["run"]), "Servus, world!\n");
    // Tests see it as well, which is why they fail.
    let failed = project.lmms(&["test"]);
    assert_eq!(failed.code, Some(1), "{}", failed.stdout);
    project.replace(
        "modules/greetings/src/lib.rs",
        "Servus, {name}!",
        "Hello, {name}!",
    );

    let made = project.answers(&["new-module", "word-counts", "--json"]);
    let made: Value = serde_json::from_str(&made).unwrap();
    assert_eq!(
        made["files"],
        serde_json::json!(["Cargo.toml", "src/lib.rs"])
    );
    assert_eq!(
        made["notes"],
        serde_json::json!([]),
        "it is served as it is"
    );
    let counted = [
        "run",
        "--",
        "call",
        "word_counts",
        "count_words",
        r#"{"text": "one two"}"#,
    ];
    assert_eq!(project.answers(&counted), "2\n");

    let tests = project.answers(&["test"]);
    for test in [
        "somebody_is_greeted_and_nobody_is_not ... ok",
        "the_module_is_loaded_when_it_is_asked_and_its_answers_outlive_it ... ok",
        "words_are_counted_whatever_is_between_them ... ok",
    ] {
        assert!(tests.contains(test), "{test}: {tests}");
    }
    what_is_there_can_be_looked_at(&project);
    what_is_packed_runs_anywhere(&newcomer, &project);
    names_that_can_not_be_are_refused(&project);

    project.answers(&["clean"]);
    assert!(!newcomer.built("lmms/modules").exists());
    let program = project.run(&newcomer.built("debug/my-app"), &[]);
    assert_eq!(program.code, Some(1), "{}", program.stdout);
    for part in [
        "debug/modules",
        "lmms/modules",
        "LMMS_MODULES",
        "cargo lmms build",
    ] {
        assert!(program.stderr.contains(part), "{part}: {}", program.stderr);
    }

    let service = newcomer.project("my-service", &["--template", "service"]);
    let request =
        r#"{"interface": "greetings", "operation": "greet", "arguments": {"name": "Ann"}}"#;
    let answer = service.answers(&["run", "--", "ask", request]);
    assert_eq!(answer, "{\"result\":\"Hello, Ann!\"}\n");
    let tests = service.answers(&["test"]);
    let test = "what_is_wrong_is_answered_and_the_connection_goes_on ... ok";
    assert!(tests.contains(test), "{tests}");
}

fn what_is_there_can_be_looked_at(project: &Project<'_>) {
    let found: Value =
        serde_json::from_str(&project.answers(&["inspect", "greetings", "--json"])).unwrap();
    assert_eq!(found["unload"]["safe"], true, "{found}");
    assert_eq!(found["listed"], true, "{found}");
    let operations: Value =
        serde_json::from_str(&project.answers(&["operations", "--json"])).unwrap();
    let names = operations.as_array().unwrap().iter();
    let names: Vec<_> = names.map(|operation| operation["name"].as_str()).collect();
    assert_eq!(names, [Some("greet"), Some("count_words")]);
    let checked = project.answers(&["check", "--no-build"]);
    assert_eq!(checked.matches("holds").count(), 3, "{checked}");
    let healthy: Value = serde_json::from_str(&project.answers(&["doctor", "--json"])).unwrap();
    let checks = healthy["checks"].as_array().unwrap();
    let names: Vec<_> = checks
        .iter()
        .map(|check| check["name"].as_str().unwrap())
        .collect();
    for name in ["toolchain", "linker", "membarrier", "modules folder"] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
}

/// Compiled fast: how well it is compiled makes no difference to where modules are found.
fn what_is_packed_runs_anywhere(newcomer: &Newcomer, project: &Project<'_>) {
    let pack = || {
        let told = project.answers(&["package", "--tar", "--profile", "dev"]);
        assert!(told.contains("quick builds: greetings"), "{told}");
        std::fs::read(newcomer.built("lmms/packages/my-app.tar.gz")).unwrap()
    };
    let archive = pack();
    assert!(archive == pack(), "another archive of the same files");
    let elsewhere = newcomer.unpacked(&archive);
    let program = elsewhere.path().join("my-app/my-app");
    let answer = project.run(&program, &["hello", "Ann"]);
    assert_eq!(answer.stdout, "Hello, Ann!\n", "{}", answer.stderr);
    // Its own modules, not those that it was built with.
    std::fs::remove_file(elsewhere.path().join("my-app/modules/greetings.so")).unwrap();
    let answer = project.run(&program, &["hello", "Ann"]);
    assert_eq!(answer.code, Some(1), "{}", answer.stdout);
    assert!(
        answer.stderr.contains("my-app/modules/greetings.so"),
        "{}",
        answer.stderr
    );
}

fn names_that_can_not_be_are_refused(project: &Project<'_>) {
    for (arguments, part) in [
        (["new-module", "async"], "keyword"),
        (["new-module", "word_counts"], "`word-counts`"),
        (["new-module", "serde"], "depends on a package `serde`"),
        (["new-module", "sweep"], "sweep"),
        (["new", "my app"], "`my-app` would do"),
        (["new", "src"], "already exists"),
        (["inspect", "weather"], "no module `weather`"),
    ] {
        let answer = project.lmms(&arguments);
        assert_eq!(answer.code, Some(2), "{arguments:?}: {}", answer.stderr);
        assert!(
            answer.stderr.contains(part),
            "{arguments:?}: {}",
            answer.stderr
        );
    }
    assert_eq!(project.files("modules"), ["greetings", "word-counts"]);
}
