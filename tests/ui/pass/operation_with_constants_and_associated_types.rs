use lmms::operation;
use lmms_tests::prelude::*;

lmms::module!();

const HALF: usize = 2;

#[operation(interface = "imports")]
fn digits(of: [u8; LENGTH], more: [u8; 2 * HALF]) -> Digits<LENGTH> {
    assert_eq!(more.len(), 4);
    Digits(of)
}

#[operation(interface = "imports")]
fn reading(device: &Device) -> <Device as Sensor>::Reading {
    device.brightness
}

fn main() {
    assert_eq!(digits([1, 2, 3], [0; 4]), Digits([1, 2, 3]));
    let device = Device { id: String::new(), brightness: Some(5) };
    assert_eq!(reading(&device), Some(5));
}
