//! What each thread does right now, in a file that outlives the process.

#![forbid(unsafe_code)]

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// The file's name.
pub const NAME: &str = "trail";

const SLOT: usize = 96;

/// One thread's place in the file.
#[derive(Debug)]
pub struct Trail {
    file: File,
    place: u64,
}

impl Trail {
    /// The place of thread `number`.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(folder: &Path, number: usize) -> io::Result<Self> {
        let file = File::options()
            .create(true)
            .write(true)
            .truncate(false)
            .open(folder.join(NAME))?;
        Ok(Self {
            file,
            place: (number * SLOT) as u64,
        })
    }

    /// Notes what comes next.
    pub fn note(&self, what: &str, module: &str) {
        let text = format!("{what} {module}");
        let mut slot = [b' '; SLOT];
        let length = text.len().min(SLOT - 1);
        slot[..length].copy_from_slice(&text.as_bytes()[..length]);
        slot[SLOT - 1] = b'\n';
        // Only for a report about something worse.
        let _ = self.file.write_all_at(&slot, self.place);
    }
}

/// What all threads noted last.
///
/// # Errors
/// What the system says.
pub fn read(file: &Path) -> io::Result<Vec<String>> {
    let text = std::fs::read(file)?;
    let text = String::from_utf8_lossy(&text);
    let lines = text
        .lines()
        .map(|line| line.trim_matches([' ', '\0']).to_owned());
    Ok(lines
        .enumerate()
        .map(|(number, line)| format!("{number}: {line}"))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_note_of_each_thread_stands() {
        let folder = tempfile::tempdir().unwrap();
        let trails = [0, 1].map(|number| Trail::open(folder.path(), number).unwrap());
        trails[0].note("call", "a-long-name-for-a-module");
        trails[0].note("unload", "a");
        trails[1].note("sweep", "");
        assert_eq!(
            read(&folder.path().join(NAME)).unwrap(),
            ["0: unload a", "1: sweep"]
        );
    }
}
