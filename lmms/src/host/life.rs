//! A module's life: who may load and unload it when, its books, the seam to what is loaded, how unloads end.

pub(crate) mod cell;
pub mod library;
pub(crate) mod lifecycle;
pub mod outcome;
