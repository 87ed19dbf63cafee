//! Embeds the system's Python, and leaves a function with it.
#![forbid(unsafe_code)]

use lmms::operation;
use pyo3::prelude::*;
use pyo3::types::PyCFunction;

lmms::module!();

/// Calls what the last call has left, leaves something to call, and adds in Python; gives `seed + 1`.
#[operation(interface = "uses_pyo3")]
fn provoke(seed: u64) -> Result<u64, String> {
    Python::attach(|python| {
        let sys = python.import("sys")?;
        if let Ok(left) = sys.getattr("left") {
            left.call0()?;
        }
        let leave = PyCFunction::new_closure(python, None, None, move |_, _| seed)?;
        sys.setattr("left", leave)?;
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
