//! Results under every name.

use lmms::operation;
use lmms_tests::named::{Maybe, Outcome, Outcome as Result, Swapped, own};
use lmms_tests::DeviceError;

lmms::module!();

type Id<T> = T;

#[operation(interface = "outcomes", cache(ttl = "1s"))]
fn aliased() -> Outcome<u8> {
    Ok(1)
}

#[operation(interface = "outcomes")]
fn renamed() -> Result<u8> {
    Err(DeviceError::Silent)
}

#[operation(interface = "outcomes")]
fn with_default() -> Result<u8, String> {
    Ok(1)
}

#[operation(interface = "outcomes")]
fn swapped() -> Swapped<String, u8> {
    Ok(1)
}

#[operation(interface = "outcomes")]
fn through_an_own_alias() -> Id<std::result::Result<u8, String>> {
    Ok(1)
}

#[operation(interface = "outcomes")]
fn by_core() -> core::result::Result<u8, DeviceError> {
    Ok(1)
}

#[operation(interface = "outcomes")]
fn own() -> own::Result {
    own::Result { code: 1 }
}

#[operation(interface = "outcomes")]
fn maybe(width: Maybe<u8>) -> Maybe<u8> {
    width
}
