#![deny(warnings)]
#![forbid(unsafe_code)]
use lmms::{Context, operation};

lmms::module!();

use lmms as framework;

#[operation(interface = "images")]
fn f(cx: &Context) -> u64 {
    cx.unix_time().as_secs()
}

#[operation(interface = "images")]
fn g(_: &framework::Context, width: u32) -> u32 {
    width
}

fn main() {}
