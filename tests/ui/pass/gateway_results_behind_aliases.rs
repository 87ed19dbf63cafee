#![deny(warnings)]
#![forbid(unsafe_code)]
#![allow(dead_code)]
//! An application.

use lmms::{CallError, Shared};
use lmms_tests::DeviceError;
use lmms_tests::named::own;

lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["outcomes"] }
}

fn calls(home: &Home) -> Result<(), Box<dyn std::error::Error>> {
    let outcomes = home.outcomes();
    let _: Result<u8, CallError<DeviceError>> = outcomes.aliased();
    let _: Result<Shared<u8>, CallError<DeviceError>> = outcomes.shared().aliased();
    let _: Result<u8, CallError<DeviceError>> = outcomes.pin()?.aliased();
    let _: Result<u8, CallError<DeviceError>> = outcomes.renamed();
    let _: Result<u8, CallError<String>> = outcomes.with_default();
    let _: Result<u8, CallError<String>> = outcomes.swapped();
    let _: Result<u8, CallError<String>> = outcomes.through_an_own_alias();
    let _: Result<u8, CallError<DeviceError>> = outcomes.by_core();
    let _: Result<own::Result, CallError> = outcomes.own();
    let _: Result<Option<u8>, CallError> = outcomes.maybe(None);
    Ok(())
}

fn main() {
    let operation = Home::REGISTRY.operation(Home::REGISTRY.find("outcomes", "maybe").unwrap());
    assert!(operation.parameters().all(|it| it.optional));
    assert_eq!(operation.result(), "Maybe<u8>");
}
