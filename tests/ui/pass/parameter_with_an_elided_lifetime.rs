#![deny(warnings)]
#![forbid(unsafe_code)]
use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
fn f(name: &'_ str, image: Option<&'_ [u8]>) -> usize {
    name.len() + image.map_or(0, <[u8]>::len)
}

fn main() {}
