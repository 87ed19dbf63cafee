//! Puts built libraries where an application finds them, and writes the manifest.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use lmms::manifest::{
    FILE_NAME, FORMAT, Manifest, ModuleFile, OperationEntry, Profile, UnloadGrade,
};
use serde::Serialize;

use super::{BuildOptions, grade_words};
use crate::common::error::{Disagreement, Error};
use crate::common::screen::{self, Screen, Style};
use crate::common::workspace::{ModuleCrate, Workspace};
use crate::elf::{self, Elf};
use crate::modules::agreement::{self, Built};
use crate::modules::describe::{self, Description};
use crate::modules::known::Advice;
use crate::modules::operations;

/// One module that was built.
#[derive(Clone, Debug, Serialize)]
pub struct BuiltModule {
    /// What stands in the manifest about it.
    #[serde(flatten)]
    pub file: ModuleFile,
    /// Whether the file is a new one; `false`: it was already what the sources make.
    pub replaced: bool,
    /// What is known about the crates that it is made of, if it has no shutdown function.
    pub advice: Vec<Advice>,
}

/// What was installed.
pub(super) struct Installed {
    pub(super) modules: Vec<BuiltModule>,
    /// Names of modules that are gone.
    pub(super) removed: Vec<String>,
    /// Names of all modules there that are quick builds.
    pub(super) quick: Vec<String>,
    pub(super) manifest_digest: String,
}

/// The file name of a module's library.
pub(crate) fn library_name(module: &str) -> String {
    format!("{}.so", module.replace('-', "_"))
}

