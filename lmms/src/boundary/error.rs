//! Errors: what can go wrong between a call and its answer.

#![forbid(unsafe_code)]

mod call;
mod display;
#[cfg(feature = "gateway")]
mod manifest;

pub(crate) use call::flatten;
pub use call::{CallError, Panic};
#[cfg(feature = "gateway")]
pub(crate) use display::scarcity;
#[cfg(feature = "gateway")]
pub use manifest::{FORMAT, ManifestError};

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Why LMMS could not make or answer a call.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Error {
    /// No such interface or operation.
    UnknownOperation {
        /// What was asked for, as `interface.name`.
        operation: String,
        /// A similar name that exists.
        similar: Option<String>,
        /// Modules that can be loaded, but were not there when this program was built.
        unknown_modules: Vec<String>,
    },
    /// No such interface.
    UnknownInterface {
        /// What was asked for.
        interface: String,
        /// A similar one that exists.
        similar: Option<String>,
    },
    /// No such module.
    UnknownModule {
        /// What was asked for.
        module: String,
        /// The modules that exist.
        known: Vec<&'static str>,
        /// It can be loaded, but was not there when this program was built.
        available: bool,
    },
    /// The arguments of a call by name don't fit.
    Arguments {
        /// The operation, as `interface.name`.
        operation: String,
        /// Which argument, and what is wrong with it.
        problem: String,
    },
    /// The manifest could not be used.
    #[cfg(feature = "gateway")]
    Manifest(Arc<ManifestError>),
    /// No modules folder was named, and there is none in the usual places.
    NoModules {
        /// Where it was looked for; `LMMS_MODULES` was not set.
        looked_in: Vec<PathBuf>,
    },
    /// The manifest doesn't list the module.
    NotBuilt {
        /// The module.
        module: String,
        /// The modules folder.
        folder: PathBuf,
    },
    /// A file or folder could not be opened or read.
    File {
        /// The module; empty for the folder itself.
        module: String,
        /// The file.
        path: PathBuf,
        /// What was being done, such as `open`.
        action: &'static str,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// Others may write to the modules folder, the manifest or a module's file, and so decide what
    /// runs in this process.
    Untrusted {
        /// The module; empty for the folder and the manifest.
        module: String,
        /// The folder or file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
        /// Its group's number.
        group: u32,
    },
    /// What `Builder::manifest_digest` got is no digest.
    Digest {
        /// What it got.
        digest: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The manifest is not the one that `Builder::manifest_digest` asks for.
    ManifestDigest {
        /// The manifest.
        path: PathBuf,
        /// The BLAKE3 hash that was asked for.
        expected: String,
        /// The manifest's.
        found: String,
    },
    /// The file is not the one that was built: its size differs from the manifest's.
    SizeMismatch {
        /// The module.
        module: String,
        /// The file.
        path: PathBuf,
        /// The manifest's size in bytes.
        expected: u64,
        /// The file's.
        found: u64,
    },
    /// The file is not the one that was built: its hash differs from the manifest's.
    HashMismatch {
        /// The module.
        module: String,
        /// The file.
        path: PathBuf,
        /// The manifest's BLAKE3 hash.
        expected: String,
        /// The file's.
        found: String,
    },
    /// The library is for another processor or system than this program.
    Platform {
        /// The module.
        module: String,
        /// The file.
        path: PathBuf,
        /// What this program is for.
        expected: String,
        /// What the library is for.
        found: String,
    },
    /// The dynamic linker refused the library.
    Link {
        /// The module.
        module: String,
        /// The file.
        path: PathBuf,
        /// What the linker said.
        message: String,
    },
    /// The library has no entry, or it is another module's: it was not made by `build-modules`.
    NotAModule {
        /// The module.
        module: String,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The library speaks another version of the interface between application and module.
    AbiMismatch {
        /// The module.
        module: String,
        /// The application's version.
        expected: u32,
        /// The library's.
        found: u32,
    },
    /// The library was built by another compiler or with flags that change memory layouts.
    ToolchainMismatch {
        /// The module.
        module: String,
        /// The application's toolchain.
        expected: String,
        /// The library's.
        found: String,
    },
    /// The library has another number of operations than the registry.
    OperationCount {
        /// The module.
        module: String,
        /// In the registry.
        expected: usize,
        /// In the library.
        found: usize,
    },
    /// The library has an operation that the registry doesn't have, or the other way round.
    OperationMissing {
        /// The module.
        module: String,
        /// What the registry has at this place, as `interface.name`.
        expected: String,
        /// What the library has.
        found: String,
    },
    /// An operation's signature, or a type in it, differs between registry and library.
    SignatureMismatch {
        /// The module.
        module: String,
        /// The operation, as `interface.name`.
        operation: String,
        /// The signature the application was built with, and its fingerprint.
        expected: String,
        /// The library's.
        found: String,
    },
    /// The file's image was started before, by another copy of this crate in the same process, and a private copy of
    /// the file could not be used instead.
    AlreadyStarted {
        /// The module.
        module: String,
        /// The file.
        path: PathBuf,
    },
    /// The module could not be started.
    Start {
        /// The module.
        module: String,
        /// What went wrong.
        message: String,
    },
    /// Loading failed shortly before and is not tried again yet.
    Backoff {
        /// The module.
        module: String,
        /// How long until the next try.
        retry_in: Duration,
        /// Why it failed.
        source: Box<Error>,
    },
    /// Host code that runs inside LMMS, such as a log subscriber or a destructor, asked for something
    /// that would never end or isn't safe there: the module is being loaded or unloaded by this very
    /// thread, the thread would wait for itself, or it holds what it asks for.
    Reentered {
        /// The module.
        module: String,
        /// What the thread is in the middle of.
        reason: String,
    },
    /// A module called another one, but its context has no gateway.
    Detached,
    /// The error reached a module from the application, as text.
    Remote {
        /// The text.
        message: String,
    },
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            #[cfg(feature = "gateway")]
            Self::Manifest(error) => error.source(),
            // Display already says what the system said.
            _ => None,
        }
    }
}

#[cfg(feature = "gateway")]
impl From<ManifestError> for Error {
    fn from(error: ManifestError) -> Self {
        Self::Manifest(Arc::new(error))
    }
}
