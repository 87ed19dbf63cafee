lmms::gateway! {
    /// A gateway.
    pub Home {}
}

fn main() {}
