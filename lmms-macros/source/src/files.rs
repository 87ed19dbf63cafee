//! Reads files once per process, for as long as they stay the same.
//!
//! A compiler process expands `#[operation]` many times, and each time looks at the same files; an editor's process
//! lives for days. What is kept is plain data without spans, so it may outlive a macro call.

pub(crate) mod paths;
pub(crate) mod toml_tree;

use std::any::Any;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::SystemTime;
use std::{fs, io};

use crate::files::toml_tree::Tree;
use crate::lexing::outline::{self, Broken, Outline};
use crate::mistakes::error::SourceError;
use crate::mistakes::location::Location;
use crate::work;

/// The outline of a Rust file.
pub(crate) fn outline(file: &Path) -> Result<Arc<Outline>, SourceError> {
    read(file, outline::outline)
}

/// The values of a TOML file.
pub(crate) fn toml(file: &Path) -> Result<Arc<Tree>, SourceError> {
    read(file, toml_tree::parse)
}

/// What tells one version of a file from the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
}

impl Stamp {
    /// The stamp of a file as it is now; `None` if it is gone.
    pub(crate) fn of(file: &Path) -> Option<Stamp> {
        Stamp::read(file).ok()
    }

    fn read(file: &Path) -> io::Result<Stamp> {
        work::count(1);
        let metadata = fs::metadata(file)?;
        Ok(Stamp {
            modified: metadata.modified().ok(),
            length: metadata.len(),
        })
    }
}

type Known = HashMap<PathBuf, (Stamp, Arc<dyn Any + Send + Sync>)>;

static KNOWN: OnceLock<Mutex<Known>> = OnceLock::new();

fn read<T: Any + Send + Sync>(
    file: &Path,
    parse: fn(&str) -> Result<T, Broken>,
) -> Result<Arc<T>, SourceError> {
    let unreadable = |source: io::Error| SourceError::Read {
        file: file.to_owned(),
        source,
    };
    let stamp = Stamp::read(file).map_err(unreadable)?;
    let known = KNOWN.get_or_init(Mutex::default);
    let hit = lock(known)
        .get(file)
        .filter(|(of, _)| *of == stamp)
        .and_then(|(_, parsed)| Arc::clone(parsed).downcast::<T>().ok());
    if let Some(parsed) = hit {
        return Ok(parsed);
    }
    let text = fs::read_to_string(file).map_err(unreadable)?;
    work::count(text.len());
    let parsed = parse(&text).map_err(|broken| SourceError::Syntax {
        at: Location::new(file, broken.line),
        message: broken.message,
    })?;
    let parsed = Arc::new(parsed);
    lock(known).insert(file.to_owned(), (stamp, Arc::clone(&parsed) as _));
    Ok(parsed)
}

/// Locks what is known of files. Nothing in it is half written, whoever panicked with it.
pub(crate) fn lock<T>(known: &Mutex<T>) -> MutexGuard<'_, T> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_again_only_when_it_changed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lib.rs");
        fs::write(&file, "fn a() {}").unwrap();
        let first = outline(&file).unwrap();
        assert!(Arc::ptr_eq(&first, &outline(&file).unwrap()));
        fs::write(&file, "fn a() {} fn b() {}").unwrap();
        assert_eq!(outline(&file).unwrap().items.len(), 2);
    }

    #[test]
    fn errors_carry_file_and_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lib.rs");
        assert!(matches!(outline(&file), Err(SourceError::Read { .. })));
        fs::write(&file, "\n}").unwrap();
        let error = outline(&file).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("{}:2: this `}}` closes nothing", file.display())
        );
    }
}
