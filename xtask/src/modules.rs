//! Modules and their libraries: building them, and asking sources and libraries what they have.

pub mod build;
pub mod describe;
pub mod inspect;
pub mod known;
pub mod operations;

pub(crate) mod agreement;
pub(crate) mod freshness;
pub(crate) mod outdated;
