lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["no_module"] }
}

fn main() {}
