use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
extern "C" fn f() -> u8 {
    1
}

fn main() {}
