#![deny(warnings)]
#![forbid(unsafe_code)]
use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
#[rustfmt::skip]
fn f(a: i8, b: i16, c: i32, d: i64, e: i128, f: isize, g: u128, h: usize, i: f32, j: f64, k: bool, l: char) -> bool {
    let _ = (a, b, c, d, e, f, g, h, i, j, l);
    k
}

fn main() {}
