use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
fn f(image: *const u8) -> bool {
    image.is_null()
}

fn main() {}
