lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["distant_type"] }
}

fn main() {}
