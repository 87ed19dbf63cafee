//! Allocates with jemalloc, though not as the global allocator, which is LMMS's in a module.

use std::alloc::{GlobalAlloc as _, Layout};

use lmms::operation;
use tikv_jemallocator::Jemalloc;

lmms::module!();

/// Takes memory and gives it back; gives `seed + 1`.
#[operation(interface = "uses_tikv_jemallocator")]
fn provoke(seed: u64) -> Result<u64, String> {
    let layout = Layout::new::<[u64; 1024]>();
    // SAFETY: the layout isn't empty.
    let block = unsafe { Jemalloc.alloc(layout) }.cast::<u64>();
    if block.is_null() {
        return Err("there is no memory".to_owned());
    }
    // SAFETY: the block is this function's, and large enough.
    unsafe { block.write(seed) };
    // SAFETY: it was written above.
    let read = unsafe { block.read() };
    // SAFETY: allocated above, with this layout.
    unsafe { Jemalloc.dealloc(block.cast(), layout) };
    Ok(read + 1)
}

/// There is nothing to stop.
#[operation(interface = "uses_tikv_jemallocator")]
fn stop() -> bool {
    false
}