/// Installs `libraries`, keeps what `kept` says about other modules of `all`, removes the rest.
///
/// The folder and the files are the owner's alone to change, whatever the umask: a gateway refuses
/// others.
pub(super) fn install(
    workspace: &Workspace,
    all: &[ModuleCrate<'_>],
    libraries: &BTreeMap<String, PathBuf>,
    kept: Option<Manifest>,
    options: &BuildOptions,
) -> Result<Installed, Error> {
    let folder = workspace.modules_dir();
    create_folder(&folder).map_err(Error::io("create", &folder))?;
    let mut entries: BTreeMap<String, ModuleFile> = BTreeMap::new();
    let mut removed = Vec::new();
    for entry in kept.into_iter().flat_map(|manifest| manifest.modules) {
        if all.iter().any(|module| module.name() == entry.name) {
            entries.insert(entry.name.clone(), entry);
        } else {
            removed.push(entry.name);
        }
    }

    // All are looked at before any is replaced: a library that can't be used changes nothing.
    let mut prepared = Vec::new();
    let mut disagreements = Vec::new();
    for (module, library) in libraries {
        let known = entries.get(module);
        let mut looked_at = Prepared::look_at(module, library, known)?;
        looked_at.file.profile = options.profile;
        let source = all.iter().find(|source| source.name() == module);
        disagreements.extend(source.and_then(|source| looked_at.disagreement(source)));
        prepared.push(looked_at);
    }
    if !disagreements.is_empty() {
        return Err(Error::Disagreement(disagreements));
    }
    let mut built = Vec::new();
    for prepared in prepared {
        let replaced = replace(&folder.join(&prepared.file.file), &prepared.bytes)?;
        if replaced && !options.quiet {
            screen::report(line(&prepared.file));
        }
        entries.insert(prepared.file.name.clone(), prepared.file.clone());
        built.push(BuiltModule {
            file: prepared.file,
            replaced,
            advice: Vec::new(),
        });
    }
    // Entries of modules that were never installed here, such as after a lost file.
    entries.retain(|_, entry| folder.join(&entry.file).is_file());
    let manifest = Manifest {
        format: FORMAT,
        toolchain: lmms::TOOLCHAIN.to_owned(),
        modules: entries.into_values().collect(),
    };
    let manifest_digest = write_manifest(&folder, &manifest)?;
    remove_strangers(&folder, &manifest)?;
    Ok(Installed {
        modules: built,
        removed,
        quick: quick(&manifest),
        manifest_digest,
    })
}

/// The names of modules that are quick builds.
pub(crate) fn quick(manifest: &Manifest) -> Vec<String> {
    let quick = |module: &&ModuleFile| module.profile == Profile::Quick;
    let modules = manifest.modules.iter().filter(quick);
    modules.map(|module| module.name.clone()).collect()
}

/// A library that was read and judged.
struct Prepared {
    file: ModuleFile,
    bytes: Vec<u8>,
    /// The operations' signatures, in the order of the file's operations; none if the library is known.
    signatures: Vec<String>,
}

impl Prepared {
    fn look_at(module: &str, library: &Path, known: Option<&ModuleFile>) -> Result<Self, Error> {
        let built = fs::read(library).map_err(Error::io("read", library))?;
        let mut unmarked = built.clone();
        let marked = elf::clear_nodelete(&mut unmarked);
        let hash = |bytes: &[u8]| blake3::hash(bytes).to_hex().to_string();
        // The same bytes describe themselves alike; only the judgement may have changed.
        let known = known.filter(|known| [hash(&built), hash(&unmarked)].contains(&known.blake3));
        let (mut file, signatures) = match known {
            Some(known) => (known.clone(), Vec::new()),
            None => described(module, library)?,
        };
        let own_reason = elf::own_reason(&file.unload).map(str::to_owned);
        let judge = |bytes: &[u8]| -> Result<UnloadGrade, Error> {
            let elf = Elf::read(bytes).map_err(|source| Error::Elf {
                path: library.to_owned(),
                source,
            })?;
            Ok(elf::grade(&elf, own_reason.as_deref()))
        };
        let mut bytes = built;
        file.unload = judge(&bytes)?;
        if marked {
            let mut unload = judge(&unmarked)?;
            // Only where nothing else speaks against it: else the mark does good.
            if unload.safe {
                unload.findings.push(elf::cleared());
                file.unload = unload;
                bytes = unmarked;
            }
        }
        file.size = bytes.len() as u64;
        file.blake3 = hash(&bytes);
        Ok(Self {
            file,
            bytes,
            signatures,
        })
    }

    /// How the library differs from what gateways read in the module's sources.
    fn disagreement(&self, source: &ModuleCrate<'_>) -> Option<Disagreement> {
        let (declared, unread) = operations::read(source);
        let built = self.file.operations.iter().enumerate();
        let built = built.map(|(index, operation)| Built {
            interface: &operation.interface,
            name: &operation.name,
            signature: self.signatures.get(index).map(String::as_str),
        });
        let differences = agreement::differences(&declared, built);
        (!differences.is_empty()).then(|| Disagreement {
            module: source.name().to_owned(),
            differences,
            unread,
        })
    }
}

/// What a library says of itself, with the operations' signatures; its unload grade holds only its own reason.
fn described(module: &str, library: &Path) -> Result<(ModuleFile, Vec<String>), Error> {
    let description = describe::describe(module, library)?;
    check_identity(module, library, &description)?;
    let described = description.operations.into_iter();
    let entries = described.map(|operation| {
        let entry = OperationEntry {
            interface: operation.interface,
            name: operation.name,
            fingerprint: operation.fingerprint,
        };
        (entry, operation.signature)
    });
    let (operations, signatures) = entries.unzip();
    let file = ModuleFile {
        name: module.to_owned(),
        version: description.version,
        file: library_name(module),
        size: 0,
        blake3: String::new(),
        operations,
        unload: elf::grade(&Elf::default(), description.unload_unsafe.as_deref()),
        profile: Profile::default(),
    };
    Ok((file, signatures))
}

fn check_identity(module: &str, library: &Path, found: &Description) -> Result<(), Error> {
    let mismatch = |problem| Error::Mismatch {
        path: library.to_owned(),
        problem,
    };
    if found.name != module {
        return Err(mismatch(format!(
            "it calls itself `{}`, not `{module}`",
            found.name
        )));
    }
    if found.toolchain != lmms::TOOLCHAIN {
        return Err(mismatch(format!(
            "it was built with `{}`, this tool with `{}`: run the tool with the toolchain of the \
             workspace (a rust-toolchain.toml pins it)",
            found.toolchain,
            lmms::TOOLCHAIN
        )));
    }
    Ok(())
}

/// One module in a line, while the build goes on.
fn line(file: &ModuleFile) -> String {
    let screen = Screen::stderr();
    let style = if file.unload.safe {
        Style::Good
    } else {
        Style::Warning
    };
    format!(
        "{:>12} {:<20} {:>9}  {}  unloads: {}",
        screen.paint(Style::Good, format_args!("{:>12}", "Installed")),
        file.name,
        screen::size(file.size),
        &file.blake3[..12],
        screen.paint(style, grade_words(&file.unload)),
    )
}

/// Makes `path` a file with these bytes, by rename; `false` when it is one already.
///
/// A process that has the old file loaded keeps it; nobody ever sees a half-written one.
fn replace(path: &Path, bytes: &[u8]) -> Result<bool, Error> {
    let same_size = fs::metadata(path).is_ok_and(|old| old.len() == bytes.len() as u64);
    if same_size && fs::read(path).is_ok_and(|old| old == bytes) {
        keep_to_owner(path).map_err(Error::io("change the mode of", path))?;
        return Ok(false);
    }
    let temporary = temporary(path);
    // One that a crash left would keep its mode.
    let _ = fs::remove_file(&temporary);
    let create = || {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o644);
        options.open(&temporary)
    };
    let written = create().and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    if let Err(source) = written.and_then(|()| fs::rename(&temporary, path)) {
        // A full disk must not stay full because of this.
        let _ = fs::remove_file(&temporary);
        return Err(Error::io("write", path)(source));
    }
    // The new name must survive a crash as well; where a folder can't be opened, it needs no sync.
    if let Some(Ok(folder)) = path.parent().map(File::open) {
        let _ = folder.sync_all();
    }
    Ok(true)
}

