lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["undecidable"] }
}

fn main() {}
