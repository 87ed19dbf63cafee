//! Has operations, but does not say it is a module.

#[lmms::operation(interface = "undeclared")]
fn nothing() {}
