use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
fn f() -> Size {
    Size(1)
}

pub struct Size(pub u8);

fn main() {}
