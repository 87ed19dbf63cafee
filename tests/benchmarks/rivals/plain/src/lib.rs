//! The work as plain C functions.

use benchmark_work as work;

/// Adds two numbers.
#[unsafe(no_mangle)]
pub extern "C" fn plain_add(left: u64, right: u64) -> u64 {
    work::add(left, right)
}

/// Four scattered stores into a mebibyte.
#[unsafe(no_mangle)]
pub extern "C" fn plain_scatter(seed: u64) -> u64 {
    work::scatter(seed)
}

/// What was scattered there. Without it the compiler would leave the stores out.
#[unsafe(no_mangle)]
pub extern "C" fn plain_scattered(index: u64) -> u64 {
    work::scattered(index)
}
