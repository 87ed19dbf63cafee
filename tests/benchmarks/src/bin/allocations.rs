//! Counts what a hit in the cache and a call allocate. A program of its own, since counting slows
//! every allocation down.

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

lmms::gateway! {
    /// The module that is measured.
    Probe { modules: ["modules/*"] }
}

/// glibc's allocator, counting.
struct Counting;

static COUNT: AtomicU64 = AtomicU64::new(0);

// SAFETY: everything is passed on to `System`, which keeps the contract.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        // SAFETY: passed on from the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: passed on from the caller.
        unsafe { System.dealloc(block, layout) };
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        // SAFETY: passed on from the caller.
        unsafe { System.realloc(block, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const CALLS: u64 = 1000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args()
        .nth(1)
        .ok_or("usage: allocations MODULES")?;
    let probe = Probe::builder()
        .modules(folder)
        .background_sweeps(false)
        .open()?;
    let key = "sixteen bytes ok";
    let counts = [
        (
            "hit, 64 plain bytes: allocations",
            count(|| probe.probe().remembered_block(black_box(key)).is_ok()),
        ),
        (
            "hit, a String copied out: allocations",
            count(|| probe.probe().remembered(black_box(key)).is_ok()),
        ),
        (
            "hit, a String shared: allocations",
            count(|| probe.probe().shared().remembered(black_box(key)).is_ok()),
        ),
        (
            "call, two numbers: allocations",
            count(|| probe.probe().add(black_box(1), 2).is_ok()),
        ),
        (
            "call, a String copied out: allocations of the host",
            count(|| probe.probe().join(black_box(key), key).is_ok()),
        ),
    ];
    println!("{}", serde_json::to_string(&counts)?);
    Ok(())
}

/// Allocations a call, once all is warm.
fn count(call: impl Fn() -> bool) -> f64 {
    // As many as are counted: what is called often has the process start the thread that looks after it.
    for _ in 0..CALLS {
        assert!(call(), "the call fails");
    }
    let before = COUNT.load(Ordering::Relaxed);
    for _ in 0..CALLS {
        black_box(call());
    }
    (COUNT.load(Ordering::Relaxed) - before) as f64 / CALLS as f64
}
