use lmms::operation;

lmms::module!();

#[operation(interface = "explain")]
fn f() {}

fn main() {}
