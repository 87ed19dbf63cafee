lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["twin_a", "twin_b"] }
}

fn main() {}
