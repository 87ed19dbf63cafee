//! Loading module files: manifest, hash, dynamic linker, descriptor, operations. The only user of
//! `libloading`.
//!
//! # Invariants
//! - **LOADER-1** A library's bytes were hashed from the descriptor that it is loaded from, and are those
//!   the manifest names; or they were when it was loaded before, and the file has not changed since
//!   (device, inode, length, mode, and the times that the kernel keeps); or the application said
//!   that something else vouches for them ([`Builder::verify_files`](crate::Builder::verify_files)).
//! - **LOADER-2** Nothing of a library is read before what ABI-1 (in `abi`) asks for has been checked.
//! - **LOADER-3** All that a library was given (host's side, hooks, census, heap) lives until its
//!   unmapping is proven, and for ever if it is not.

use std::fs::{self, File, Metadata};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use super::file::{CheckedFile, Demands};
use super::link::LinkedLibrary;
use super::manifest::{self, FILE_NAME, Manifest, Skipped};
use super::stamp::{Stamp, Verified};
use super::trust;
use crate::boundary::abi::TOOLCHAIN;
use crate::boundary::error::Error;
use crate::host::life::library::{Library, Loader};
use crate::host::registry::{ModuleInfo, Operations};
use crate::sync::Unpoisoned as _;

/// A longer manifest is only read when a module is to be loaded: reading it would take the program's
/// start longer than anything else.
const READ_AT_ONCE: u64 = 64 << 10;

/// What a gateway demands of its files.
#[derive(Debug, Default)]
pub(crate) struct FileOptions {
    /// Always load a private, unchangeable copy of the file.
    pub(crate) sealed: bool,
    /// Take files that others may write to.
    pub(crate) shared: bool,
    /// Something else vouches for the files' bytes.
    pub(crate) vouched: bool,
    /// The manifest's BLAKE3 hash in hex.
    pub(crate) manifest_digest: Option<String>,
}

/// Loads modules from a folder with a manifest.
#[derive(Debug)]
pub(crate) struct FileLoader {
    folder: PathBuf,
    manifest_path: PathBuf,
    options: FileOptions,
    digest: Option<blake3::Hash>,
    known: Mutex<Option<KnownManifest>>,
    verified: Verified,
}

#[derive(Debug)]
struct KnownManifest {
    manifest: Arc<Manifest<Skipped>>,
    /// What the file was when it was read.
    stamp: Stamp,
}

impl FileLoader {
    /// A loader for `folder`.
    ///
    /// # Errors
    /// The manifest is missing, malformed, another one than was asked for, or open to others.
    pub(crate) fn open(folder: PathBuf, options: FileOptions) -> Result<Self, Error> {
        let digest = options.manifest_digest.as_deref().map(parse_digest);
        let loader = Self {
            manifest_path: folder.join(FILE_NAME),
            folder,
            digest: digest.transpose()?,
            options,
            known: Mutex::new(None),
            verified: Verified::default(),
        };
        loader.check_manifest()?;
        Ok(loader)
    }

    /// Checks what can be told of the manifest at once; a short one is read.
    fn check_manifest(&self) -> Result<(), Error> {
        self.check_folder()?;
        let (file, metadata) = self.open_manifest()?;
        if metadata.len() <= READ_AT_ONCE {
            let known = self.read_manifest(file, &metadata)?;
            *self.known() = Some(known);
        } else if self.digest.is_some() {
            let bytes = manifest::read_file(file, &metadata, &self.manifest_path)?;
            self.check_digest(&bytes)?;
        }
        Ok(())
    }

    /// The manifest as it is now: read again if the file changed.
    fn manifest(&self) -> Result<Arc<Manifest<Skipped>>, Error> {
        self.check_folder()?;
        let mut known = self.known();
        if let Some(known) = &*known
            && fs::metadata(&self.manifest_path).is_ok_and(|now| Stamp::of(&now) == known.stamp)
        {
            return Ok(known.manifest.clone());
        }
        let (file, metadata) = self.open_manifest()?;
        let read = self.read_manifest(file, &metadata)?;
        Ok(known.insert(read).manifest.clone())
    }

    fn known(&self) -> MutexGuard<'_, Option<KnownManifest>> {
        self.known.lock().unpoisoned()
    }

    fn open_manifest(&self) -> Result<(File, Metadata), Error> {
        let (file, metadata) = manifest::open_file(&self.manifest_path)?;
        if !self.options.shared {
            trust::check("", &self.manifest_path, &metadata)?;
        }
        Ok((file, metadata))
    }

    fn read_manifest(&self, file: File, metadata: &Metadata) -> Result<KnownManifest, Error> {
        let path = &self.manifest_path;
        let bytes = manifest::read_file(file, metadata, path)?;
        self.check_digest(&bytes)?;
        Ok(KnownManifest {
            manifest: Arc::new(Manifest::parse_without_operations(&bytes, path)?),
            stamp: Stamp::of(metadata),
        })
    }

    /// Whoever may write to the folder can put another manifest there.
    fn check_folder(&self) -> Result<(), Error> {
        // Without a folder there is no manifest, which says it better.
        match fs::metadata(&self.folder) {
            Ok(metadata) if !self.options.shared => trust::check("", &self.folder, &metadata),
            _ => Ok(()),
        }
    }

    fn check_digest(&self, bytes: &[u8]) -> Result<(), Error> {
        let Some(expected) = self.digest else {
            return Ok(());
        };
        let found = blake3::hash(bytes);
        if found == expected {
            return Ok(());
        }
        Err(Error::ManifestDigest {
            path: self.manifest_path.clone(),
            expected: expected.to_hex().to_string(),
            found: found.to_hex().to_string(),
        })
    }
}

fn parse_digest(digest: &str) -> Result<blake3::Hash, Error> {
    blake3::Hash::from_hex(digest).map_err(|error| Error::Digest {
        digest: digest.to_owned(),
        problem: error.to_string(),
    })
}

// SAFETY: `LinkedLibrary` matches each operation by name and fingerprint.
unsafe impl Loader for FileLoader {
    fn available(&self) -> Vec<String> {
        let manifest = self.manifest();
        let modules = manifest.iter().flat_map(|manifest| &manifest.modules);
        modules.map(|module| module.name.clone()).collect()
    }

    fn load(
        &self,
        module: &'static ModuleInfo,
        operations: Operations,
    ) -> Result<Box<dyn Library>, Error> {
        let manifest = self.manifest()?;
        let entry = manifest
            .module(module.name)
            .ok_or_else(|| Error::NotBuilt {
                module: module.name.to_owned(),
                folder: self.folder.clone(),
            })?;
        if manifest.toolchain != TOOLCHAIN {
            return Err(Error::ToolchainMismatch {
                module: module.name.to_owned(),
                expected: TOOLCHAIN.to_owned(),
                found: manifest.toolchain.clone(),
            });
        }
        let link = |sealed| {
            let demands = Demands {
                entry,
                symbol: module.entry,
                sealed,
                shared: self.options.shared,
                vouched: self.options.vouched,
                verified: &self.verified,
            };
            let file = CheckedFile::open(&self.folder, demands)?;
            LinkedLibrary::link(module, operations.clone(), file, entry)
        };
        let library = match link(self.options.sealed) {
            // Another copy of this crate runs the file: this one takes an image of its own.
            Err(Error::AlreadyStarted { .. }) => link(true)?,
            linked => linked?,
        };
        Ok(Box::new(library))
    }
}
