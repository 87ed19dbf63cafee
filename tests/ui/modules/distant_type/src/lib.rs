//! Uses a crate that callers don't depend on.

use distant::Thing;

lmms::module!();

#[lmms::operation(interface = "distant")]
fn thing() -> Thing {
    Thing
}
