use lmms::operation;

lmms::module!();

#[operation(interface = images)]
fn f() {}

fn main() {}
