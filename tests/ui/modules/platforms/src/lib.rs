//! Has other operations and types on each platform.

#[cfg(not(unix))]
use lmms_tests::Context as Native;
#[cfg(unix)]
use lmms_tests::Device as Native;

lmms::module!();

#[lmms::operation(interface = "platforms")]
fn native() -> Option<Native> {
    None
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
mod family {
    #[lmms::operation(interface = "platforms")]
    fn family() -> String {
        "unix".to_owned()
    }
}

#[cfg(windows)]
#[lmms::operation(interface = "platforms")]
fn family() -> u32 {
    1
}

#[cfg_attr(target_pointer_width = "16", cfg(any()))]
#[lmms::operation(interface = "platforms")]
fn wide() {}
