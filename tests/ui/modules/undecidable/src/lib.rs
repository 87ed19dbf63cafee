//! Has an operation on some platforms only.

lmms::module!();

#[cfg(target_os = "linux")]
mod linux {
    #[lmms::operation(interface = "system")]
    fn load() -> f64 {
        0.0
    }
}
