//! The host side: what loads modules, calls them, decides which may go, and lets them go.
//!
//! Each module here is a *room*; its file says what is in it. A room uses rooms above it in this list, never one below
//! (`cargo xtask check tidy` looks for circles).

pub mod clock;
pub(crate) mod reentrance;
pub mod registry;

pub(crate) mod image;
pub(crate) mod resources;
pub(crate) mod threads;

pub(crate) mod events;
pub(crate) mod protection;

pub mod cache;

pub mod decision;
pub mod life;
pub mod loader;
pub(crate) mod uses;

pub(crate) mod runtime;

pub(crate) mod report;
pub(crate) mod sweep;

pub(crate) mod call;

pub(crate) mod gateway;
