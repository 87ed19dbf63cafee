//! Has an operation that `twin_b` has too.

lmms::module!();

#[lmms::operation(interface = "twins")]
fn name() -> String {
    String::new()
}
