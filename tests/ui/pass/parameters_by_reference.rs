#![deny(warnings)]
#![forbid(unsafe_code)]
use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
fn f(name: &str, image: &[u8], size: &(u32, u32), names: &[String], text: &String) -> usize {
    name.len() + image.len() + size.0 as usize + names.len() + text.len()
}

fn main() {}
