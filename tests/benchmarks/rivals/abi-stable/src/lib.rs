//! The work, exported through abi_stable.

use abi_stable::export_root_module;
use abi_stable::prefix_type::PrefixTypeTrait;
use abi_stable_interface::{Work, WorkRef};
use benchmark_work as work;

extern "C" fn add(left: u64, right: u64) -> u64 {
    work::add(left, right)
}

extern "C" fn scatter(seed: u64) -> u64 {
    work::scatter(seed)
}

/// The functions.
#[export_root_module]
pub fn root() -> WorkRef {
    Work { add, scatter }.leak_into_prefix()
}

/// What was scattered there. Without it the compiler would leave the stores out.
#[unsafe(no_mangle)]
pub extern "C" fn abi_stable_scattered(index: u64) -> u64 {
    work::scattered(index)
}
