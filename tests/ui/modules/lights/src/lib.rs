//! Every way to pass an argument, and every kind of result.

use std::collections::BTreeMap;
use std::time::Duration;

use lmms::{Context, operation};
use lmms_tests::{Device, DeviceError};

lmms::module!();

/// Switches a device on.
///
/// ```
/// this would not compile in another crate
/// ```
#[operation(interface = "lights")]
fn turn_on(id: &str, brightness: Option<u8>) -> Result<Device, DeviceError> {
    let _ = (id, brightness);
    Err(DeviceError::Silent)
}

/// All devices.
#[operation(interface = "lights", name = "list", cache(ttl = "30s"))]
fn all_devices() -> Vec<Device> {
    Vec::new()
}

/// Dims several devices.
#[operation(interface = "lights", pinned)]
fn dim(cx: &Context, devices: &[Device], to: u8, within: Duration) {
    let _ = (cx, devices, to, within);
}

/// Stores a device.
#[operation(interface = "lights")]
fn store(device: Device, like: &Device, r#type: Option<&str>) -> bool {
    let _ = (device, like, r#type);
    true
}

/// The picture of a device's state.
#[operation(interface = "pictures", cache(ttl = "5m"))]
fn render(
    device: Option<&Device>,
    icon: &[u8],
    palette: Option<&[(u8, u8, u8)]>,
    labels: BTreeMap<String, [f32; 2]>,
) -> Result<Option<Vec<u8>>, String> {
    let _ = (device, icon, palette, labels);
    Ok(None)
}
