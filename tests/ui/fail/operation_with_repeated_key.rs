use lmms::operation;

lmms::module!();

#[operation(interface = "images", interface = "pictures")]
fn f() {}

fn main() {}