/// Makes the folder, and everything above it that is missing.
pub(crate) fn create_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o755)
        .create(folder)?;
    keep_to_owner(folder)
}

/// Takes away what others may write.
fn keep_to_owner(path: &Path) -> io::Result<()> {
    let metadata = fs::metadata(path)?;
    if !lmms::loader::others_may_write(&metadata) {
        return Ok(());
    }
    let mode = metadata.permissions().mode() & !0o022;
    fs::set_permissions(path, Permissions::from_mode(mode))
}

fn temporary(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.new"))
}

/// Gives the digest that `Builder::manifest_digest` takes.
fn write_manifest(folder: &Path, manifest: &Manifest) -> Result<String, Error> {
    let path = folder.join(FILE_NAME);
    let mut text = serde_json::to_vec_pretty(manifest).map_err(|error| Error::Config {
        path: path.clone(),
        problem: error.to_string(),
    })?;
    text.push(b'\n');
    replace(&path, &text)?;
    Ok(blake3::hash(&text).to_hex().to_string())
}

/// Removes libraries that the manifest does not name, and what a crash left half-written.
fn remove_strangers(folder: &Path, manifest: &Manifest) -> Result<(), Error> {
    for entry in fs::read_dir(folder).map_err(Error::io("read", folder))? {
        let entry = entry.map_err(Error::io("read", folder))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let listed = manifest.modules.iter().any(|module| module.file == name);
        let ours = name.ends_with(".so") || (name.starts_with('.') && name.ends_with(".new"));
        if ours && !listed {
            let path = entry.path();
            fs::remove_file(&path).map_err(Error::io("remove", &path))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn replacing_keeps_the_old_file_for_those_who_hold_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.so");
        assert!(replace(&path, b"old").unwrap());
        let before = fs::metadata(&path).unwrap().ino();
        assert!(!replace(&path, b"old").unwrap());
        assert_eq!(fs::metadata(&path).unwrap().ino(), before);
        let mut held = File::open(&path).unwrap();
        assert!(replace(&path, b"new").unwrap());
        let mut text = String::new();
        std::io::Read::read_to_string(&mut held, &mut text).unwrap();
        assert_eq!(text, "old");
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_others_could_write_is_kept_to_its_owner() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("lmms/modules");
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        let open = |path: &Path| fs::set_permissions(path, Permissions::from_mode(0o777)).unwrap();
        create_folder(&folder).unwrap();
        assert_eq!(mode(&folder) & 0o022, 0);
        open(&folder);
        create_folder(&folder).unwrap();
        assert_eq!(mode(&folder), 0o755);
        let path = folder.join("a.so");
        fs::write(temporary(&path), "left by a crash").unwrap();
        open(&temporary(&path));
        assert!(replace(&path, b"whole").unwrap());
        assert_eq!(mode(&path) & 0o133, 0);
        open(&path);
        assert!(!replace(&path, b"whole").unwrap());
        assert_eq!(mode(&path), 0o755);
    }

    #[test]
    fn strangers_go_and_what_is_listed_or_no_library_stays() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["gone.so", ".gone.so.new", "listed.so", "notes.txt"] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        let listed = ModuleFile {
            name: "listed".to_owned(),
            version: String::new(),
            file: "listed.so".to_owned(),
            size: 1,
            blake3: String::new(),
            operations: Vec::new(),
            unload: UnloadGrade::default(),
            profile: Profile::default(),
        };
        let manifest = Manifest {
            format: FORMAT,
            toolchain: String::new(),
            modules: vec![listed],
        };
        remove_strangers(folder.path(), &manifest).unwrap();
        let mut left: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        left.sort();
        assert_eq!(left, ["listed.so", "notes.txt"]);
    }

    #[test]
    fn a_library_of_another_name_or_toolchain_is_refused() {
        let description = |name: &str, toolchain: &str| Description {
            name: name.to_owned(),
            version: String::new(),
            toolchain: toolchain.to_owned(),
            unload_unsafe: None,
            dedicated_thread: false,
            operations: Vec::new(),
        };
        let path = Path::new("a.so");
        assert!(check_identity("a", path, &description("a", lmms::TOOLCHAIN)).is_ok());
        let error = check_identity("a", path, &description("b", lmms::TOOLCHAIN)).unwrap_err();
        assert!(error.to_string().contains("calls itself `b`"), "{error}");
        let error = check_identity("a", path, &description("a", "rustc 1.0")).unwrap_err();
        assert!(error.to_string().contains("rustc 1.0"), "{error}");
    }
}
