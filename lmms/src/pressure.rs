//! Memory pressure, as the kernel reports it.

#![forbid(unsafe_code)]

use crate::decision::Pressure;

use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};

/// Tells how short memory is. Asked once per sweep.
pub trait PressureSource: Debug + Send + Sync {
    /// The pressure now.
    fn pressure(&self) -> Pressure;
}

/// Stall information and control groups of Linux; elsewhere there is never pressure.
///
/// Pressure is high when, over the last ten seconds, some task waited for memory 10% of the time
/// (`some avg10` of PSI), or when the control group holds more than 90% of its limit.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemPressure;

/// Share of the last ten seconds, in percent.
const STALLED: f64 = 10.0;

impl PressureSource for SystemPressure {
    fn pressure(&self) -> Pressure {
        let group = own_group().unwrap_or_else(|| PathBuf::from("/sys/fs/cgroup"));
        let stalled = [
            group.join("memory.pressure"),
            "/proc/pressure/memory".into(),
        ]
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok())
        .filter_map(|text| some_avg10(&text))
        .any(|percent| percent >= STALLED);
        if stalled || nearly_full(&group) {
            Pressure::High
        } else {
            Pressure::None
        }
    }
}

/// The process' group in the unified hierarchy: the line `0::/path`.
fn own_group() -> Option<PathBuf> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let path = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    Some(Path::new("/sys/fs/cgroup").join(path))
}

fn nearly_full(group: &Path) -> bool {
    let number = |name: &str| -> Option<u64> {
        fs::read_to_string(group.join(name))
            .ok()?
            .trim()
            .parse()
            .ok()
    };
    // `max` is no number: no limit.
    match (number("memory.current"), number("memory.max")) {
        (Some(current), Some(limit)) => current > limit / 10 * 9,
        _ => false,
    }
}

/// `some avg10=1.23 avg60=… avg300=… total=…`
fn some_avg10(text: &str) -> Option<f64> {
    let some = text.lines().find(|line| line.starts_with("some "))?;
    let value = some
        .split_whitespace()
        .find_map(|word| word.strip_prefix("avg10="))?;
    value.parse().ok()
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
    fn a_group_is_full_at_nine_tenths_of_its_limit() {
        let folder = std::env::temp_dir().join(format!("lmms-pressure-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder for the test");
        let full = |current: &str, limit: &str| {
            fs::write(folder.join("memory.current"), current).expect("written");
            fs::write(folder.join("memory.max"), limit).expect("written");
            nearly_full(&folder)
        };
        assert!(full("91\n", "100\n"));
        assert!(!full("90\n", "100\n"));
        assert!(!full("91\n", "max\n"));
        fs::remove_dir_all(&folder).expect("removed");
    }
}
