//! The origin of figures: machine, versions, date.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

/// A machine and what was installed on it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor.
    pub processor: String,
    /// How many threads can run at the same time.
    pub cores: usize,
    /// Memory in MiB.
    #[serde(alias = "memory_mb")]
    pub memory_mib: u64,
    /// The kernel.
    pub kernel: String,
    /// The C library.
    pub libc: String,
    /// The compiler.
    pub rustc: String,
    /// The versions of the rivals, by name.
    #[serde(alias = "peers")]
    pub rivals: BTreeMap<String, String>,
}

/// Crates whose versions are kept.
const RIVALS: &[&str] = &[
    "abi_stable",
    "arc-swap",
    "cached",
    "crossbeam-epoch",
    "dashmap",
    "dlopen2",
    "libloading",
    "moka",
    "papaya",
    "parking_lot",
    "quick_cache",
    "scc",
    "serde_json",
    "stabby",
    "wasmtime",
];

impl Machine {
    /// This one; the rivals' versions come from the lock file in `benchmarks`.
    pub(super) fn this(benchmarks: &Path) -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let lock = fs::read_to_string(benchmarks.join("Cargo.lock")).unwrap_or_default();
        Self {
            processor: field(&read("/proc/cpuinfo"), "model name"),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory_mib: field(&read("/proc/meminfo"), "MemTotal")
                .split(' ')
                .next()
                .and_then(|kilobytes| kilobytes.parse::<u64>().ok())
                .unwrap_or_default()
                / 1024,
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            libc: output("getconf", &["GNU_LIBC_VERSION"]),
            rustc: output("rustc", &["--version"]),
            rivals: versions(&lock),
        }
    }

    /// One line for a page.
    pub(super) fn text(&self) -> String {
        format!(
            "{}, {} cores, {} MiB, Linux {}, {}, {}",
            self.processor, self.cores, self.memory_mib, self.kernel, self.libc, self.rustc
        )
    }
}

/// The commit that is checked out in `folder`, and whether files differ from it.
pub(super) fn commit(folder: &Path) -> String {
    let folder = folder.to_string_lossy();
    let git = |arguments: &[&str]| output("git", &[&["-C", &folder], arguments].concat());
    let commit = git(&["rev-parse", "--short=10", "HEAD"]);
    match git(&["status", "--porcelain", "--untracked-files=no"]).as_str() {
        "" => commit,
        _ => format!("{commit} and changes"),
    }
}

/// The value of a `name: value` line.
fn field(text: &str, name: &str) -> String {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(found, _)| found.trim() == name)
        .map(|(_, value)| value.trim().to_owned())
        .unwrap_or_default()
}

fn output(program: &str, arguments: &[&str]) -> String {
    Command::new(program)
        .args(arguments)
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .unwrap_or_default()
}

/// The versions of the rivals in a lock file, the highest of each.
fn versions(lock: &str) -> BTreeMap<String, String> {
    let mut versions = BTreeMap::new();
    let mut name = "";
    for line in lock.lines() {
        if let Some(value) = line.strip_prefix("name = ") {
            name = value.trim_matches('"');
        } else if let Some(version) = line.strip_prefix("version = ")
            && RIVALS.contains(&name)
        {
            versions.insert(name.to_owned(), version.trim_matches('"').to_owned());
        }
    }
    versions
}

/// Today's date in UTC.
pub(super) fn today() -> String {
    let seconds = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    date(seconds / 86_400)
}

/// The date this many days after 1970-01-01.
fn date(days: u64) -> String {
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let (mut year, mut left) = (1970, days);
    while left >= 365 + u64::from(leap(year)) {
        left -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in lengths {
        if left < length {
            break;
        }
        left -= length;
        month += 1;
    }
    format!("{year:04}-{month:02}-{:02}", left + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_know_leap_years() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(11_016), "2000-02-29");
        assert_eq!(date(11_017), "2000-03-01");
        assert_eq!(date(20_780), "2026-11-23");
        assert_eq!(date(20_818), "2026-12-31");
        assert_eq!(date(20_819), "2027-01-01");
    }

    #[test]
    fn versions_come_from_the_lock_file() {
        let lock = "[[package]]\nname = \"moka\"\nversion = \"0.12.1\"\n\n\
                    [[package]]\nname = \"other\"\nversion = \"9.0.0\"\n";
        let found = versions(lock);
        assert_eq!(found.get("moka").map(String::as_str), Some("0.12.1"));
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn fields_are_found_by_their_whole_name() {
        let text = "model\t\t: 1\nmodel name\t: A processor: fast\n";
        assert_eq!(field(text, "model name"), "A processor: fast");
        assert_eq!(field(text, "flags"), "");
    }
}
