//! What is measured or calculated: times, instructions, costs.

#![forbid(unsafe_code)]

pub mod bench;
pub mod budget;
pub mod cost;
