lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["missing_file"] }
}

fn main() {}
