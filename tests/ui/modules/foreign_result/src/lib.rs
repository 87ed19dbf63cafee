//! Hides its error type.

lmms::module!();

#[lmms::operation(interface = "files")]
fn read(path: &str) -> std::io::Result<String> {
    std::fs::read_to_string(path)
}
