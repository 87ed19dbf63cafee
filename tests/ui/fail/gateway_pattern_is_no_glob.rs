lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["lights["] }
}

fn main() {}
