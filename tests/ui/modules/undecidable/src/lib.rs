//! Has an operation in debug builds only.

lmms::module!();

#[cfg(debug_assertions)]
mod debug {
    #[lmms::operation(interface = "system")]
    fn load() -> f64 {
        0.0
    }
}
