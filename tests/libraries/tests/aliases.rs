//! What an operation returns is told by its type, whatever name the type goes by.

#![forbid(unsafe_code)]

use fixture_types::{ProbeError, named};
use lmms::{CallError, Shared};
use lmms_library_tests::{Fixtures, modules};
use serde_json::json;

fn open() -> Fixtures {
    let builder = Fixtures::builder().modules(modules());
    builder
        .background_sweeps(false)
        .open()
        .expect("the fixtures are built")
}

fn refused(reason: &str) -> ProbeError {
    ProbeError::Refused {
        reason: reason.to_owned(),
    }
}

#[test]
fn a_result_behind_an_alias_has_one_kind_of_error() {
    let fixtures = open();
    let aliases = fixtures.aliases();
    let pinned = aliases.pin().unwrap();
    let answers: [Result<u32, CallError<ProbeError>>; 4] = [
        aliases.outcome("busy"),
        aliases.swapped("busy"),
        aliases.renamed("busy"),
        pinned.outcome("busy"),
    ];
    for answer in answers {
        assert!(
            matches!(&answer, Err(CallError::Operation(error)) if *error == refused("busy")),
            "{answer:?}"
        );
    }
    assert_eq!(aliases.outcome("").unwrap(), 1);
    assert_eq!(aliases.swapped("").unwrap(), 1);
}

#[test]
fn a_failure_behind_an_alias_is_a_failure_by_name_too() {
    let fixtures = open();
    let call = |operation: &str, reason: &str| {
        fixtures.execute_operation("aliases", operation, json!({ "reason": reason }))
    };
    for operation in ["outcome", "swapped", "renamed"] {
        assert_eq!(call(operation, "").unwrap(), json!(1), "{operation}");
        let answer = call(operation, "busy");
        let expected = json!({ "Refused": { "reason": "busy" } });
        assert!(
            matches!(&answer, Err(CallError::Operation(error)) if *error == expected),
            "{operation}: {answer:?}"
        );
    }
}

#[test]
fn what_is_only_called_a_result_is_a_value() {
    let fixtures = open();
    let own: named::own::Result = fixtures.aliases().own("it is").unwrap();
    assert_eq!(own.reason, "it is");
    let by_name = fixtures.execute_operation("aliases", "own", json!({ "reason": "it is" }));
    assert_eq!(by_name.unwrap(), json!({ "reason": "it is" }));
}

#[test]
fn an_option_behind_an_alias_may_be_left_out() {
    let fixtures = open();
    assert_eq!(fixtures.aliases().maybe(None).unwrap(), None);
    let call = |arguments| fixtures.execute_operation("aliases", "maybe", arguments);
    assert_eq!(call(json!({})).unwrap(), json!(null));
    assert_eq!(call(json!({ "reason": "four" })).unwrap(), json!(4));
    let registry = Fixtures::REGISTRY;
    let maybe = registry.operation(registry.find("aliases", "maybe").unwrap());
    let optional: Vec<bool> = maybe.parameters().map(|it| it.optional).collect();
    assert_eq!(optional, [true]);
}

#[test]
fn an_error_behind_an_alias_is_not_cached() {
    let fixtures = open();
    let aliases = fixtures.aliases();
    let runs = [(); 2].map(|()| aliases.recalled("nobody").unwrap_err().to_string());
    assert_ne!(runs[0], runs[1], "each time it ran again");
    let kept = aliases.recalled("ann").unwrap();
    assert_eq!(aliases.recalled("ann").unwrap(), kept);

    let shared: Shared<u64> = aliases.shared().recalled("ann").unwrap();
    assert_eq!(*shared, kept);
    assert!(shared.is(&aliases.shared().recalled("ann").unwrap()));
    let failed = aliases.shared().recalled("nobody");
    assert!(
        matches!(
            failed,
            Err(CallError::Operation(ProbeError::Refused { .. }))
        ),
        "{failed:?}"
    );
}

#[test]
fn modules_see_a_result_behind_an_alias_too() {
    let fixtures = open();
    let relay = fixtures.relay();
    let failed = relay.outcome_far("busy");
    assert!(
        matches!(&failed, Err(CallError::Operation(error)) if *error == refused("busy")),
        "{failed:?}"
    );
    let first = relay.outcome_far("").unwrap();
    assert_eq!(
        relay.outcome_far("").unwrap(),
        first,
        "the second part is cached"
    );
}
