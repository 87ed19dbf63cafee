//! A module that defines its types itself.

use lmms::{Portable, operation};

pub mod deep;

lmms::module!();

/// A picture.
#[derive(Portable)]
pub struct Picture<S = u32> {
    /// Its size.
    pub size: S,
    /// Its colour, if it has one.
    pub colour: Option<Colour>,
    parts: Vec<Self>,
    /// What is on it.
    pub shapes: Vec<deep::r#in::Shape>,
}

/// A colour.
#[derive(Portable)]
#[repr( C,u8 )]
pub enum Colour {
    /// The first.
    Red = 2,
    /// Any other.
    Mixed { of: Box<Colour>, and: [u8; deep::LENGTH] } = deep::LENGTH as u8 + 1,
}

#[operation(interface = "pictures")]
fn picture(colour: Colour) -> Result<Picture, deep::r#in::Shape> {
    Ok(Picture { size: 1, colour: Some(colour), parts: Vec::new(), shapes: Vec::new() })
}
