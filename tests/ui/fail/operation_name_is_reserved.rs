use lmms::operation;

lmms::module!();

#[operation(interface = "images", name = "pin")]
fn f() {}

fn main() {}
