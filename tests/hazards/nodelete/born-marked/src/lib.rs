//! Does nothing dangerous.

#![forbid(unsafe_code)]

use lmms::operation;

lmms::module!();

/// Gives `seed + 1`.
#[operation(interface = "born_marked")]
fn provoke(seed: u64) -> u64 {
    seed.wrapping_add(1)
}
