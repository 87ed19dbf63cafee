//! What all commands use: the workspace and its sources, other programs, the screen, the error.

#![forbid(unsafe_code)]

pub mod error;
pub mod screen;
pub mod workspace;

pub(crate) mod caller;
pub(crate) mod run;
pub(crate) mod sources;
