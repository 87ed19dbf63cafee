lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["undeclared"] }
}

fn main() {}
