//! Types of which this crate has two states: with the feature `newer`, and without. A library that was built from one
//! must not be loaded by an application that was built from the other.

use std::collections::BTreeMap;

use lmms::Portable;

/// What differs.
#[cfg(not(feature = "newer"))]
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Portable)]
pub struct Payload {
    /// As large as text.
    pub numbers: (usize, usize, usize),
}

/// What differs.
#[cfg(feature = "newer")]
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Portable)]
pub struct Payload {
    /// As large as three numbers.
    pub text: String,
}

const FIRST: u8 = if cfg!(feature = "newer") { 20 } else { 10 };

/// Discriminants that a constant gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Portable)]
#[repr(u8)]
pub enum Grade {
    /// The first.
    #[default]
    First = FIRST,
    /// The one after it.
    Second,
}

/// A list whose items stand beside the rest of it.
#[derive(Clone, Debug, Default, PartialEq, Portable)]
pub struct Node {
    /// An item and the rest.
    pub next: Option<Box<(Payload, Node)>>,
}

/// Trees beside what differs.
#[derive(Clone, Debug, Default, PartialEq, Portable)]
pub struct Forest {
    /// The trees.
    pub trees: Vec<(Payload, Forest)>,
}

/// Keys that differ, of values that don't.
#[derive(Clone, Debug, Default, PartialEq, Portable)]
pub struct Document {
    /// The parts.
    pub parts: BTreeMap<Payload, Document>,
}

/// Types of the same names as outside.
pub mod api {
    use lmms::Portable;

    use super::Payload;

    /// A device as others see it.
    #[derive(Clone, Debug, Default, PartialEq, Portable)]
    pub struct Device {
        /// What differs.
        pub payload: Payload,
    }
}

/// A device.
#[derive(Clone, Debug, Default, PartialEq, Portable)]
pub struct Device {
    /// What others see of it.
    pub base: api::Device,
}

/// One of two types that contain each other.
#[derive(Clone, Debug, Default, PartialEq, Portable)]
pub struct Hen {
    /// The other.
    #[portable(recursive)]
    pub eggs: Vec<Egg>,
}

/// The other one.
#[derive(Clone, Debug, Default, PartialEq, Portable)]
pub struct Egg {
    /// Back to the first.
    pub hen: Option<Box<Hen>>,
    /// What differs.
    pub payload: Payload,
}

/// The same in both states.
#[derive(Clone, Debug, Default, PartialEq, Portable)]
pub struct Same {
    /// The rest.
    pub rest: Vec<Same>,
}
