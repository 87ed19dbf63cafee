//! What the fuzz targets do with their input. The tests of `tests/libraries` do it as well, with
//! inputs that are the same in every run.

#![forbid(unsafe_code)]

pub mod by_name;
pub mod manifest;
