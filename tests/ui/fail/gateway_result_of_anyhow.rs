lmms::gateway! {
    /// A gateway.
    pub Home { modules: ["opaque_error"] }
}

fn text(home: &Home) -> Option<String> {
    let text = home.files().read("a").ok()?;
    Some(text)
}

fn main() {}
