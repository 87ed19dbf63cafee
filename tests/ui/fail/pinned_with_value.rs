use lmms::operation;

lmms::module!();

#[operation(interface = "images", pinned = true)]
fn f() {}

fn main() {}
