lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["foreign_result"] }
}

fn main() {}
