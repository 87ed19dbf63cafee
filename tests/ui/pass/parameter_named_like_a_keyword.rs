#![deny(warnings)]
#![forbid(unsafe_code)]
use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
fn f(r#type: &str, r#match: u8) -> usize {
    r#type.len() + usize::from(r#match)
}

fn main() {}
