#![deny(warnings)]
#![allow(unexpected_cfgs)]
#![forbid(unsafe_code)]
use lmms::operation;

lmms::module!();

#[cfg(feature = "never")]
#[operation(interface = "images", name = "f")]
fn f() {}

#[cfg(not(feature = "never"))]
#[operation(interface = "images", name = "f")]
fn g() {}

fn main() {}
