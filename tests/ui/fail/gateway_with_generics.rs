lmms::gateway! {
    /// A gateway.
    pub Home <T> { modules: ["lights"] }
}

fn main() {}
