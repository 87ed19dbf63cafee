//! Counts signals.
#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use lmms::operation;
use signal_hook::consts::SIGUSR2;

lmms::module!();

static ACTION: Mutex<Option<signal_hook::SigId>> = Mutex::new(None);

/// Takes the signal over at the first call, and raises it; gives `seed + 1`.
#[operation(interface = "uses_signal_hook")]
fn provoke(seed: u64) -> Result<u64, String> {
    let mut action = ACTION.lock().unwrap_or_else(PoisonError::into_inner);
    let flag = Arc::new(AtomicBool::new(false));
    let id = signal_hook::flag::register(SIGUSR2, Arc::clone(&flag));
    let id = id.map_err(|error| error.to_string())?;
    if let Some(former) = action.replace(id) {
        signal_hook::low_level::unregister(former);
    }
    signal_hook::low_level::raise(SIGUSR2).map_err(|error| error.to_string())?;
    Ok(seed + u64::from(flag.load(Ordering::Relaxed)))
}

/// Takes the action back; the handler stays.
#[operation(interface = "uses_signal_hook")]
fn stop() -> bool {
    let mut action = ACTION.lock().unwrap_or_else(PoisonError::into_inner);
    action
        .take()
        .is_some_and(signal_hook::low_level::unregister)
}
