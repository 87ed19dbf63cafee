use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
fn f(image: &mut Vec<u8>) {
    image.clear();
}

fn main() {}
