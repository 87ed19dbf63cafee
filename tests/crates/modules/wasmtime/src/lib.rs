//! Runs WebAssembly, with traps of each kind that takes a signal.

use std::mem::MaybeUninit;
use std::ptr;
use std::sync::{Mutex, PoisonError};

use lmms::operation;
use wasmtime::{Engine, Instance, Module, Store, Trap};

lmms::module!();

static ENGINE: Mutex<Option<Engine>> = Mutex::new(None);

const CODE: &str = r#"(module
    (memory 1)
    (func (export "add") (param i64) (result i64) (i64.add (local.get 0) (i64.const 1)))
    (func (export "unreachable") (param i32) unreachable)
    (func (export "divide") (param i32) (drop (i32.div_u (i32.const 1) (local.get 0))))
    (func (export "outside") (param i32) (drop (i32.load (i32.sub (local.get 0) (i32.const 8)))))
    (func $deep (export "deep") (param i32) (call $deep (local.get 0))))"#;

/// By SIGILL, SIGFPE and SIGSEGV; and one that takes none.
const TRAPS: [(&str, Trap); 4] = [
    ("unreachable", Trap::UnreachableCodeReached),
    ("divide", Trap::IntegerDivisionByZero),
    ("outside", Trap::MemoryOutOfBounds),
    ("deep", Trap::StackOverflow),
];

/// Wasmtime gives each thread a signal stack of this size.
const SIGNAL_STACK: usize = 256 << 10;

/// Adds in WebAssembly, and traps; gives `seed + 1`.
#[operation(interface = "uses_wasmtime")]
fn provoke(seed: u64) -> Result<u64, String> {
    let engine = {
        let mut engine = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
        if engine.is_none() {
            match signal_stack() {
                0 => return Err("a copy that is gone took the thread's signal stack".to_owned()),
                SIGNAL_STACK => return Err("a copy that is gone left its signal stack".to_owned()),
                _ => {}
            }
        }
        engine.get_or_insert_default().clone()
    };
    let sum = run(&engine, seed as i64).map_err(|error| format!("{error:?}"))?;
    match signal_stack() {
        SIGNAL_STACK => Ok(sum as u64),
        other => Err(format!("the signal stack has {other} bytes")),
    }
}

fn run(engine: &Engine, seed: i64) -> wasmtime::Result<i64> {
    let module = Module::new(engine, CODE)?;
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    for (name, trap) in TRAPS {
        let function = instance.get_typed_func::<i32, ()>(&mut store, name)?;
        match function.call(&mut store, 0) {
            Err(error) if error.downcast_ref() == Some(&trap) => {}
            other => wasmtime::bail!("{name} gives {other:?}"),
        }
    }
    instance
        .get_typed_func::<i64, i64>(&mut store, "add")?
        .call(&mut store, seed)
}

/// The size of this thread's signal stack.
fn signal_stack() -> usize {
    let mut stack = MaybeUninit::<libc::stack_t>::zeroed();
    // SAFETY: only asks.
    unsafe { libc::sigaltstack(ptr::null(), stack.as_mut_ptr()) };
    // SAFETY: zeroed, or filled in.
    unsafe { stack.assume_init() }.ss_size
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
