//! A gateway: a handle per interface, with a stub per operation. An application's calls through its core, a module's
//! through the context.

mod application;
mod between_modules;
mod by_name;
mod handles;
mod names;
mod registry;
mod shared;
mod stand_ins;
mod types;

pub(crate) use application::application;
pub(crate) use between_modules::between_modules;
