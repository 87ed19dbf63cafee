//! Embeds the system's Python.
#![forbid(unsafe_code)]

use lmms::operation;
use pyo3::prelude::*;

lmms::module!();

/// Adds in Python; gives `seed + 1`.
#[operation(interface = "uses_pyo3")]
fn provoke(seed: u64) -> Result<u64, String> {
    Python::attach(|python| {
        let builtins = python.import("builtins")?;
        builtins.getattr("sum")?.call1(((seed, 1),))?.extract()
    })
    .map_err(|error: PyErr| error.to_string())
}

/// There is no way to end the interpreter.
#[operation(interface = "uses_pyo3")]
fn stop() -> bool {
    false
}
