//! The runtime on fake libraries and a manual clock.

mod cases;
mod fake;
mod obstacles;
mod trimming;
