lmms::gateway! {
    /// A gateway.
    pub Home { modules: [] }
}

fn main() {}
