//! What the system can do.

#![forbid(unsafe_code)]

use serde::Serialize;

/// Whether modules can be unloaded on this system; probed once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Support {
    /// Yes, each unload is proven.
    Full,
    /// Lazy loading works; modules stay once loaded.
    Unsupported,
}

/// Whether libraries can be unloaded here.
///
/// musl's `dlclose` does nothing, macOS keeps every library that used thread-locals, and Windows'
/// rules are others: there modules stay once loaded.
pub fn support() -> Support {
    if cfg!(all(target_os = "linux", target_env = "gnu")) {
        Support::Full
    } else {
        Support::Unsupported
    }
}
