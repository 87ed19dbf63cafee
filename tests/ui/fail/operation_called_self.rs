use lmms::operation;

lmms::module!();

#[operation(interface = "self", name = "crate")]
fn f() {}

fn main() {}
