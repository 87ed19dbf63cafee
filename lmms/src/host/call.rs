//! Calls: by generated stubs, through guards, by name, and from one module to another.

pub(crate) mod between_modules;
pub(crate) mod by_name;
pub(crate) mod core;
pub(crate) mod kwargs;
pub(crate) mod owned_guard;
pub(crate) mod pin;
mod schema;
pub(crate) mod shared;
pub(crate) mod stub;
