lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["glob_type"] }
}

fn main() {}
