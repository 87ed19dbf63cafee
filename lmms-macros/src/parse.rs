//! From tokens to what the macros' authors wrote: mistakes of form are noted, and the rest is still read.
//!
//! The arguments of `#[operation]` and `module!` are read in `lmms-source`, as the build tool reads them too.

mod gateway;
mod operation;
mod portable;

pub(crate) use gateway::GatewayInput;
pub(crate) use operation::{Function, NoFunction};
pub(crate) use portable::{Json, Origin, PortableInput};
