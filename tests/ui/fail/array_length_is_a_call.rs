use lmms::operation;

lmms::module!();

const fn size() -> usize {
    4
}

#[operation(interface = "images")]
fn f(image: [u8; size()]) -> u8 {
    image[0]
}

fn main() {}
