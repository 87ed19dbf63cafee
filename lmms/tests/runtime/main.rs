//! The runtime on fake libraries and a manual clock.

mod cases;
mod fake;
mod trimming;
mod use_model;
mod uses;
