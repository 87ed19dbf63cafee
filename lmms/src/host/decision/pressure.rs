//! Memory pressure, as the kernel reports it.

#![forbid(unsafe_code)]

use std::fmt::Debug;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::host::decision::facts::Pressure;

/// Tells how short memory is. Asked once per sweep.
pub trait PressureSource: Debug + Send + Sync {
    /// The pressure now.
    fn pressure(&self) -> Pressure;
}

/// Stall information and control groups of Linux; elsewhere there is never pressure.
///
/// Pressure is high when, over the last ten seconds, some task waited for memory 10% of the time
/// (`some avg10` of PSI), or when the control group holds more than 90% of its limit. What it holds of files that
/// nobody uses just now isn't counted (`inactive_file` of `memory.stat`): the kernel drops that first, and a group that
/// reads and writes much is always full of it. See [cgroup
/// v2](https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files).
///
/// The group is the one that the process is in when it is first asked; up to five files stay open from then on.
#[derive(Debug, Default)]
pub struct SystemPressure {
    files: OnceLock<Files>,
}

/// Share of the last ten seconds, in percent.
const STALLED: f64 = 10.0;

impl PressureSource for SystemPressure {
    fn pressure(&self) -> Pressure {
        let files = self.files.get_or_init(Files::open);
        if files.stalled() || files.nearly_full() {
            Pressure::High
        } else {
            Pressure::None
        }
    }
}

/// Kept open, because finding a file takes the kernel longer than telling what is in it.
#[derive(Debug)]
struct Files {
    stalls: Vec<File>,
    held: Option<File>,
    details: Option<File>,
    limit: Option<File>,
}

impl Files {
    fn open() -> Self {
        let group = own_group().unwrap_or_else(|| PathBuf::from("/sys/fs/cgroup"));
        Self::of(&group, Path::new("/proc/pressure/memory"))
    }

    fn of(group: &Path, system: &Path) -> Self {
        let open = |path: &Path| File::open(path).ok();
        let stalls = [&group.join("memory.pressure"), system];
        Self {
            stalls: stalls.into_iter().filter_map(open).collect(),
            held: open(&group.join("memory.current")),
            details: open(&group.join("memory.stat")),
            limit: open(&group.join("memory.max")),
        }
    }

    fn stalled(&self) -> bool {
        let percents = self.stalls.iter().filter_map(|file| text(file, some_avg10));
        percents.into_iter().any(|percent| percent >= STALLED)
    }

    fn nearly_full(&self) -> bool {
        // `max` is no number: no limit.
        let number = |file: &Option<File>| -> Option<u64> {
            text(file.as_ref()?, |text| text.trim().parse().ok())
        };
        let (Some(held), Some(limit)) = (number(&self.held), number(&self.limit)) else {
            return false;
        };
        let much = limit / 10 * 9;
        // The details cost the kernel more to tell than the sum.
        held > much && held.saturating_sub(self.droppable()) > much
    }

    /// Bytes of files in the group's memory that nobody uses just now.
    fn droppable(&self) -> u64 {
        let details = self.details.as_ref();
        let inactive = details.and_then(|file| text(file, inactive_file));
        inactive.unwrap_or(0)
    }
}

/// What the kernel writes into the file now: longer ones than it writes are cut off.
fn text<T>(file: &File, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
    let mut buffer = [0; 4096];
    let length = file.read_at(&mut buffer, 0).ok()?;
    read(std::str::from_utf8(&buffer[..length]).ok()?)
}

/// The process' group in the unified hierarchy: the line `0::/path`.
fn own_group() -> Option<PathBuf> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let path = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    Some(Path::new("/sys/fs/cgroup").join(path))
}

/// `some avg10=1.23 avg60=… avg300=… total=…`
fn some_avg10(text: &str) -> Option<f64> {
    let some = text.lines().find(|line| line.starts_with("some "))?;
    let value = some
        .split_whitespace()
        .find_map(|word| word.strip_prefix("avg10="))?;
    value.parse().ok()
}

/// `inactive_file 123`, in a line of its own
fn inactive_file(text: &str) -> Option<u64> {
    let line = |line: &str| line.strip_prefix("inactive_file ")?.trim().parse().ok();
    text.lines().find_map(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_format_is_read() {
        let text = "some avg10=12.50 avg60=3.00 avg300=1.00 total=5\nfull avg10=1.00 avg60=0 avg300=0 total=1\n";
        assert_eq!(some_avg10(text), Some(12.5));
        assert_eq!(some_avg10("full avg10=1.00"), None);
        assert_eq!(some_avg10("some avg10=x"), None);
    }

    #[test]
    fn what_the_files_say_now_counts() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let folder = folder.path();
        let write = |name: &str, text: &str| fs::write(folder.join(name), text).expect("written");
        let stall =
            |percent: &str| format!("some avg10={percent} avg60=0.00 avg300=0.00 total=1\n");
        write("memory.pressure", &stall("0.00"));
        write("memory.current", "90\n");
        write("memory.max", "100\n");
        let files = Files::of(folder, &folder.join("system"));
        assert!(!files.stalled() && !files.nearly_full());
        write("memory.current", "91\n");
        assert!(files.nearly_full());
        write("memory.stat", "anon 80\ninactive_file 1\n");
        let files = Files::of(folder, &folder.join("system"));
        assert!(!files.nearly_full());
        write("memory.stat", "anon 91\ninactive_file 0\n");
        assert!(files.nearly_full());
        write("memory.max", "max\n");
        assert!(!files.nearly_full());
        write("memory.pressure", &stall("10.00"));
        assert!(files.stalled());
        let without = Files::of(&folder.join("none"), &folder.join("none"));
        assert!(!without.stalled() && !without.nearly_full());
    }
}
