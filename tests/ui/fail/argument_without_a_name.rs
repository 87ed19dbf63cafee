use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
fn f((width, height): (u32, u32)) -> u32 {
    width * height
}

fn main() {}
