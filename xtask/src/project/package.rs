//! `package`: a program and its modules in a folder that can be put anywhere.
//!
//! ```text
//! target/lmms/packages/my-app/
//!   my-app
//!   modules/          where the program looks first
//!     manifest.json
//!     greetings.so
//! target/lmms/packages/my-app.tar.gz
//! ```

#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lmms::manifest::{FILE_NAME, Manifest};
use serde::Serialize;

use crate::common::error::{Error, ProjectError};
use crate::common::run;
use crate::common::screen::{self, Screen, Style};
use crate::common::workspace::Workspace;
use crate::modules::build;
use crate::project::develop::{self, ProjectOptions};

/// What to put together.
#[derive(Clone, Debug, Default)]
pub struct PackageOptions {
    /// How to compile.
    pub build: ProjectOptions,
    /// The package with the program, where there are several.
    pub package: Option<String>,
    /// Make an archive of the folder, too.
    pub tar: bool,
}

/// What was put together.
#[derive(Clone, Debug, Serialize)]
pub struct Packed {
    /// The folder.
    pub folder: PathBuf,
    /// The archive.
    pub archive: Option<PathBuf>,
    /// What is in the folder, sorted by path.
    pub files: Vec<PackedFile>,
    /// The modules in it that are quick builds, larger and slower than those for users.
    pub quick: Vec<String>,
    /// BLAKE3 of the manifest, for `Builder::manifest_digest`.
    pub manifest_digest: String,
}

/// A file in the folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PackedFile {
    /// From the folder.
    pub path: PathBuf,
    /// In bytes.
    pub size: u64,
}

/// Builds a program and all modules, and puts them together.
///
/// The archive is the same for the same files, whenever and by whomever it is made.
///
/// # Errors
/// As [`develop::build`], or [`Error::Io`] and [`Error::Failed`] when something can't be copied or archived.
pub fn package(workspace: &Workspace, options: &PackageOptions) -> Result<Packed, Error> {
    let wanted = options.package.as_deref();
    let built = develop::build_program(workspace, &options.build, wanted)?;
    // Nobody builds others meanwhile; whoever has since this build began is found by the digest.
    let _turn = build::take_turn(workspace, false)?;
    let packages = workspace.lmms_dir().join("packages");
    let folder = packages.join(&built.name);
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(Error::io("remove", &folder))?;
    }
    let older = archive_path(&packages, &built.name);
    if older.exists() {
        fs::remove_file(&older).map_err(Error::io("remove", &older))?;
    }
    let modules = folder.join("modules");
    for folder in [&folder, &modules] {
        build::create_folder(folder).map_err(Error::io("create", folder))?;
    }
    copy(&built.path, &folder.join(&built.name))?;
    let from = workspace.modules_dir();
    for module in &Manifest::read(&from)?.modules {
        copy(&from.join(&module.file), &modules.join(&module.file))?;
    }
    let manifest = modules.join(FILE_NAME);
    copy(&from.join(FILE_NAME), &manifest)?;
    let bytes = fs::read(&manifest).map_err(Error::io("read", &manifest))?;
    if blake3::hash(&bytes).to_hex().as_str() != built.modules.manifest_digest {
        return Err(ProjectError::BuiltMeanwhile { folder: from }.into());
    }
    let archive = options
        .tar
        .then(|| archive(&packages, &built.name))
        .transpose()?;
    Ok(Packed {
        files: files(&folder)?,
        folder,
        archive,
        quick: built.modules.quick,
        manifest_digest: built.modules.manifest_digest,
    })
}

impl Packed {
    /// What was put together as text for a person.
    pub fn text(&self, screen: Screen) -> String {
        let rows = self.files.iter();
        let rows = rows.map(|file| [file.path.display().to_string(), screen::size(file.size)]);
        let mut text = screen.table(["file", "size"], rows);
        let total = self.files.iter().map(|file| file.size).sum();
        text += &format!("\n{} in {}", screen::size(total), self.folder.display());
        if let Some(archive) = &self.archive {
            text += &format!(
                "\narchive: {}",
                screen.paint(Style::Strong, archive.display())
            );
        }
        if !self.quick.is_empty() {
            text += &format!(
                "\n{}: {}; larger and slower than those that `cargo lmms package` takes without --profile",
                screen.paint(Style::Warning, "quick builds"),
                self.quick.join(", ")
            );
        }
        text + &format!("\nmanifest digest: {}", self.manifest_digest)
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    fs::copy(from, to)
        .map(drop)
        .map_err(Error::io("copy", from))
}

fn archive_path(packages: &Path, name: &str) -> PathBuf {
    packages.join(format!("{name}.tar.gz"))
}

/// Archives the folder `name` in `packages`, without what differs between machines: times, owners, the order of files.
fn archive(packages: &Path, name: &str) -> Result<PathBuf, Error> {
    let path = archive_path(packages, name);
    let mut command = Command::new("tar");
    command
        .args(["--sort=name", "--mtime=@0", "--format=gnu"])
        .args([
            "--owner=0",
            "--group=0",
            "--numeric-owner",
            "--mode=go-w,a+rX",
        ])
        .args(["--use-compress-program", "gzip -n", "--create", "--file"])
        .arg(&path)
        .arg("--directory")
        .arg(packages)
        .args(["--", name]);
    run::run(&mut command)?;
    Ok(path)
}

/// The files below `folder`, which has one level of folders.
fn files(folder: &Path) -> Result<Vec<PackedFile>, Error> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).map_err(Error::io("read", &next))? {
            let path = entry.map_err(Error::io("read", &next))?.path();
            let metadata = fs::metadata(&path).map_err(Error::io("examine", &path))?;
            if metadata.is_dir() {
                open.push(path);
            } else {
                found.push(PackedFile {
                    path: path.strip_prefix(folder).unwrap_or(&path).to_owned(),
                    size: metadata.len(),
                });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quick_builds_are_told_and_what_makes_others() {
        let packed = |quick: &[&str]| Packed {
            folder: PathBuf::from("packages/app"),
            archive: None,
            files: Vec::new(),
            quick: quick.iter().map(ToString::to_string).collect(),
            manifest_digest: "0123".to_owned(),
        };
        let text = packed(&["sun", "thumbs"]).text(Screen::plain());
        let told = "quick builds: sun, thumbs; larger and slower";
        assert!(
            text.contains(told) && text.contains("`cargo lmms package`"),
            "{text}"
        );
        let text = packed(&[]).text(Screen::plain());
        assert!(!text.contains("quick"), "{text}");
    }
}
