#![deny(warnings)]
#![forbid(unsafe_code)]
use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
#[inline(never)]
#[must_use]
fn f() -> u8 {
    1
}

fn main() {}
