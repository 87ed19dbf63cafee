use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
fn width(image: &[u8]) -> usize {
    let length = ;
    image.len()
}

fn main() {
    let _: usize = width(&[]);
}
