//! Fewer operations than the built library has.

#![forbid(unsafe_code)]

lmms::module!();

/// Adds two numbers.
#[lmms::operation(interface = "probe")]
fn add(left: u64, right: u64) -> u64 {
    left + right
}
