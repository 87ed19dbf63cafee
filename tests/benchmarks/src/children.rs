//! What this program does as a child of its own.

#![forbid(unsafe_code)]

use std::time::Duration;

use lmms::Policy;

use crate::first_call::{first_call, open_and_look_up};
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
        ("first-load", [way, rest @ ..]) => first_load(way, rest),
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

/// Loads the module as the first thing that this process does with it, and says how many microseconds that took.
fn first_load(way: &str, arguments: &[String]) -> Result<(), String> {
    let took = match (way, arguments) {
        ("dlopen", [file, symbol]) => open_and_look_up(file.as_ref(), symbol)?.0,
        ("hashed" | "unhashed", [modules]) => {
            let probe = Probe::builder()
                .modules(modules)
                .background_sweeps(false)
                .verify_files(way == "hashed")
                .open()
                .map_err(|error| error.to_string())?;
            first_call(&probe)?
        }
        _ => {
            return Err(format!(
                "there is no first load `{way}` with these arguments"
            ));
        }
    };
    ready(&took.to_string());
    Ok(())
}
