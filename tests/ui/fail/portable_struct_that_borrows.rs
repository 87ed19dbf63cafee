use lmms::Portable;

#[derive(Portable)]
pub struct Name<'a> {
    pub text: &'a str,
}

fn main() {}
