use lmms::operation;

lmms::module!();

#[operation(interface = "images", cache(size = "1M"))]
fn f() -> u8 {
    1
}

fn main() {}
