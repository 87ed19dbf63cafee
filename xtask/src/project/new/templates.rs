//! The files of `xtask/templates`, and what is filled into them.

#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};

/// What kind of application a project is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Template {
    /// Answers on the command line.
    #[default]
    Cli,
    /// Answers requests over TCP, one JSON document per line.
    Service,
}

/// A file of a template: its path in what is made, and its text.
type File = (&'static str, &'static str);

macro_rules! files {
    ($folder:literal: $($path:literal $(from $name:literal)?),+ $(,)?) => {
        &[$(($path, include_str!(files!(@$folder $path $($name)?)))),+]
    };
    (@$folder:literal $path:literal) => { concat!("../../../templates/", $folder, "/", $path) };
    (@$folder:literal $path:literal $name:literal) => { concat!("../../../templates/", $folder, "/", $name) };
}

/// What all projects have. Files that cargo, git or editors would take for this repository's own have other names here.
const PROJECT: &[File] = files!("project":
    "Cargo.toml" from "Cargo.toml.in",
    ".gitignore" from "gitignore",
    "ci.sh",
);
const CLI: &[File] = files!("cli":
    "README.md",
    "src/lib.rs",
    "src/main.rs",
    "tests/modules.rs",
);
const SERVICE: &[File] = files!("service":
    "README.md",
    "src/lib.rs",
    "src/main.rs",
    "src/server.rs",
    "tests/modules.rs",
);

/// A module: its name, if it has one of its own, and its files.
pub(super) struct ModuleTemplate {
    pub(super) name: &'static str,
    files: &'static [File],
}

/// The module that a project begins with.
pub(super) const GREETINGS: ModuleTemplate = ModuleTemplate {
    name: "greetings",
    files: files!("greetings": "Cargo.toml" from "Cargo.toml.in", "src/lib.rs"),
};

/// A module that is added later.
pub(super) const MODULE: ModuleTemplate = ModuleTemplate {
    name: "",
    files: files!("module": "Cargo.toml" from "Cargo.toml.in", "src/lib.rs"),
};

/// What is filled in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contents<'a> {
    /// The name of the project or module.
    pub(super) name: &'a str,
    /// The same in code.
    pub(super) crate_name: &'a str,
    /// Where LMMS comes from, in TOML.
    pub(super) lmms: &'a str,
}

impl Contents<'_> {
    fn fill(&self, text: &str) -> String {
        text.replace("{{name}}", self.name)
            .replace("{{crate}}", self.crate_name)
            .replace("{{lmms}}", self.lmms)
    }

    fn all(&self, files: &[File], folder: &Path) -> Vec<(PathBuf, String)> {
        let files = files.iter();
        files
            .map(|(path, text)| (folder.join(path), self.fill(text)))
            .collect()
    }
}

impl Template {
    /// The project's files without its module.
    pub(super) fn files(self, contents: &Contents<'_>) -> Vec<(PathBuf, String)> {
        let own = match self {
            Self::Cli => CLI,
            Self::Service => SERVICE,
        };
        let mut files = contents.all(PROJECT, Path::new(""));
        files.extend(contents.all(own, Path::new("")));
        files
    }
}

impl ModuleTemplate {
    /// The module's files, in `folder`.
    pub(super) fn files(&self, contents: &Contents<'_>, folder: &Path) -> Vec<(PathBuf, String)> {
        contents.all(self.files, folder)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::common::sources;

    #[test]
    fn every_file_in_the_folder_belongs_to_a_template() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        let lists = [PROJECT, CLI, SERVICE, GREETINGS.files, MODULE.files].concat();
        let there = sources::all_files(&folder).unwrap();
        for path in &there {
            let text = fs::read_to_string(path).unwrap();
            let mut known = lists.iter();
            assert!(known.any(|(_, known)| *known == text), "{}", path.display());
        }
        assert_eq!(there.len(), lists.len());
    }

    #[test]
    fn nothing_is_left_to_fill_in() {
        let contents = Contents {
            name: "my-app",
            crate_name: "my_app",
            lmms: "version = \"0.1\"",
        };
        let root = Path::new("");
        let files = [
            Template::Cli.files(&contents),
            Template::Service.files(&contents),
            GREETINGS.files(&contents, root),
            MODULE.files(&contents, root),
        ];
        for (path, text) in files.concat() {
            assert!(!text.contains("{{"), "{}: {text}", path.display());
            if path.ends_with("Cargo.toml") {
                text.parse::<toml::Table>().expect("TOML");
            }
        }
    }
}
