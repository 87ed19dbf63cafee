use lmms::operation;

lmms::module!();

const SIZE: usize = 4;

#[operation(interface = "images")]
fn f(image: [u8; SIZE]) -> u8 {
    image[0]
}

fn main() {}
