//! The manifest: what the build tool wrote down about the libraries it built.
//!
//! It stands beside them as `manifest.json`. The loader trusts a library only if its bytes hash to
//! what stands here, so a damaged or foreign file never reaches the dynamic linker.

#![forbid(unsafe_code)]

use std::collections::HashSet;
use std::fmt;
use std::fs::{File, Metadata, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

pub use crate::boundary::error::{FORMAT, ManifestError};

/// The name of the manifest inside a modules folder.
pub const FILE_NAME: &str = "manifest.json";

/// No manifest is longer: a thousand modules of a thousand operations need less.
const MAX_BYTES: u64 = 64 << 20;

/// All modules of one build. `O`: what is read of their operations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest<O = Vec<OperationEntry>> {
    /// [`FORMAT`] of the writer.
    pub format: u32,
    /// The toolchain that built the modules, as [`crate::TOOLCHAIN`] words it.
    pub toolchain: String,
    /// The modules, sorted by name.
    pub modules: Vec<ModuleFile<O>>,
}

/// One built library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleFile<O = Vec<OperationEntry>> {
    /// The module's name: its package name.
    pub name: String,
    /// The package's version.
    pub version: String,
    /// File name, relative to the manifest's folder.
    pub file: String,
    /// Size of the file in bytes.
    pub size: u64,
    /// BLAKE3 of the file, 64 lower-case hex digits.
    pub blake3: String,
    /// The operations, sorted by interface and name.
    pub operations: O,
    /// Whether the library can be unloaded, judged from its ELF headers at build time.
    pub unload: UnloadGrade,
    /// How it was compiled. A file that doesn't say so is for use.
    #[serde(default, skip_serializing_if = "Profile::is_release")]
    pub profile: Profile,
}

/// How well a library was compiled.
///
/// # Examples
/// ```
/// use lmms::manifest::Profile;
///
/// assert_eq!(Profile::default(), Profile::Release);
/// assert_eq!(Profile::ALL.map(Profile::name), ["release", "quick"]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// For use: as small and fast as the compiler makes it.
    #[default]
    Release,
    /// For a first look: compiled in a fraction of the time, slower and a little larger.
    Quick,
}

impl Profile {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Release, Self::Quick];

    /// Its name, as manifests and commands have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Quick => "quick",
        }
    }

    fn is_release(&self) -> bool {
        *self == Self::Release
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One operation of a built library. In the file it is one text, such as `images.thumbnail 00c0ffee00c0ffee`: a program
/// reads its manifest at each start, and operations are most of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct OperationEntry {
    /// The interface, such as `images`.
    pub interface: String,
    /// The operation's name, such as `thumbnail`.
    pub name: String,
    /// Fingerprint of the signature: names, types and layouts; 16 hex digits.
    pub fingerprint: String,
}

impl From<OperationEntry> for String {
    fn from(entry: OperationEntry) -> Self {
        let OperationEntry {
            interface,
            name,
            fingerprint,
        } = entry;
        format!("{interface}.{name} {fingerprint}")
    }
}

impl TryFrom<String> for OperationEntry {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let parts = text
            .split_once(' ')
            .and_then(|(operation, fingerprint)| Some((operation.split_once('.')?, fingerprint)));
        let Some(((interface, name), fingerprint)) = parts else {
            return Err("an operation is `interface.name fingerprint`");
        };
        Ok(Self {
            interface: interface.to_owned(),
            name: name.to_owned(),
            fingerprint: fingerprint.to_owned(),
        })
    }
}

/// What the ELF headers say about unloading.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnloadGrade {
    /// `false`: the module works, but is never unloaded.
    pub safe: bool,
    /// What was found, worst first.
    pub findings: Vec<Finding>,
}

/// One fact about a library that matters for unloading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// A short stable name, such as `nodelete`.
    pub code: String,
    /// `true` when this alone forbids unloading.
    pub blocks_unload: bool,
    /// What was found, in a sentence.
    pub what: String,
    /// What to do about it.
    pub advice: String,
}

impl UnloadGrade {
    /// Why it can't be unloaded, if so.
    pub fn reason(&self) -> Option<String> {
        let blocking = self.findings.iter().filter(|finding| finding.blocks_unload);
        let reasons: Vec<_> = blocking.map(|finding| finding.what.as_str()).collect();
        (!self.safe).then(|| match reasons.join("; ") {
            none if none.is_empty() => "its manifest says so".to_owned(),
            reasons => reasons,
        })
    }

    /// Whether it could make threads that the host's wraps don't see: by itself, or in a shared
    /// library that comes with it.
    pub fn may_hide_threads(&self) -> bool {
        self.finds(Finding::RAW_THREADS) || self.finds(Finding::FOREIGN_LIBRARIES)
    }

    /// Whether it has a finding of that code.
    pub fn finds(&self, code: &str) -> bool {
        self.findings.iter().any(|finding| finding.code == code)
    }
}

impl Finding {
    /// Code of the finding that it imports `clone`.
    pub const RAW_THREADS: &'static str = "raw-threads";
    /// Code of the finding that the toolchain's mark against unloading was taken out of it.
    pub const NODELETE_CLEARED: &'static str = "nodelete-cleared";
    /// Code of the finding that it needs shared libraries of its own.
    pub const FOREIGN_LIBRARIES: &'static str = "foreign-libraries";
}

