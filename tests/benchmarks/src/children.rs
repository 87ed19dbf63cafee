//! What this program does as a child of its own.

#![forbid(unsafe_code)]

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
