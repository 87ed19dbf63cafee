#![deny(warnings)]
#![forbid(unsafe_code)]
use lmms::operation;
use lmms_tests::{Device, DeviceError};

lmms::module!();

#[operation(interface = "images")]
fn nothing() {}

#[operation(interface = "images")]
fn unit() -> () {}

#[operation(interface = "images")]
fn value() -> Option<Device> {
    None
}

#[operation(interface = "images")]
fn fallible() -> Result<(), DeviceError> {
    Err(DeviceError::Silent)
}

#[operation(interface = "images")]
fn by_path() -> std::result::Result<Vec<Device>, String> {
    Ok(Vec::new())
}

fn main() {}
