//! What can be wrong with module crates, and the texts that say so. All texts of the reader are in this folder.

pub(crate) mod error;
pub(crate) mod finding;
pub(crate) mod location;
pub(crate) mod misuse;
pub(crate) mod type_problem;
