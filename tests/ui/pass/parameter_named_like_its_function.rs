#![deny(warnings)]
#![forbid(unsafe_code)]
use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
fn width(width: u32, context: u8, argument_0: u8) -> u32 {
    width + u32::from(context + argument_0)
}

fn main() {}
