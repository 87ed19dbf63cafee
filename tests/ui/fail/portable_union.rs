use lmms::Portable;

#[derive(Portable)]
pub union Number {
    pub whole: u32,
    pub part: f32,
}

fn main() {}
