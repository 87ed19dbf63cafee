//! What a built library says of itself: for the build tool.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::descriptor::{descriptor, open};
use crate::boundary::abi::{ENTRY_PREFIX, StartState, Started};
use crate::boundary::context::append;
use crate::boundary::error::Error;
use crate::host::events::callbacks::HostSide;

/// What a built library says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Description {
    /// The module's name.
    pub module: String,
    /// The package's version.
    pub version: String,
    /// The toolchain that built it.
    pub toolchain: String,
    /// The module wants its calls on a thread of its own.
    pub dedicated_thread: bool,
    /// Why it can't be unloaded safely, as far as it knows.
    pub unload_unsafe: Option<String>,
    /// Its operations, sorted by interface and name.
    pub operations: Vec<DescribedOperation>,
}

/// One operation of a built library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DescribedOperation {
    /// The interface.
    pub interface: String,
    /// The name.
    pub name: String,
    /// Parameters and result, as written.
    pub signature: String,
    /// Fingerprint of names, types and layouts.
    pub fingerprint: u64,
}

/// Loads the library of `module` at `path` and asks what it is.
///
/// The library stays loaded, and a broken one can crash the process: use it in a process of its
/// own, on a file that was just built.
///
/// # Safety
/// The file's code runs in this process: it must be a library that the build tool made.
///
/// # Errors
/// It can't be linked, or is no module of this toolchain.
pub unsafe fn describe(module: &str, path: &Path) -> Result<Description, Error> {
    let name = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let linked = open(module, path, &name)?;
    let entry = format!("{ENTRY_PREFIX}{}", module.replace('-', "_"));
    let descriptor = descriptor(&linked, module, &entry, path)?;
    let side = Box::leak(HostSide::new("described", std::ptr::null()));
    let mut started = Started {
        operations: std::ptr::null(),
        count: 0,
    };
    // SAFETY: the descriptor was checked (ABI-1), and the host's side is leaked.
    let state = unsafe { (descriptor.start)(side.table(), &raw mut started) };
    if state != StartState::AlreadyStarted {
        // It stays: nothing of it is ever given back.
        std::mem::forget(linked);
    }
    match state {
        StartState::Started => {}
        StartState::Panicked => {
            return Err(Error::Start {
                module: module.to_owned(),
                message: "it panicked, see the log".to_owned(),
            });
        }
        StartState::AlreadyStarted => {
            return Err(Error::AlreadyStarted {
                module: module.to_owned(),
                path: path.to_owned(),
            });
        }
    }
    // SAFETY: the module lists that many records; it stays loaded.
    let records = unsafe { std::slice::from_raw_parts(started.operations, started.count) };
    let mut reason = String::new();
    // SAFETY: `append` gets the `String` it expects.
    let found = unsafe { (descriptor.unload_unsafe)(append, (&raw mut reason).cast()) };
    // SAFETY: literals of a library that stays loaded.
    let text = |text: crate::boundary::abi::Text| unsafe { text.as_str() }.into_owned();
    Ok(Description {
        module: text(descriptor.name),
        version: text(descriptor.version),
        toolchain: text(descriptor.toolchain),
        dedicated_thread: descriptor.dedicated_thread,
        unload_unsafe: found.then_some(reason),
        operations: records
            .iter()
            .map(|record| DescribedOperation {
                interface: text(record.interface),
                name: text(record.name),
                signature: text(record.signature),
                fingerprint: record.fingerprint,
            })
            .collect(),
    })
}
