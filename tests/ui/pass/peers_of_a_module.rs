#![deny(warnings, missing_docs, unreachable_pub)]
#![forbid(unsafe_code)]
//! A module that calls others.
use lmms::{CallError, Context, Error, operation};
use lmms_tests::{Device, DeviceError};

lmms::module!();

lmms::gateway! {
    /// The peers this module calls.
    pub(crate) Peers { modules: ["*s"], interfaces: ["lights", "pictures"] }
}

/// Switches all lights on.
#[operation(interface = "scenes")]
fn wake_up(cx: &Context) -> Result<Device, String> {
    let lights: PeersLights<'_> = Peers::new(cx).lights();
    lights.turn_on("lamp", Some(100)).map_err(|error| error.to_string())
}

fn main() {
    let cx = Context::detached();
    let result: Result<Device, CallError<DeviceError>> = Peers::new(&cx).lights().turn_on("lamp", None);
    assert!(matches!(result.unwrap_err().as_lmms(), Some(Error::Detached)));
    assert!(Peers::new(&cx).lights().list().is_err());
    assert!(Peers::new(&cx).pictures().render(None, &[], None, Default::default()).is_err());
    assert!(wake_up(&cx).is_err());
}
