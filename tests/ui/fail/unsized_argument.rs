use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
fn f(image: [u8]) -> usize {
    image.len()
}

fn main() {}
