lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["lights"], policy: "strict" }
}

fn main() {}
