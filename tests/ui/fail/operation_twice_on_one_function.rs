use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
#[operation(interface = "pictures")]
fn f() {}

fn main() {}
