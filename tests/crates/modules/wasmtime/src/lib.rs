//! Runs WebAssembly.

use lmms::operation;
use wasmtime::{Engine, Instance, Module, Store};

use std::sync::{Mutex, PoisonError};

lmms::module!();

static ENGINE: Mutex<Option<Engine>> = Mutex::new(None);

const CODE: &str = r#"(module
    (func (export "add") (param i64) (result i64) (i64.add (local.get 0) (i64.const 1)))
    (func (export "trap") unreachable))"#;

/// Adds in WebAssembly, and traps; gives `seed + 1`.
#[operation(interface = "uses_wasmtime")]
fn provoke(seed: u64) -> Result<u64, String> {
    let engine = {
        let mut engine = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
        engine.get_or_insert_default().clone()
    };
    run(&engine, seed as i64)
        .map(|sum| sum as u64)
        .map_err(|error| error.to_string())
}

fn run(engine: &Engine, seed: i64) -> wasmtime::Result<i64> {
    let module = Module::new(engine, CODE)?;
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    let trap = instance.get_typed_func::<(), ()>(&mut store, "trap")?;
    if trap.call(&mut store, ()).is_ok() {
        wasmtime::bail!("nothing trapped");
    }
    instance
        .get_typed_func::<i64, i64>(&mut store, "add")?
        .call(&mut store, seed)
}

/// Drops the engine and takes its signal handlers back.
#[operation(interface = "uses_wasmtime")]
fn stop() -> bool {
    let mut engine = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(engine) = engine.take() else {
        return false;
    };
    // SAFETY: it is the only engine, no code of it runs, and nobody has put a handler over its own.
    unsafe { engine.unload_process_handlers() };
    true
}
