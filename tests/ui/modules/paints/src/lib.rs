//! Defines the types of its operations itself.

use lmms::{Portable, operation};
use lmms_tests::Device;

lmms::module!();

/// A picture, such as
///
/// ```
/// made_up();
/// ```
#[derive(Debug, Clone, PartialEq, Portable)]
pub struct Picture {
    /// What shows it.
    pub shown_by: Option<Device>,
    /// What is on it.
    pub shapes: Vec<shapes::Shape>,
    made_by: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Portable)]
pub enum Colour {
    #[default]
    Red,
    Green = shapes::CORNERS as isize,
}

#[derive(Debug, Portable)]
enum PaintError {
    Empty,
    TooLarge { most: u32 },
}

mod shapes {
    pub const CORNERS: usize = 3;

    #[derive(Debug, Clone, PartialEq, lmms::Portable)]
    pub struct Shape {
        pub corners: [(i32, i32); CORNERS],
        pub colour: super::Colour,
        pub inside: Vec<Shape>,
    }
}

#[operation(interface = "paints")]
fn paint(title: &str, colour: Colour) -> Result<Picture, PaintError> {
    if title.is_empty() {
        return Err(PaintError::Empty);
    }
    let made_by = "nobody".to_owned();
    let shape = shapes::Shape { corners: [(0, 0); 3], colour, inside: Vec::new() };
    Ok(Picture { shown_by: None, shapes: vec![shape], made_by })
}

#[operation(interface = "paints", cache(ttl = "1m"))]
fn first(of: &[Picture], like: Option<&shapes::Shape>) -> Option<shapes::Shape> {
    let mut shapes = of.iter().flat_map(|picture| &picture.shapes);
    shapes.find(|shape| Some(*shape) == like).cloned()
}
