//! Runs Lua, compiled in.
#![forbid(unsafe_code)]

use lmms::operation;

lmms::module!();

/// Adds in Lua; gives `seed + 1`.
#[operation(interface = "uses_mlua")]
fn provoke(seed: u64) -> Result<u64, String> {
    let lua = mlua::Lua::new();
    let sum = lua.load(format!("return {seed} + 1")).eval();
    sum.map_err(|error| error.to_string())
}

/// There is nothing to stop.
#[operation(interface = "uses_mlua")]
fn stop() -> bool {
    false
}
