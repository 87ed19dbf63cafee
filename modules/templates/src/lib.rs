//! Text templates, HTTP responses and JSON documents of the smart home.
//!
//! Templates are written in Jinja's language and rendered by `minijinja`, with a budget of work and memory, so that no
//! template can keep a thread or fill the memory. Contexts and documents are JSON text. While templates are registered
//! the module refuses to be unloaded.

#![forbid(unsafe_code)]

lmms::module!(veto = veto);

pub mod documents;
pub mod escaping;
pub mod named;
pub mod rendering;
pub mod responses;

mod guards;
mod limits;

/// Why the module can't be unloaded now.
pub fn veto() -> Option<String> {
    named::reason_to_stay()
}