impl Manifest {
    /// Reads `manifest.json` in `folder`.
    ///
    /// # Errors
    /// [`ManifestError`] when the file is missing, unreadable, no manifest, or of another format.
    pub fn read(folder: &Path) -> Result<Self, ManifestError> {
        let path = folder.join(FILE_NAME);
        let (file, metadata) = open_file(&path)?;
        let bytes = read_file(file, &metadata, &path)?;
        Self::parse(&bytes, &path)
    }

    /// Reads a manifest from `bytes`; `path` is only for the errors.
    ///
    /// # Errors
    /// [`ManifestError::Malformed`], [`ManifestError::Format`] or [`ManifestError::Entry`].
    pub fn parse(bytes: &[u8], path: &Path) -> Result<Self, ManifestError> {
        Self::parse_as(bytes, path)
    }
}

/// Stands for operations that are passed over: a gateway knows them from its registry, and compares
/// them with what the library itself says.
pub(crate) type Skipped = serde::de::IgnoredAny;

impl Manifest<Skipped> {
    /// As [`Manifest::parse`], without the operations.
    pub(crate) fn parse_without_operations(
        bytes: &[u8],
        path: &Path,
    ) -> Result<Self, ManifestError> {
        Self::parse_as(bytes, path)
    }
}

impl<O> Manifest<O> {
    fn parse_as<'d>(bytes: &'d [u8], path: &Path) -> Result<Self, ManifestError>
    where
        O: Deserialize<'d>,
    {
        let manifest: Self =
            serde_json::from_slice(bytes).map_err(|source| malformed(bytes, path, source))?;
        if manifest.format != FORMAT {
            return Err(other_format(path, manifest.format));
        }
        for module in &manifest.modules {
            module.check().map_err(|problem| ManifestError::Entry {
                path: path.to_owned(),
                module: module.name.clone(),
                problem,
            })?;
        }
        let mut names = HashSet::new();
        let twice = manifest
            .modules
            .iter()
            .find(|module| !names.insert(&module.name));
        if let Some(module) = twice {
            return Err(ManifestError::Entry {
                path: path.to_owned(),
                module: module.name.clone(),
                problem: "is listed twice",
            });
        }
        Ok(manifest)
    }

    /// The entry of one module.
    pub fn module(&self, name: &str) -> Option<&ModuleFile<O>> {
        self.modules.iter().find(|module| module.name == name)
    }
}

impl<O> ModuleFile<O> {
    /// The hash as bytes; `None` if it is not 64 hex digits.
    pub fn hash(&self) -> Option<[u8; 32]> {
        let digits = self.blake3.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
            let high = (pair[0] as char).to_digit(16)?;
            let low = (pair[1] as char).to_digit(16)?;
            *byte = (high * 16 + low) as u8;
        }
        Some(hash)
    }

    fn check(&self) -> Result<(), &'static str> {
        if self.name.is_empty() {
            return Err("has no name");
        }
        // A path here could name any file of the machine.
        if matches!(&*self.file, "" | "." | "..") || self.file.contains(['/', '\0']) {
            return Err("`file` must be a plain file name");
        }
        if self.hash().is_none() {
            return Err("`blake3` must be 64 hex digits");
        }
        Ok(())
    }
}

/// Why bytes are no manifest of this format: another format's body need not parse.
fn malformed(bytes: &[u8], path: &Path, source: serde_json::Error) -> ManifestError {
    #[derive(Deserialize)]
    struct Header {
        format: u32,
    }
    match serde_json::from_slice(bytes) {
        Ok(Header { format }) if format != FORMAT => other_format(path, format),
        _ => ManifestError::Malformed {
            path: path.to_owned(),
            source,
        },
    }
}

fn other_format(path: &Path, found: u32) -> ManifestError {
    ManifestError::Format {
        path: path.to_owned(),
        found,
    }
}

/// Opens a manifest and tells what its file is.
pub(crate) fn open_file(path: &Path) -> Result<(File, Metadata), ManifestError> {
    let failed = |source| ManifestError::Read {
        path: path.to_owned(),
        source,
    };
    // A pipe would wait for a writer for ever, a device could go on for ever.
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)
        .map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(ManifestError::Unusable {
            path: path.to_owned(),
            problem: "is not a file",
        });
    }
    Ok((file, metadata))
}

/// The bytes of an open manifest.
pub(crate) fn read_file(
    file: File,
    metadata: &Metadata,
    path: &Path,
) -> Result<Vec<u8>, ManifestError> {
    let mut bytes = Vec::new();
    let limit = MAX_BYTES + 1;
    if metadata.len() < limit {
        bytes.reserve_exact(metadata.len() as usize);
        file.take(limit)
            .read_to_end(&mut bytes)
            .map_err(|source| ManifestError::Read {
                path: path.to_owned(),
                source,
            })?;
    }
    if metadata.len().max(bytes.len() as u64) > MAX_BYTES {
        return Err(ManifestError::Unusable {
            path: path.to_owned(),
            problem: "is too long for a module manifest",
        });
    }
    Ok(bytes)
}
