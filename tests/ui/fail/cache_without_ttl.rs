use lmms::operation;

lmms::module!();

#[operation(interface = "images", cache)]
fn f() -> u8 {
    1
}

fn main() {}
