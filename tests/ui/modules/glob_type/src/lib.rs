//! Imports a type from one of two crates whose sources are not at hand.

use serde::*;
use trybuild::*;

lmms::module!();

#[lmms::operation(interface = "glob")]
fn device() -> Option<Device> {
    None
}
