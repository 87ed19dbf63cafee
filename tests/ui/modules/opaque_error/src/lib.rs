//! Returns what another crate calls a result.

use anyhow::Result;

lmms::module!();

#[lmms::operation(interface = "files")]
fn read(path: &str) -> Result<String> {
    Ok(std::fs::read_to_string(path)?)
}
