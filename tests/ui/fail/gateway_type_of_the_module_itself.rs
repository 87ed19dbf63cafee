lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["own_type"] }
}

fn main() {}
