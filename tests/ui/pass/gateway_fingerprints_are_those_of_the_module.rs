//! Module and application in one: both must compute the same.
use lmms::operation;
use lmms_tests::{Device, DeviceError};

lmms::module!();

/// As in the module `lights`.
#[operation(interface = "lights")]
fn turn_on(id: &str, brightness: Option<u8>) -> Result<Device, DeviceError> {
    let _ = (id, brightness);
    Err(DeviceError::Silent)
}

mod application {
    use lmms::__private::{Pass, Signature};
    use lmms::Portable;

    pub(crate) const TURN_ON: u64 = Signature::new("lights", "turn_on", false)
        .argument("id", Pass::Str, <String as Portable>::SHAPE)
        .argument("brightness", Pass::Copy, <Option<u8> as Portable>::SHAPE)
        .result(<Result<lmms_tests::Device, lmms_tests::DeviceError> as Portable>::SHAPE);
}

fn main() {
    let registrations: Vec<_> = lmms::__private::inventory::iter::<lmms::__private::Registration>().collect();
    assert_eq!(registrations.len(), 1);
    let shown = format!("{:?}", registrations[0]);
    assert!(shown.contains(&application::TURN_ON.to_string()), "{shown}");
}
