lmms::module!();

lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["lights"], interfaces: ["light"] }
}

fn main() {}
