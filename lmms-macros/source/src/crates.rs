//! Whole crates: finding modules, reading what they offer, and what a crate's own macros know of it.

pub(crate) mod discover;
pub(crate) mod module_crate;
pub(crate) mod own_crate;
pub(crate) mod reader;
