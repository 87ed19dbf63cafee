#![deny(warnings)]
use lmms::Portable;

/// Has a destructor, which runs for every copy on its own side.
#[derive(Portable)]
pub struct Noisy {
    pub name: String,
}

impl Drop for Noisy {
    fn drop(&mut self) {
        self.name.clear();
    }
}

fn main() {
    let noisy = Noisy { name: "a".into() };
    assert_eq!(noisy.copy().name, "a");
}
