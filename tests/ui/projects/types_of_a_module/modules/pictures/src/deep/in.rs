//! A module called by a keyword.

/// A shape.
#[derive(lmms::Portable)]
pub struct Shape(pub [(i32, i32); super::LENGTH], pub Vec<Shape>);
