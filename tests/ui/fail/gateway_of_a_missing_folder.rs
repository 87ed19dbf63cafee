lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["nowhere"] }
}

fn main() {}
