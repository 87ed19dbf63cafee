//! Has an operation that `twin_a` has too.

lmms::module!();

mod inner {
    #[lmms::operation(interface = "twins", name = "name")]
    fn other_name() -> String {
        String::new()
    }
}
