//! What only the host does with heaps: the address slots they live in, their accounts, what of them is in memory.

mod resident;
mod slots;
mod usage;

pub(crate) use resident::{OF_FILE, PRESENT, Resident, SWAPPED, each_page, page_bytes, resident};
pub use slots::HeapSlot;
#[cfg(test)]
pub use usage::HeapUsage;
