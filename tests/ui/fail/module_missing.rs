use lmms::operation;

#[operation(interface = "images")]
fn f() {}

#[operation(interface = "images")]
fn g() {}

fn main() {}
