//! Deeper.

pub mod r#in;

/// How many.
pub const LENGTH: usize = 3;
