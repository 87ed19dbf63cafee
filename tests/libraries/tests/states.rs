//! An application and a module that were built from different states of the types they share.

#![forbid(unsafe_code)]

use std::fs;

use lmms::{CallError, Error};
use lmms_library_tests::{Fixtures, modules};
use serde_json::Value;

#[test]
fn a_module_with_another_state_of_a_type_is_refused_at_load() {
    let fixtures = Fixtures::builder()
        .modules(modules())
        .background_sweeps(false)
        .open()
        .unwrap();
    let Err(CallError::Lmms(error)) = fixtures.stale().node() else {
        panic!("it was loaded");
    };
    let Error::SignatureMismatch {
        module, operation, ..
    } = &*error
    else {
        panic!("{error}");
    };
    assert_eq!((&**module, &**operation), ("stale", "stale.device"));
    assert!(error.to_string().contains("stale.device"), "{error}");
    assert!(!fixtures.is_resident("stale").unwrap());
}

#[test]
fn each_signature_that_leads_to_the_difference_has_another_fingerprint() {
    let manifest = fs::read(modules().join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let of_module = |module: &Value| module["name"] == "stale";
    let built = manifest["modules"].as_array().unwrap();
    let built = built.iter().find(|module| of_module(module)).unwrap();
    let built = built["operations"].as_array().unwrap();

    let registry = Fixtures::REGISTRY;
    let module = registry.module("stale").unwrap();
    let mut differ = Vec::new();
    for info in registry.operations_of(module) {
        let same = format!("{} {:016x}", info.full_name(), info.fingerprint());
        if !built.iter().any(|operation| operation == &same) {
            differ.push(info.name());
        }
    }
    assert_eq!(
        differ,
        ["device", "document", "forest", "grades", "hens", "node"]
    );
}
