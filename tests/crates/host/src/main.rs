//! `lmms-crate-tests FOLDER MODULE CYCLES`: prints a line of JSON for each attempt to unload the module.
#![forbid(unsafe_code)]
fn main() {}
