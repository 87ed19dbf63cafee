//! Names that callers write, and what they are told of wrong ones.

#![forbid(unsafe_code)]

use lmms::policy::Policy;
use lmms::{CallError, Error};
use serde_json::json;

use crate::fake::Stage;

#[test]
fn calls_by_name_check_their_arguments() {
    let stage = Stage::new(Policy::default());
    let call = |interface: &str, operation: &str, kwargs| {
        lmms::__private::by_name(&stage.fakes, interface, operation, kwargs)
    };
    assert_eq!(
        call("m07", "double", json!({ "number": 21 })).unwrap(),
        json!(42)
    );
    let message = |result: Result<_, CallError<serde_json::Value>>| result.unwrap_err().to_string();
    assert_eq!(
        message(call("m07", "dubble", json!({}))),
        "no operation `m07.dubble`; did you mean `m07.double`?"
    );
    assert_eq!(
        message(call("m07", "double", json!({}))),
        "arguments of `m07.double`: `number` is missing"
    );
    assert_eq!(
        message(call("m07", "double", json!({ "number": -1 }))),
        "arguments of `m07.double`: at `number`: expected u64, found -1"
    );
    assert_eq!(
        message(call("m07", "double", json!({ "number": 1, "base": 2 }))),
        "arguments of `m07.double`: there is no `base`; it takes number"
    );
    assert!(message(call("m07", "double", json!([1]))).contains("an object of arguments"));
}

#[test]
fn a_module_that_came_after_the_program_is_told_from_a_misspelled_one() {
    let stage = Stage::new(Policy::default());
    stage.scripts.lock().unwrap().entry("newcomer").or_default();
    let asked = |module: &str| stage.fakes.explain(module).unwrap_err().to_string();
    let late = asked("newcomer");
    assert!(
        late.contains("has `newcomer`, which this program doesn't know: if its gateway should")
            && late.contains("build the program again"),
        "{late}"
    );
    assert!(asked("m99").starts_with("no module `m99`; there are m00"));
    let error = lmms::__private::by_name(&stage.fakes, "newcomer", "call", json!({})).unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("also has `newcomer`, which this program doesn't know"),
        "{error}"
    );
    // It may be another program's: a likely spelling is said alone.
    let error = lmms::__private::by_name(&stage.fakes, "m07", "dubble", json!({})).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no operation `m07.dubble`; did you mean `m07.double`?"
    );
}

#[test]
fn unknown_modules_are_named() {
    let stage = Stage::new(Policy::default());
    let error = stage.fakes.explain("m99").unwrap_err();
    assert!(matches!(error, Error::UnknownModule { .. }), "{error}");
    assert!(error.to_string().contains("m00, m01"), "{error}");
}
