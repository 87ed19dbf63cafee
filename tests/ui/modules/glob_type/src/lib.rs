//! Imports a type without naming it.

use lmms_tests::*;

lmms::module!();

#[lmms::operation(interface = "glob")]
fn device() -> Option<Device> {
    None
}
