//! What a file was when its bytes were read: to tell, without reading it again, that it still is that.

#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use crate::host::loader::manifest::{ModuleFile, Skipped};
use crate::sync::Unpoisoned as _;

/// Changes within one tick of a file system's clock can't be told apart by their times. FAT's is the
/// coarsest one.
const TICK: Duration = Duration::from_secs(2);

/// A file at some moment. Whoever changes its bytes or its mode changes this: programs can set back
/// the time of its last modification, but not that of its last change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    device: u64,
    /// A build replaces the file by another one.
    inode: u64,
    length: u64,
    /// Others may have been allowed to write to it.
    mode: u32,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    /// To be taken before the bytes are read.
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            length: metadata.len(),
            mode: metadata.mode(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Whether every later change shows, because the last one was long enough before `now`.
    fn is_settled(&self, now: SystemTime) -> bool {
        let (seconds, nanoseconds) = self.changed;
        let changed = u64::try_from(seconds).ok().and_then(|seconds| {
            let since = Duration::new(seconds, u32::try_from(nanoseconds).ok()?);
            SystemTime::UNIX_EPOCH.checked_add(since)
        });
        changed
            .and_then(|changed| now.duration_since(changed).ok())
            .is_some_and(|age| age >= TICK)
    }
}

/// The files whose bytes were found to be what the manifest says, and which are the same since.
#[derive(Debug, Default)]
pub(super) struct Verified(Mutex<HashMap<String, (Stamp, String)>>);

impl Verified {
    /// Whether the file with this stamp was found to be what `entry` says.
    pub(super) fn holds(&self, entry: &ModuleFile<Skipped>, stamp: Stamp) -> bool {
        self.files()
            .get(&entry.name)
            .is_some_and(|(known, hash)| *known == stamp && *hash == entry.blake3)
    }

    /// The file with this stamp was found to be that.
    pub(super) fn note(&self, entry: &ModuleFile<Skipped>, stamp: Stamp) {
        if stamp.is_settled(SystemTime::now()) {
            self.files()
                .insert(entry.name.clone(), (stamp, entry.blake3.clone()));
        }
    }

    fn files(&self) -> MutexGuard<'_, HashMap<String, (Stamp, String)>> {
        self.0.lock().unpoisoned()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn new_file() -> (tempfile::TempDir, std::path::PathBuf, Stamp) {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().join("module.so");
        fs::write(&path, "one").expect("written");
        let stamp = stamp(&path);
        (folder, path, stamp)
    }

    fn stamp(path: &std::path::Path) -> Stamp {
        Stamp::of(&fs::metadata(path).expect("it is there"))
    }

    fn entry(hash: &str) -> ModuleFile<Skipped> {
        let text = serde_json::json!({
            "name": "module", "version": "1.0.0", "file": "module.so", "size": 3, "blake3": hash,
            "operations": [], "unload": { "safe": true, "findings": [] },
        });
        serde_json::from_value(text).expect("an entry")
    }

    #[test]
    fn a_change_shows_even_where_its_time_was_set_back() {
        let (_folder, path, before) = new_file();
        let modified = fs::metadata(&path).and_then(|metadata| metadata.modified());
        let modified = modified.expect("a time");
        assert_eq!(before, stamp(&path));
        // Until the file system's clock has ticked.
        let changed = || {
            fs::write(&path, "two").expect("written");
            let file = fs::File::options().write(true).open(&path).expect("open");
            file.set_modified(modified).expect("set back");
            stamp(&path) != before
        };
        assert!((0..100_000).any(|_| changed()));
    }

    #[test]
    fn only_the_same_file_with_the_same_hash_is_verified() {
        let (_folder, _path, stamp) = new_file();
        let settled = Stamp {
            changed: (stamp.changed.0 - 60, 0),
            ..stamp
        };
        let verified = Verified::default();
        verified.note(&entry("aa"), stamp);
        assert!(!verified.holds(&entry("aa"), stamp), "it changed just now");
        verified.note(&entry("aa"), settled);
        assert!(verified.holds(&entry("aa"), settled));
        assert!(!verified.holds(&entry("bb"), settled));
        assert!(!verified.holds(&entry("aa"), stamp));
    }

    #[test]
    fn what_changed_just_now_is_not_trusted() {
        let (_folder, _path, stamp) = new_file();
        let (seconds, nanoseconds) = stamp.changed;
        let changed = SystemTime::UNIX_EPOCH + Duration::new(seconds as u64, nanoseconds as u32);
        assert!(!stamp.is_settled(changed));
        assert!(!stamp.is_settled(changed + TICK - Duration::from_nanos(1)));
        assert!(stamp.is_settled(changed + TICK));
        assert!(!stamp.is_settled(changed - TICK));
    }
}
