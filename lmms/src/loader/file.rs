//! A module's file: opened once, hashed from that descriptor, and loaded from that descriptor.

use crate::error::Error;
use crate::manifest::ModuleFile;

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Seek};
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Files that are loaded now, by device and inode. The dynamic linker would hand out the same
/// library again for the same file, statics and all; then a copy is loaded.
static LOADED: Mutex<Option<HashSet<(u64, u64)>>> = Mutex::new(None);

/// A file whose content was checked.
///
/// It stays open while its library is loaded: the linker compares names before anything else, and
/// would take a reused `/proc/self/fd/N` for the library it already has.
#[derive(Debug)]
pub(super) struct CheckedFile {
    file: File,
    identity: (u64, u64),
    path: PathBuf,
}

impl CheckedFile {
    /// Opens the module's file and compares its bytes with the manifest.
    ///
    /// # Errors
    /// [`Error::File`], or [`Error::HashMismatch`].
    pub(super) fn open(folder: &Path, entry: &ModuleFile, sealed: bool) -> Result<Self, Error> {
        let path = folder.join(&entry.file);
        let failed = |action| {
            let (module, path) = (entry.name.clone(), path.clone());
            move |source: io::Error| Error::File {
                module,
                path,
                action,
                source: Arc::new(source),
            }
        };
        let mut file = File::open(&path).map_err(failed("open"))?;
        let found = hash(&mut file).map_err(failed("read"))?;
        if entry.hash() != Some(*found.as_bytes()) {
            return Err(Error::HashMismatch {
                module: entry.name.clone(),
                path,
                expected: entry.blake3.clone(),
                found: found.to_hex().to_string(),
            });
        }
        let identity = identity_of(&file).map_err(failed("examine"))?;
        if !sealed && claim(identity) {
            return Ok(Self {
                file,
                identity,
                path,
            });
        }
        // A private copy: another inode, and nobody can change it. Its bytes are checked again.
        let mut copy = sealed_copy(&mut file, &entry.name).map_err(failed("copy"))?;
        let copied = hash(&mut copy).map_err(failed("read the copy of"))?;
        if copied != found {
            return Err(Error::HashMismatch {
                module: entry.name.clone(),
                path,
                expected: entry.blake3.clone(),
                found: copied.to_hex().to_string(),
            });
        }
        let identity = identity_of(&copy).map_err(failed("examine the copy of"))?;
        claim(identity);
        Ok(Self {
            file: copy,
            identity,
            path,
        })
    }

    /// The name to give to the dynamic linker.
    pub(super) fn linker_name(&self) -> PathBuf {
        format!("/proc/self/fd/{}", self.file.as_raw_fd()).into()
    }

    /// The file's own name, for messages.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for CheckedFile {
    fn drop(&mut self) {
        if let Some(loaded) = &mut *LOADED.lock().unwrap_or_else(PoisonError::into_inner) {
            loaded.remove(&self.identity);
        }
    }
}

fn hash(file: &mut File) -> io::Result<blake3::Hash> {
    file.rewind()?;
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(file)?;
    Ok(hasher.finalize())
}

fn identity_of(file: &File) -> io::Result<(u64, u64)> {
    let metadata = file.metadata()?;
    Ok((metadata.dev(), metadata.ino()))
}

/// Marks a file as loaded; `false` if it is already.
fn claim(identity: (u64, u64)) -> bool {
    LOADED
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .get_or_insert_default()
        .insert(identity)
}

#[cfg(target_os = "linux")]
fn sealed_copy(file: &mut File, module: &str) -> io::Result<File> {
    use std::os::fd::{FromRawFd, OwnedFd};

    let name = std::ffi::CString::new(module).unwrap_or_default();
    let flags = libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING;
    // SAFETY: `name` is a C string that lives through the call.
    let descriptor = unsafe { libc::memfd_create(name.as_ptr(), flags) };
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: a new descriptor that nobody else owns.
    let mut copy = File::from(unsafe { OwnedFd::from_raw_fd(descriptor) });
    file.rewind()?;
    io::copy(file, &mut copy)?;
    let seals = libc::F_SEAL_WRITE | libc::F_SEAL_GROW | libc::F_SEAL_SHRINK | libc::F_SEAL_SEAL;
    // SAFETY: takes a descriptor we own and a number.
    if unsafe { libc::fcntl(copy.as_raw_fd(), libc::F_ADD_SEALS, seals) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(copy)
}

#[cfg(not(target_os = "linux"))]
fn sealed_copy(_: &mut File, _: &str) -> io::Result<File> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "the file is loaded already, and private copies need Linux",
    ))
}
