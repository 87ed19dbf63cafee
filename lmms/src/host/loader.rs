//! Loading module files, and letting them go: manifest, hash, dynamic linker, descriptor, operations.

mod activity;
mod describe;
mod descriptor;
mod elf;
mod file;
pub(crate) mod file_loader;
mod leave;
mod link;
pub mod manifest;
pub(crate) mod places;
pub(crate) mod platform;
mod stamp;
mod trust;

/// Module files, seen without a gateway: where they are, what one says of itself, whether others may write to it, and
/// whether this system can unload it.
pub mod files {
    pub use super::describe::{DescribedOperation, Description, describe};
    pub use super::places::modules_folder;
    pub use super::platform::support;
    pub use super::trust::others_may_write;
}
