use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
fn f() -> impl Iterator<Item = u8> {
    std::iter::once(1)
}

fn main() {}
