//! Builds the modules, and the libraries without lmms that the controls use.

#![forbid(unsafe_code)]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use lmms::manifest::{FILE_NAME, Manifest};
use object::Endianness;
use object::elf::{self, FileHeader64};
use object::read::elf::{FileHeader, ProgramHeader};
use xtask::elf::{Elf, grade};

/// Modules that no link argument of a dependency can mark: their libraries are marked after the build.
const NODELETE: &[&str] = &["no-delete"];

/// The folder with the built modules. The first caller builds them.
///
/// # Panics
/// When they can't be built: then no test means anything.
pub fn modules() -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| match build() {
        Ok(folder) => folder,
        Err(problem) => panic!("the hazards can't be built: {problem}"),
    });
    folder.clone()
}

/// One of the ordinary libraries with the same code: `plain` or `marked`.
///
/// # Panics
/// When they can't be built.
pub fn without_lmms(library: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let workspace = workspace().expect("the fixtures are a workspace");
        let mut cargo = workspace.cargo("build");
        let output = cargo
            .args(["--release", "-p", "plain", "-p", "marked"])
            .output()
            .expect("cargo runs");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        workspace.target_dir().join("release")
    });
    folder.join(format!("lib{library}.so"))
}

/// Copies all modules and their manifest to `folder`.
///
/// # Errors
/// What the system says.
pub fn copy_to(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(modules())? {
        let entry = entry?;
        fs::copy(entry.path(), folder.join(entry.file_name()))?;
    }
    Ok(())
}

/// Makes `path` a file with these bytes, by rename, as the build tool does.
///
/// # Errors
/// What the system says.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.{}", std::process::id()));
    fs::write(&temporary, bytes)?;
    fs::rename(&temporary, path)
}

fn workspace() -> Result<xtask::Workspace, xtask::Error> {
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
    xtask::Workspace::find(Some(fixtures.as_ref()))
}

fn build() -> Result<PathBuf, String> {
    let workspace = workspace().map_err(|error| error.to_string())?;
    let options = xtask::BuildOptions {
        quiet: true,
        ..Default::default()
    };
    let report = xtask::build_modules(&workspace, &options).map_err(|error| error.to_string())?;
    let folder = workspace.target_dir().join("hazards");
    prepare(&report.folder, &folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder)
}

/// Copies what was built from `from` to `to`, and marks what is to be marked. Several processes may
/// do this at once: they write the same.
fn prepare(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    let mut manifest = Manifest::read(from).map_err(io::Error::other)?;
    for module in &mut manifest.modules {
        let mut bytes = fs::read(from.join(&module.file))?;
        if NODELETE.contains(&module.name.as_str()) {
            mark_nodelete(&mut bytes)?;
            module.blake3 = blake3::hash(&bytes).to_hex().to_string();
            module.unload = grade(&Elf::read(&bytes).map_err(io::Error::other)?, None);
        }
        let path = to.join(&module.file);
        if !fs::read(&path).is_ok_and(|old| old == bytes) {
            replace(&path, &bytes)?;
        }
    }
    let text = serde_json::to_vec_pretty(&manifest)?;
    let path = to.join(FILE_NAME);
    if !fs::read(&path).is_ok_and(|old| old == text) {
        replace(&path, &text)?;
    }
    Ok(())
}

/// Sets `DF_1_NODELETE` in a library, as `-z nodelete` does.
///
/// # Errors
/// It is no library, or has no `DT_FLAGS_1` to set it in.
pub fn mark_nodelete(bytes: &mut [u8]) -> io::Result<()> {
    const ENTRY: usize = 16;
    let part = {
        let header = FileHeader64::<Endianness>::parse(&*bytes).map_err(io::Error::other)?;
        let endian = header.endian().map_err(io::Error::other)?;
        let table = header
            .program_headers(endian, &*bytes)
            .map_err(io::Error::other)?;
        let dynamic = table
            .iter()
            .find(|program| program.p_type(endian) == elf::PT_DYNAMIC);
        dynamic.map(|program| {
            let start = program.p_offset(endian) as usize;
            start..start + program.p_filesz(endian) as usize
        })
    };
    let entries = part
        .and_then(|part| bytes.get_mut(part))
        .unwrap_or_default();
    for entry in entries.chunks_exact_mut(ENTRY) {
        if entry[..8] == elf::DT_FLAGS_1.0.to_le_bytes() {
            entry[8] |= elf::DF_1_NODELETE.0 as u8;
            return Ok(());
        }
    }
    Err(io::Error::other("it has no DT_FLAGS_1"))
}
