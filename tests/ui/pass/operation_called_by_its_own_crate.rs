#![deny(warnings)]
#![forbid(unsafe_code)]
use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
fn f(width: u32) -> u32 {
    width
}

#[operation(interface = "images")]
fn twice(width: u32) -> u32 {
    f(width) + f(width)
}

fn main() {}
