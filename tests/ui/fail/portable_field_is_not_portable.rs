use lmms::Portable;

#[derive(Portable)]
pub struct Picture {
    pub name: String,
    pub taken: std::time::Instant,
}

fn main() {}
