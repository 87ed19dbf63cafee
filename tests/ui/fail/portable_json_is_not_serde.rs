use lmms::Portable;

#[derive(Portable)]
#[portable(json = "yaml")]
pub struct Size(pub u8);

fn main() {}
