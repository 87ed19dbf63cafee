use lmms::Portable;

#[derive(Portable)]
pub struct Picture {
    pub format: &'static str,
}

fn main() {}
