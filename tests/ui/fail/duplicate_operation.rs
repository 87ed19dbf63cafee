use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
fn thumbnail() {}

mod other {
    #[lmms::operation(interface = "images", name = "thumbnail")]
    fn small() {}
}

fn main() {}
