use lmms::Portable;

#[derive(Portable)]
#[repr(C, packed)]
pub struct Header {
    pub kind: u8,
    pub length: u32,
}

fn main() {}
