//! What makes unloading dangerous: one module per hazard, what is expected of each, and the tools to
//! look at it.
//!
//! [`table::HAZARDS`] lists them. The tests run every row from many threads and through many unloads,
//! `tests/controls.rs` shows what plain `dlclose` makes of the same code, and the program `soak`
//! mixes them all.

mod allocator;
pub mod built;
pub mod child;
pub mod kernel;
pub mod process;
pub mod soak;
pub mod table;

lmms::gateway! {
    /// All hazards.
    pub Hazards { modules: ["fixtures/modules/*"] }
}

/// Opens a gateway on the built modules that sweeps only when asked.
///
/// # Panics
/// When they can't be built or opened: then no test means anything.
pub fn open() -> Hazards {
    open_at(&built::modules())
}

/// The same, on another folder.
///
/// # Panics
/// When the folder has no manifest.
pub fn open_at(folder: &std::path::Path) -> Hazards {
    let builder = Hazards::builder().modules(folder).background_sweeps(false);
    match builder.open() {
        Ok(home) => home,
        Err(error) => panic!(
            "the modules in {} can't be opened: {error}",
            folder.display()
        ),
    }
}
