#![deny(warnings)]
#![forbid(unsafe_code)]
#![allow(dead_code)]
//! An application.
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use lmms::{CallError, Error};
use lmms_tests::{Device, DeviceError};

lmms::gateway! {
    /// A gateway.
    pub(crate) Home { modules: ["lights", "sensors"] }
}

fn calls(home: &Home, device: Device) -> Result<(), Box<dyn std::error::Error>> {
    let lamp: Result<Device, CallError<DeviceError>> = home.lights().turn_on("lamp", Some(50));
    match lamp {
        Ok(device) => drop(device),
        Err(CallError::Operation(DeviceError::Unknown(id))) => drop(id),
        Err(other) => return Err(other.into()),
    }
    let devices: Result<Vec<Device>, CallError<Infallible>> = home.lights().list();
    home.lights().dim(&devices?, 10, Duration::from_secs(2))?;
    let _: bool = home.lights().store(device.clone(), &device, Some("lamp"))?;
    let _: f64 = home.lights().warmth("lamp")?;
    home.pictures().render(Some(&device), &[1, 2], Some(&[(1, 2, 3)]), BTreeMap::new())?;

    let devices: lmms::Shared<Vec<Device>> = home.lights().shared().list()?;
    let _: &[Device] = &devices.clone();
    let pictures: HomePicturesShared<'_> = home.pictures().shared();
    let picture: Result<lmms::Shared<Option<Vec<u8>>>, CallError<String>> =
        pictures.render(Some(&device), &[1, 2], None, BTreeMap::new());
    let _: Option<usize> = picture?.as_ref().map(Vec::len);

    let pinned: HomeLightsPinned<'_> = home.lights().pin()?;
    for _ in 0..3 {
        let _ = pinned.list()?;
        let _ = pinned.warmth("lamp")?;
        pinned.dim(&[], 10, Duration::ZERO)?;
    }
    let guard: lmms::OwnedGuard = home.pictures().pin_owned()?;
    std::thread::spawn(move || drop(guard)).join().unwrap();

    let handle: HomeLights<'_> = home.lights();
    let copied = handle;
    let _ = (handle.list()?, copied.list()?);
    Ok(())
}

fn main() {
    let error = Home::builder().modules("no/such/folder").open().unwrap_err();
    assert!(matches!(error, Error::Manifest(_)), "{error}");
}
