use std::rc::Rc;

use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
fn f(image: Rc<Vec<u8>>) -> usize {
    image.len()
}

fn main() {}
