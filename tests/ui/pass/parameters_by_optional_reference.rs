#![deny(warnings)]
#![forbid(unsafe_code)]
use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
fn f(name: Option<&str>, image: Option<&[u8]>, size: std::option::Option<&(u32, u32)>) -> bool {
    name.is_some() && image.is_some() && size.is_some()
}

fn main() {}
