//! What the abi_stable rival and its user agree on.

use abi_stable::StableAbi;
use abi_stable::library::RootModule;
use abi_stable::package_version_strings;
use abi_stable::sabi_types::VersionStrings;

/// The functions of the library.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = WorkRef)))]
#[sabi(missing_field(panic))]
pub struct Work {
    /// Adds two numbers.
    pub add: extern "C" fn(u64, u64) -> u64,
    /// Four scattered stores into a mebibyte.
    #[sabi(last_prefix_field)]
    pub scatter: extern "C" fn(u64) -> u64,
}

impl RootModule for WorkRef {
    abi_stable::declare_root_module_statics! {WorkRef}

    const BASE_NAME: &'static str = "rival_abi_stable";
    const NAME: &'static str = "rival_abi_stable";
    const VERSION_STRINGS: VersionStrings = package_version_strings!();
}
