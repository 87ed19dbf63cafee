//! As many operations as the built library has, one with another signature.

#![forbid(unsafe_code)]

lmms::module!();

/// Keeps a note, or drops it.
#[lmms::operation(interface = "keeper")]
fn keep(note: Option<String>) -> Option<String> {
    note
}

/// Prints so many lines.
#[lmms::operation(interface = "keeper")]
fn print(text: u32) {
    let _ = text;
}

/// Says nothing.
#[lmms::operation(interface = "keeper")]
fn say_farewell(path: std::path::PathBuf) {
    drop(path);
}
