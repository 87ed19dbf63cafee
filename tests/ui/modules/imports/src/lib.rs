//! Imports whole modules, and has types that are more than paths.

use lmms::operation;
use lmms_tests::prelude::*;
use std::collections::*;

/// Half of what is padded.
const HALF: usize = 2;

lmms::module!();

#[operation(interface = "imports")]
fn devices(by_name: HashMap<String, Device>) -> Result<Vec<Device>> {
    Ok(by_name.into_values().collect())
}

#[operation(interface = "imports")]
fn digits(of: [u8; LENGTH], more: [u8; 2 * HALF]) -> Option<Digits<LENGTH>> {
    let _ = more;
    Some(Digits(of))
}

#[operation(interface = "imports")]
fn first(devices: &[Device]) -> Option<<Vec<Device> as IntoIterator>::Item> {
    devices.first().cloned()
}

#[operation(interface = "imports")]
fn reading(device: &Device) -> <Device as Sensor>::Reading {
    device.brightness
}
