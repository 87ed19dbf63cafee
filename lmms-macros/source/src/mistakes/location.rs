//! Places in files, as they are shown to people.

use std::fmt;
use std::path::{Path, PathBuf};

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The file's absolute path.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: u32,
}

impl Location {
    pub(crate) fn new(file: &Path, line: u32) -> Location {
        Location {
            file: file.to_owned(),
            line,
        }
    }

    /// The file as it is shown: from the root of its workspace, if it has one.
    pub fn file_from_workspace(&self) -> impl fmt::Display + '_ {
        Shown(&self.file)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", Shown(&self.file), self.line)
    }
}

/// Shows a path from the root of its workspace, as cargo does, or in full where it has none.
pub(crate) struct Shown<'a>(pub(crate) &'a Path);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self
            .0
            .ancestors()
            .skip(1)
            .find(|folder| folder.join("Cargo.lock").is_file())
            .and_then(|root| self.0.strip_prefix(root).ok())
            .unwrap_or(self.0);
        shown.display().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_from_the_folder_of_the_lock_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("modules/a/src/lib.rs");
        assert_eq!(
            Location::new(&file, 3).to_string(),
            format!("{}:3", file.display())
        );
        std::fs::write(folder.path().join("Cargo.lock"), "").unwrap();
        assert_eq!(
            Location::new(&file, 3).to_string(),
            "modules/a/src/lib.rs:3"
        );
    }
}
