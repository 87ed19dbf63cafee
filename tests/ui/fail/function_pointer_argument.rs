use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
fn f(pixel: fn(u8) -> u8) -> u8 {
    pixel(1)
}

fn main() {}
