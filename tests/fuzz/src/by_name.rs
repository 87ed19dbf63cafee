//! Bytes as a call by name: `interface`, `operation` and arguments as JSON, a line each. Never a
//! panic, always an error that says what was wrong with which operation.
//!
//! No library is loaded: the arguments are read before that, and this gateway's manifest lists none.

#![forbid(unsafe_code)]

use std::sync::OnceLock;

use fixture_types::Everything;
use lmms::clock::ManualClock;
use lmms::{CallError, Error, Portable};
use lmms_library_tests::Fixtures;
use serde_json::Value;

fn gateway() -> &'static Fixtures {
    static GATEWAY: OnceLock<Fixtures> = OnceLock::new();
    GATEWAY.get_or_init(|| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/no-modules");
        let builder = Fixtures::builder().modules(folder).trust_shared_files(true);
        let builder = builder.cache_bytes(0).clock(ManualClock::new());
        builder.open().expect("a whole manifest")
    })
}

/// Calls what `input` names. `true`: the arguments fitted.
///
/// # Panics
/// When the answer is none that this call may have.
pub fn run(input: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(input) else {
        return false;
    };
    let mut lines = text.splitn(3, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (interface, operation, json) = (line(), line(), line());
    let Ok(kwargs) = serde_json::from_str::<Value>(json) else {
        return false;
    };
    let full_name = format!("{interface}.{operation}");
    let error = match gateway().execute_operation(interface, operation, kwargs.clone()) {
        Err(CallError::Lmms(error)) => *error,
        other => panic!("{full_name} can't be answered: {other:?}"),
    };
    match &error {
        Error::UnknownInterface {
            interface: name, ..
        } => assert_eq!(name, interface),
        Error::UnknownOperation {
            operation: name, ..
        } => assert_eq!(name, &full_name),
        Error::Arguments {
            operation: name,
            problem,
        } => {
            assert_eq!(name, &full_name);
            assert!(!problem.is_empty());
        }
        // There was nothing wrong with the call.
        Error::NotBuilt { .. } | Error::Backoff { .. } => {
            if full_name == "probe.echo" {
                there_and_back(kwargs["value"].clone());
            }
            return true;
        }
        other => panic!("{full_name}: {other:?}"),
    }
    assert!(!error.to_string().is_empty());
    false
}

/// What could be read can be written and read again, and says the same.
fn there_and_back(value: Value) {
    let read = Everything::from_json(value).expect("the call took it");
    let written = written(&read);
    match Everything::from_json(written.clone()) {
        Ok(again) => assert_eq!(self::written(&again), written),
        Err(error) => panic!("{error}: {written}"),
    }
}

/// As JSON, of which one set is in no order.
fn written(value: &Everything) -> Value {
    let mut json = value.to_json();
    if let Value::Array(names) = &mut json["names"] {
        names.sort_by_cached_key(Value::to_string);
    }
    json
}
