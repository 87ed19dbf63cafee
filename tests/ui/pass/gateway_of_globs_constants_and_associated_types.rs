//! An application whose module imports whole modules, and has types that are more than paths.
#![deny(warnings)]

use std::collections::HashMap;

use lmms::__private::{Pass, Signature};
use lmms::{CallError, Portable};
use lmms_tests::{Device, DeviceError, Digits};

lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["imports"] }
}

fn calls(home: &Home, device: &Device) -> Result<(), Box<dyn std::error::Error>> {
    let devices: Result<Vec<Device>, CallError<DeviceError>> = home.imports().devices(HashMap::new());
    let _: Option<Digits<3>> = home.imports().digits([1, 2, 3], [0; 4])?;
    let _: Option<Device> = home.imports().first(&devices?)?;
    let _: Option<u8> = home.imports().reading(device)?;
    Ok(())
}

fn main() {
    let of = |name| {
        let index = Home::REGISTRY.find("imports", name).unwrap();
        Home::REGISTRY.operation(index).fingerprint()
    };
    // As the module's compiler sees the same operations.
    let devices = Signature::new("imports", "devices", false)
        .argument("by_name", Pass::Copy, <HashMap<String, Device> as Portable>::SHAPE)
        .result(<Result<Vec<Device>, DeviceError> as Portable>::SHAPE);
    let digits = Signature::new("imports", "digits", false)
        .argument("of", Pass::Copy, <[u8; 3] as Portable>::SHAPE)
        .argument("more", Pass::Copy, <[u8; 4] as Portable>::SHAPE)
        .result(<Option<Digits<3>> as Portable>::SHAPE);
    let first = Signature::new("imports", "first", false)
        .argument("devices", Pass::Slice, <Device as Portable>::SHAPE)
        .result(<Option<Device> as Portable>::SHAPE);
    let reading = Signature::new("imports", "reading", false)
        .argument("device", Pass::Reference, <Device as Portable>::SHAPE)
        .result(<Option<u8> as Portable>::SHAPE);
    assert_eq!(["devices", "digits", "first", "reading"].map(of), [devices, digits, first, reading]);
    let _ = calls;
}
