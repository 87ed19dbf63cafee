//! What a gateway tells about itself.

#![forbid(unsafe_code)]

pub(crate) mod explanation;
pub mod statistics;
