use lmms::Portable;

#[derive(Portable)]
#[portable(recursive)]
pub struct Size(pub u8);

fn main() {}
