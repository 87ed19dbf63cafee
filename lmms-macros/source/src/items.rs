//! The modules of one crate, the items in them, and which of these are compiled.

pub(crate) mod cfg;
pub(crate) mod scope;
pub(crate) mod target;
pub(crate) mod tree;
