use lmms::Portable;

#[derive(Portable)]
#[portable(format = "short")]
pub struct Size(pub u8);

fn main() {}
