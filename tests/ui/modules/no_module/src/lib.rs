//! An ordinary library.

pub fn nothing() {}
