//! The runtime on fake libraries and a manual clock.

mod builds;
mod caching;
mod cases;
mod fake;
mod host_code;
mod names;
mod obstacles;
mod trimming;
mod use_model;
mod uses;
mod waiting;
