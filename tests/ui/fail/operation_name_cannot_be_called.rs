use lmms::operation;

lmms::module!();

#[operation(interface = "images", name = "scale-down")]
fn f() {}

fn main() {}
