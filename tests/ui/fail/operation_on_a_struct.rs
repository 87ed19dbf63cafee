use lmms::operation;

lmms::module!();

#[operation(interface = "images")]
pub struct Images;

fn main() {}
