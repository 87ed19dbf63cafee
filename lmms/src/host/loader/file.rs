//! A module's file: opened once, hashed from that descriptor, and loaded from that descriptor.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use memchr::memmem;

use super::elf::{self, Problem};
use super::stamp::{Stamp, Verified};
use super::trust;
use crate::boundary::abi::TOOLCHAIN;
use crate::boundary::error::Error;
use crate::host::loader::manifest::{ModuleFile, Skipped};
use crate::sync::Unpoisoned as _;

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

/// What must hold for a module's file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Demands<'a> {
    /// What the manifest says.
    pub(super) entry: &'a ModuleFile<Skipped>,
    /// The symbol that the library exports.
    pub(super) symbol: &'a str,
    /// Always load a private, unchangeable copy.
    pub(super) sealed: bool,
    /// Others may write to it.
    pub(super) shared: bool,
    /// Something else vouches for its bytes.
    pub(super) vouched: bool,
    /// Files whose bytes need not be read again.
    pub(super) verified: &'a Verified,
}

impl CheckedFile {
    /// Opens the module's file and compares its bytes with the manifest.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Untrusted`], or what is wrong with its bytes.
    pub(super) fn open(folder: &Path, demands: Demands<'_>) -> Result<Self, Error> {
        let entry = demands.entry;
        let path = folder.join(&entry.file);
        let failed = |action, source| file_error(&entry.name, &path, action, source);
        // A pipe in its place would wait for a writer for ever.
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NONBLOCK)
            .open(&path)
            .map_err(|source| failed("open", source))?;
        let metadata = file
            .metadata()
            .map_err(|source| failed("examine", source))?;
        if !metadata.is_file() {
            return Err(Error::NotAModule {
                module: entry.name.clone(),
                path,
                problem: "it is not a file".to_owned(),
            });
        }
        if !demands.shared {
            trust::check(&entry.name, &path, &metadata)?;
        }
        if metadata.len() != entry.size {
            return Err(Error::SizeMismatch {
                module: entry.name.clone(),
                path,
                expected: entry.size,
                found: metadata.len(),
            });
        }
        let identity = (metadata.dev(), metadata.ino());
        if demands.sealed || !claim(identity) {
            return Self::open_copy(file, path, demands);
        }
        let mut checked = Self {
            file,
            identity,
            path,
        };
        let stamp = Stamp::of(&metadata);
        // Who has it mapped for writing may change it without a trace: nobody else has, unless it is shared.
        if demands.vouched && !demands.shared {
            check_header(&checked.file, &checked.path, entry)?;
        } else if demands.shared || !demands.verified.holds(entry, stamp) {
            check_bytes(&mut checked.file, &checked.path, demands)?;
            demands.verified.note(entry, stamp);
        }
        Ok(checked)
    }

    /// Checks and takes a private copy: another inode, and nobody can change it.
    fn open_copy(mut file: File, path: PathBuf, demands: Demands<'_>) -> Result<Self, Error> {
        let module = &demands.entry.name;
        let failed = |action, source| file_error(module, &path, action, source);
        let mut copy = sealed_copy(&mut file, module).map_err(|source| failed("copy", source))?;
        check_bytes(&mut copy, &path, demands)?;
        let metadata = copy
            .metadata()
            .map_err(|source| failed("examine the copy of", source))?;
        let identity = (metadata.dev(), metadata.ino());
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
        if let Some(loaded) = &mut *LOADED.lock().unpoisoned() {
            loaded.remove(&self.identity);
        }
    }
}

/// All that can be told from the bytes without the dynamic linker, cheapest first.
fn check_bytes(
    file: &mut File,
    path: &Path,
    Demands { entry, symbol, .. }: Demands<'_>,
) -> Result<(), Error> {
    let failed = |action, source| file_error(&entry.name, path, action, source);
    let not_a_module = |problem| Error::NotAModule {
        module: entry.name.clone(),
        path: path.to_owned(),
        problem,
    };
    // A library that has both has them as they are here; its descriptor is checked once it is linked.
    let symbol_text = format!("{symbol}\0");
    let texts = [symbol_text.as_bytes(), TOOLCHAIN.as_bytes()];
    let (found, [has_symbol, has_toolchain]) =
        scan(file, texts).map_err(|source| failed("read", source))?;
    if entry.hash() != Some(*found.as_bytes()) {
        return Err(Error::HashMismatch {
            module: entry.name.clone(),
            path: path.to_owned(),
            expected: entry.blake3.clone(),
            found: found.to_hex().to_string(),
        });
    }
    check_header(file, path, entry)?;
    if !has_symbol {
        return Err(not_a_module(format!("it has no `{symbol}`")));
    }
    if !has_toolchain {
        return Err(Error::ToolchainMismatch {
            module: entry.name.clone(),
            expected: TOOLCHAIN.to_owned(),
            found: "another toolchain than its manifest says".to_owned(),
        });
    }
    Ok(())
}

/// What the ELF header says: a whole library for this machine.
fn check_header(file: &File, path: &Path, entry: &ModuleFile<Skipped>) -> Result<(), Error> {
    let failed = |source| file_error(&entry.name, path, "read the header of", source);
    match elf::check(file, entry.size).map_err(failed)? {
        Ok(()) => Ok(()),
        Err(Problem::NoLibrary(problem)) => Err(Error::NotAModule {
            module: entry.name.clone(),
            path: path.to_owned(),
            problem,
        }),
        Err(Problem::Platform(found)) => Err(Error::Platform {
            module: entry.name.clone(),
            path: path.to_owned(),
            expected: elf::own_platform(),
            found,
        }),
    }
}

fn file_error(module: &str, path: &Path, action: &'static str, source: io::Error) -> Error {
    Error::File {
        module: module.to_owned(),
        path: path.to_owned(),
        action,
        source: Arc::new(source),
    }
}

/// Reads the file from its start: its hash, and which of the texts are in it.
fn scan<const N: usize>(
    file: &mut File,
    texts: [&[u8]; N],
) -> io::Result<(blake3::Hash, [bool; N])> {
    // Small enough to stay in the processor's cache, and whole subtrees of the hash: a piece of another length would
    // let the hash go on in narrow steps.
    const CHUNK: usize = 64 << 10;
    file.rewind()?;
    let finders = texts.map(memmem::Finder::new);
    // A text may lie across two chunks.
    let overlap = texts.iter().map(|text| text.len()).max().unwrap_or(0);
    let mut hasher = blake3::Hasher::new();
    let mut found = [false; N];
    let mut buffer = vec![0; overlap + CHUNK];
    loop {
        let read = read_full(file, &mut buffer[overlap..])?;
        let filled = overlap + read;
        hasher.update(&buffer[overlap..filled]);
        for (found, finder) in found.iter_mut().zip(&finders) {
            *found = *found || finder.find(&buffer[..filled]).is_some();
        }
        if read < CHUNK {
            return Ok((hasher.finalize(), found));
        }
        buffer.copy_within(filled - overlap..filled, 0);
    }
}

/// Fills the buffer, or as much of it as the file has left.
fn read_full(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Marks a file as loaded; `false` if it is already.
fn claim(identity: (u64, u64)) -> bool {
    LOADED
        .lock()
        .unpoisoned()
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
