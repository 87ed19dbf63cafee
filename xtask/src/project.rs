//! Projects that use LMMS: making one, working on it, handing it out.

pub mod demo;
pub mod develop;
pub mod doctor;
pub mod guide;
pub mod new;
pub mod package;
