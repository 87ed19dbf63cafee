//! Handles Ctrl-C.
#![forbid(unsafe_code)]

use lmms::operation;

lmms::module!();

/// Sets the handler at the first call; gives `seed + 1`.
#[operation(interface = "uses_ctrlc")]
fn provoke(seed: u64) -> Result<u64, String> {
    match ctrlc::set_handler(|| {}) {
        Ok(()) | Err(ctrlc::Error::MultipleHandlers) => Ok(seed + 1),
        Err(error) => Err(error.to_string()),
    }
}

/// There is no way back.
#[operation(interface = "uses_ctrlc")]
fn stop() -> bool {
    false
}
