lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["mistaken"] }
}

fn main() {}
