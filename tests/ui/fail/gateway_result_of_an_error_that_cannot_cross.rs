lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["foreign_result"] }
}

fn text(home: &Home) -> Option<String> {
    home.files().read("a").ok()
}

fn main() {}
