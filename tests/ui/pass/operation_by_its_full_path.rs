#![deny(warnings)]
#![forbid(unsafe_code)]


lmms::module!();

#[lmms::operation(interface = "images")]
fn f() {}

fn main() {}
