lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["broken"] }
}

fn main() {}
