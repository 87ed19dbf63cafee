//! Finds mistakes that need more than the form of what was written: the rest of the crate, its manifest, the modules'
//! sources. All of a macro's mistakes are reported at once, each at its token.

mod gateway;
mod module;
mod operation;
mod portable;
mod serde;

pub(crate) use gateway::gateway;
pub(crate) use module::module;
pub(crate) use operation::{operation, repeated};
pub(crate) use portable::portable;
