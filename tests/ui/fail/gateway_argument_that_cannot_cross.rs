lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["strange"] }
}

fn look(home: &Home) -> Option<u32> {
    home.strange().look(3, &[lmms_tests::Opaque]).ok()
}

fn main() {}
