#![deny(warnings)]
#![allow(dead_code)]

pub struct Option;
pub struct Result;
pub struct String;
pub struct Vec;
pub mod core {}
pub mod std {}
pub mod lmms {}

::lmms::module!();

#[::lmms::operation(interface = "images", cache(ttl = "1s"))]
fn f(name: &str, image: &[u8]) -> usize {
    name.len() + image.len()
}

#[derive(::lmms::Portable)]
pub struct Size {
    pub width: u32,
}

#[derive(::lmms::Portable)]
pub enum Shape {
    Point,
    Circle(f64),
    Line { from: (f64, f64), to: (f64, f64) },
}

mod application {
    ::lmms::gateway! {
        /// The peers.
        pub(crate) Home { modules: ["lights"], interfaces: ["lights", "pictures"] }
    }
}

fn main() {}
