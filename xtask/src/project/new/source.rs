//! Where a project takes LMMS from.

#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::common::error::{Error, ProjectError};
use crate::common::workspace::Workspace;
use crate::modules::build::carriers;

/// Where a project takes LMMS from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LmmsSource {
    /// The folder of the package `lmms`, absolute.
    Folder(PathBuf),
    /// A git repository: its address, with `?branch=`, `?tag=` or `?rev=`.
    Git(String),
    /// A version in the registry.
    Version(String),
}

impl LmmsSource {
    /// Reads what a user gave: a folder, a git address or a version.
    ///
    /// # Errors
    /// [`ProjectError::LmmsSource`] when it is none of these, [`ProjectError::NoLmmsAt`] when LMMS isn't in that
    /// folder.
    pub fn parse(given: &str) -> Result<Self, ProjectError> {
        let path = Path::new(given);
        if path.is_dir() {
            return folder_in(path)
                .map(Self::Folder)
                .ok_or_else(|| ProjectError::NoLmmsAt {
                    path: path.to_owned(),
                });
        }
        let address = given.split('?').next().unwrap_or(given);
        if address.contains("://") || address.ends_with(".git") {
            return Ok(Self::Git(given.to_owned()));
        }
        let number = given.trim_start_matches(['=', '^', '~']);
        if cargo_metadata::semver::VersionReq::parse(given).is_ok()
            && number.starts_with(|c: char| c.is_ascii_digit())
        {
            return Ok(Self::Version(given.to_owned()));
        }
        Err(ProjectError::LmmsSource {
            given: given.to_owned(),
        })
    }

    /// The checkout that this program was built from.
    ///
    /// # Errors
    /// [`ProjectError::CheckoutGone`] when it isn't there any more.
    pub fn of_this_program() -> Result<Self, ProjectError> {
        let checkout = checkout();
        let folder = folder_in(&checkout);
        folder
            .map(Self::Folder)
            .ok_or(ProjectError::CheckoutGone { path: checkout })
    }

    /// As the inside of a dependency's table.
    pub(super) fn dependency(&self) -> String {
        let table = match self {
            Self::Folder(path) => {
                Table::from_iter([("path".to_owned(), carriers::path_value(path))])
            }
            Self::Git(address) => carriers::git_source(address),
            Self::Version(version) => {
                Table::from_iter([("version".to_owned(), Value::from(version.as_str()))])
            }
        };
        inline(&table)
    }

    /// The versions of everything that a checkout was tested with.
    pub(super) fn lock_file(&self) -> Option<String> {
        let Self::Folder(folder) = self else {
            return None;
        };
        fs::read_to_string(folder.parent()?.join("Cargo.lock")).ok()
    }
}

/// The repository that this program was built from.
pub(crate) fn checkout() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_owned()
}

/// The dependency on LMMS of a module in a workspace: inherited if the workspace says how, else from where it has LMMS.
pub(super) fn inherited(workspace: &Workspace) -> Result<String, Error> {
    let path = workspace.root().join("Cargo.toml");
    let text = fs::read_to_string(&path).map_err(Error::io("read", &path))?;
    let manifest: Table = text
        .parse()
        .map_err(|error: toml::de::Error| Error::Config {
            path,
            problem: error.message().to_owned(),
        })?;
    let shared = manifest
        .get("workspace")
        .and_then(|it| it.get("dependencies")?.get("lmms")?.get("default-features"));
    // Inheriting can't switch default features off.
    if shared.and_then(Value::as_bool) == Some(false) {
        return Ok("workspace = true".to_owned());
    }
    let mut table = carriers::lmms_source(workspace.lmms()?)?;
    table.insert("default-features".to_owned(), false.into());
    Ok(inline(&table))
}

/// The package `lmms` in a folder, or in the repository there.
fn folder_in(path: &Path) -> Option<PathBuf> {
    let is_lmms = |folder: &PathBuf| {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).ok();
        let table = manifest.and_then(|text| text.parse::<Table>().ok());
        let name = table
            .as_ref()
            .and_then(|it| it.get("package")?.get("name")?.as_str());
        name == Some("lmms")
    };
    let folder = path.canonicalize().ok()?;
    [folder.join("lmms"), folder].into_iter().find(is_lmms)
}

/// The entries of a table on one line.
fn inline(table: &Table) -> String {
    let entries = table.iter().map(|(key, value)| format!("{key} = {value}"));
    entries.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_an_address_and_a_version_are_told_apart() {
        let here = checkout();
        let here = here.to_str().unwrap();
        let lmms = LmmsSource::parse(&format!("{here}/lmms")).unwrap();
        assert_eq!(LmmsSource::parse(here).unwrap(), lmms);
        assert_eq!(LmmsSource::of_this_program().unwrap(), lmms);
        assert!(lmms.dependency().starts_with("path = \"/"), "{lmms:?}");
        assert!(lmms.lock_file().unwrap().contains("name = \"blake3\""));

        let git = LmmsSource::parse("https://example.org/lmms.git?branch=next").unwrap();
        assert_eq!(
            git.dependency(),
            "branch = \"next\", git = \"https://example.org/lmms.git\""
        );
        let version = LmmsSource::parse("=0.1.0").unwrap();
        assert_eq!(version.dependency(), "version = \"=0.1.0\"");
        assert_eq!(version.lock_file(), None);
    }

    #[test]
    fn what_is_none_of_these_is_refused_with_what_would_be() {
        let error = LmmsSource::parse("./nowhere").unwrap_err().to_string();
        assert!(
            error.contains("`./nowhere`") && error.contains("../lmms"),
            "{error}"
        );
        assert!(LmmsSource::parse("*").is_err());
        let empty = tempfile::tempdir().unwrap();
        let path = empty.path().to_str().unwrap();
        let error = LmmsSource::parse(path).unwrap_err().to_string();
        assert!(error.contains(path) && error.contains("no LMMS"), "{error}");
    }
}
