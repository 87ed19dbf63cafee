//! The checks that run something: tests, models, other programs' verdicts, and all of them together.

#![forbid(unsafe_code)]

pub mod ci;
pub mod crates;
pub mod e2e;
pub mod fuzz;
pub mod model;
pub mod sanitize;
pub mod soak;
pub mod test;

mod lint;
mod nightly;
