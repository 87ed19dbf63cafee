//! The runtime on fake libraries and a manual clock.

mod builds;
mod cases;
mod fake;
mod trimming;
