//! Layered, validated configuration of the smart home.
//!
//! A parameter (`cache.max_bytes`) has a kind, limits and a default. Its value comes from the strongest source that
//! has one: a call, the environment, a file, the preset, the default. Who sets a parameter that is always there changes
//! the module that it is named after; parameters that were declared are for whoever asks for them. Loading is all or
//! nothing: one bad value and none of that file is used. While any source but the defaults holds values the module
//! refuses to be unloaded: they would be lost.

#![forbid(unsafe_code)]

lmms::module!(veto = veto);

pub mod declarations;
pub mod parameters;
pub mod presets;
pub mod sources;

mod catalogue;
mod effects;
mod store;

/// Why the module can't be unloaded now.
pub fn veto() -> Option<String> {
    store::lock().reason_to_stay()
}
