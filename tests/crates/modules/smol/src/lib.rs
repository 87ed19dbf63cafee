//! Runs tasks on smol's global executor.
#![forbid(unsafe_code)]

use std::time::Duration;

use lmms::operation;

lmms::module!();

/// Waits for a task and a timer; gives `seed + 1`.
#[operation(interface = "uses_smol")]
fn provoke(seed: u64) -> u64 {
    smol::block_on(async {
        smol::Timer::after(Duration::from_millis(1)).await;
        smol::spawn(async move { seed + 1 }).await
    })
}

/// There is no way to end its threads.
#[operation(interface = "uses_smol")]
fn stop() -> bool {
    false
}
