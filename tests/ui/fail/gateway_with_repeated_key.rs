lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["lights"], modules: ["sensors"] }
}

fn main() {}
