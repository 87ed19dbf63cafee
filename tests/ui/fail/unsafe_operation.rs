use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
unsafe fn f() -> u8 {
    1
}

fn main() {}
