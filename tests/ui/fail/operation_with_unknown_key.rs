use lmms::operation;

lmms::module!();

#[operation(interface = "images", colour = "red")]
fn f() {}

fn main() {}
