//! The work, exported through stabby.

use benchmark_work as work;

/// Adds two numbers.
#[stabby::export]
pub extern "C" fn stabby_add(left: u64, right: u64) -> u64 {
    work::add(left, right)
}

/// Four scattered stores into a mebibyte.
#[stabby::export]
pub extern "C" fn stabby_scatter(seed: u64) -> u64 {
    work::scatter(seed)
}

/// What was scattered there. Without it the compiler would leave the stores out.
#[unsafe(no_mangle)]
pub extern "C" fn stabby_scattered(index: u64) -> u64 {
    work::scattered(index)
}
