//! Through the built libraries, as users have them: `cargo lmms test` builds them first.
#![forbid(unsafe_code)]

use lmms::{CallError, UnloadOutcome};

use {{crate}}::App;

#[test]
fn the_module_is_loaded_when_it_is_asked_and_its_answers_outlive_it() {
    let app = App::builder().background_sweeps(false).open().unwrap();
    assert!(!app.is_resident("greetings").unwrap());

    assert_eq!(app.greetings().greet("Ann").unwrap(), "Hello, Ann!");
    assert!(app.is_resident("greetings").unwrap());

    let outcome = app.unload("greetings").unwrap();
    assert!(
        matches!(outcome, UnloadOutcome::Unloaded { .. }),
        "{outcome}"
    );
    assert_eq!(app.greetings().greet("Ann").unwrap(), "Hello, Ann!");
    assert!(
        !app.is_resident("greetings").unwrap(),
        "it was answered from the cache"
    );
}

#[test]
fn an_error_of_the_module_says_whose_it_is() {
    let app = App::builder().background_sweeps(false).open().unwrap();
    let error = app.greetings().greet("").unwrap_err();
    assert!(matches!(error, CallError::Operation(_)), "{error}");
}
