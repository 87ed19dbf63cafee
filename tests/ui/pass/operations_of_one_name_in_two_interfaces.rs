#![deny(warnings)]
#![forbid(unsafe_code)]
use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
fn f() {}

#[operation(interface = "pictures", name = "f")]
fn g() {}

fn main() {}
