//! Crates made up for tests.

use std::fs;
use std::path::{Path, PathBuf};

/// A folder that holds a workspace and vanishes with the test.
pub(crate) struct Workspace {
    folder: tempfile::TempDir,
    /// What modules depend on beside `lmms` and `home-types`.
    dependencies: &'static str,
}

impl Workspace {
    /// A workspace with two libraries of shared types, so that modules can name them.
    pub(crate) fn new() -> Workspace {
        let workspace = Workspace {
            folder: tempfile::tempdir().unwrap(),
            dependencies: "",
        };
        workspace.write("Cargo.lock", "");
        workspace.write(
            "Cargo.toml",
            "[workspace]\nmembers = [\"modules/*\", \"app\", \"types\"]\n[workspace.dependencies]\nhome-types = { path = \"types\" }\n",
        );
        workspace.write("types/Cargo.toml", "[package]\nname = \"home-types\"\n");
        workspace.write("types/src/lib.rs", "pub struct Device;");
        workspace.write(
            "app/Cargo.toml",
            "[package]\nname = \"app\"\n[dependencies]\nhome-types.workspace = true\nlmms = \"0.1\"\n",
        );
        workspace.write("app/src/main.rs", "fn main() {}");
        workspace
    }

    /// The same workspace, whose modules have more dependencies.
    pub(crate) fn with_dependencies(self, dependencies: &'static str) -> Workspace {
        Workspace {
            dependencies,
            ..self
        }
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        // macOS' temporary folder is behind a link.
        self.folder.path().canonicalize().unwrap().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let file = self.path(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    /// A module crate with `source` as its root file, which depends on `home-types` and `lmms`.
    pub(crate) fn module(&self, name: &str, source: &str) -> PathBuf {
        self.write(
            &format!("modules/{name}/Cargo.toml"),
            &format!(
                "[package]\nname = \"{name}\"\n[dependencies]\nlmms = \"0.1\"\nhome-types = {{ workspace = true }}\n{}",
                self.dependencies
            ),
        );
        self.write(&format!("modules/{name}/src/lib.rs"), source);
        self.path(&format!("modules/{name}"))
    }

    /// `text` with this workspace's own path taken out.
    pub(crate) fn relative(&self, text: &str) -> String {
        let root: &Path = &self.path("");
        text.replace(&root.display().to_string(), "")
    }
}
