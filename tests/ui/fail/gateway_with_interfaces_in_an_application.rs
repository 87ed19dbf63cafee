lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["lights"], interfaces: ["lights"] }
}

fn main() {}
