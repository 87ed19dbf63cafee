//! An application.

lmms::gateway! {
    /// The home.
    pub Home { modules: ["../modules/*"] }
}

fn main() {
    println!("{}", Home::REGISTRY.operations().len());
}
