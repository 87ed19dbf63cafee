//! Loading module files: manifest, hash, dynamic linker, descriptor, operations. The only user of
//! `libloading`.
//!
//! # Invariants
//! - **L1** A library's bytes were hashed from the descriptor that it is loaded from, and are those
//!   the manifest names.
//! - **L2** Nothing of a library is read before what A1 (in `abi`) asks for has been checked.
//! - **L3** All that a library was given (host's side, hooks, census, heap) lives until its
//!   unmapping is proven, and for ever if it is not.

mod describe;
mod descriptor;
mod file;
mod left_behind;
mod linked;

pub use describe::{DescribedOperation, Description, describe};

use crate::error::Error;
use crate::library::{Library, Loader};
use crate::manifest::{FILE_NAME, Manifest};
use crate::registry::{ModuleInfo, OperationInfo};
use crate::statistics::Support;
use file::CheckedFile;
use linked::LinkedLibrary;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

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

/// Loads modules from a folder with a manifest.
#[derive(Debug)]
pub(crate) struct FileLoader {
    folder: PathBuf,
    sealed: bool,
    manifest: Mutex<KnownManifest>,
}

#[derive(Debug)]
struct KnownManifest {
    manifest: Arc<Manifest>,
    /// What the file was when it was read.
    stamp: Option<Stamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    /// A build replaces the file by another one, which may be as long and, on a coarse clock, as old.
    inode: u64,
}

impl Stamp {
    fn of(folder: &Path) -> Option<Self> {
        let metadata = fs::metadata(folder.join(FILE_NAME)).ok()?;
        Some(Self {
            modified: metadata.modified().ok(),
            length: metadata.len(),
            inode: metadata.ino(),
        })
    }
}

impl FileLoader {
    /// A loader for `folder`. `sealed`: always load a private, unchangeable copy of the file.
    ///
    /// # Errors
    /// The manifest is missing or malformed.
    pub(crate) fn open(folder: PathBuf, sealed: bool) -> Result<Self, Error> {
        // The stamp first: a manifest that changes in between is read again.
        let stamp = Stamp::of(&folder);
        let manifest = Arc::new(Manifest::read(&folder)?);
        Ok(Self {
            folder,
            sealed,
            manifest: Mutex::new(KnownManifest { manifest, stamp }),
        })
    }

    /// The manifest as it is now: read again if the file changed.
    fn manifest(&self) -> Result<Arc<Manifest>, Error> {
        let mut known = self.manifest.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = Stamp::of(&self.folder);
        if stamp != known.stamp {
            known.manifest = Arc::new(Manifest::read(&self.folder)?);
            known.stamp = stamp;
        }
        Ok(known.manifest.clone())
    }
}

impl Loader for FileLoader {
    fn load(
        &self,
        module: &'static ModuleInfo,
        operations: &'static [OperationInfo],
    ) -> Result<Box<dyn Library>, Error> {
        let manifest = self.manifest()?;
        let entry = manifest
            .module(module.name)
            .ok_or_else(|| Error::NotBuilt {
                module: module.name.to_owned(),
                folder: self.folder.clone(),
            })?;
        let file = CheckedFile::open(&self.folder, entry, self.sealed)?;
        let library = LinkedLibrary::link(module, operations, file, &entry.unload)?;
        Ok(Box::new(library))
    }
}
