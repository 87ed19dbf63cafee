use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
#[allow(non_snake_case)]
fn scaleDown() {}

fn main() {}
