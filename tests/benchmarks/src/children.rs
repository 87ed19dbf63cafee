//! What this program does as a child of its own.

#![forbid(unsafe_code)]

use std::time::Duration;

use lmms::Policy;

use crate::fixture::Probe;
use crate::process::ready;

/// Runs a child of this kind.
pub fn run(kind: &str, arguments: &[String]) -> Result<(), String> {
    match (kind, arguments) {
        ("idle", [modules]) => idle(modules),
        ("silent", []) => {
            ready("ready");
            Ok(())
        }
        _ => Err(format!("there is no child `{kind}` with these arguments")),
    }
}

/// Opens a gateway as an application does, calls once, and does nothing any more.
fn idle(modules: &str) -> Result<(), String> {
    let probe = Probe::builder()
        .modules(modules)
        // The one wake-up that trims the module's heap comes so long behind the last call: before anything is counted.
        .policy(Policy::default().trim_after(Duration::from_millis(100)))
        .open()
        .map_err(|error| error.to_string())?;
    probe
        .probe()
        .add(40, 2)
        .map_err(|error| error.to_string())?;
    ready("ready");
    drop(probe);
    Ok(())
}
