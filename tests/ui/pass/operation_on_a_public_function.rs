#![deny(warnings)]
#![forbid(unsafe_code)]
use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
pub fn f() {}

#[operation(interface = "images")]
pub(crate) const fn g() -> u8 {
    1
}

fn main() {}
