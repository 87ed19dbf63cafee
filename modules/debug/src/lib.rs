//! Health and diagnostics of the running application and its home.
//!
//! What is told of the process comes from `/proc`; where there is none, numbers are 0 and lists empty. What is told of
//! the gateway comes from the gateway itself, and what is told of the home through the `devices` interface.
#![forbid(unsafe_code)]

pub mod environment;
pub mod gateway;
pub mod health;
mod home;
mod peers;
mod proc;
pub mod process;
pub mod validation;

lmms::module!();
