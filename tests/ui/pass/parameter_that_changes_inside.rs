#![deny(warnings)]
#![forbid(unsafe_code)]
use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
fn f(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}

fn main() {}
