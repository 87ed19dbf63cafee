//! A module.

lmms::module!();

/// Switches on.
#[lmms::operation(interface = "lights")]
fn turn_on() {}
