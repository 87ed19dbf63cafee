#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! A module without operations.

lmms::module!();

fn main() {}
