use lmms::Portable;

#[derive(Portable)]
#[rustfmt::skip]
pub struct Many(u8, u8, u8, u8, u8, u8, u8, u8, u8);

fn main() {}
