//! Limits on memory.

#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};

use super::Check;
use crate::common::screen;

/// Address space for heaps as they are laid out without a limit: 64 of 4 GiB.
const HEAPS: u64 = 64 * (4 << 30);

/// A limit on address space makes heaps of modules smaller.
pub(super) fn address_space() -> Check {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    judge_address_space(&limits)
}

fn judge_address_space(limits: &str) -> Check {
    const NAME: &str = "address space";
    let mut lines = limits.lines();
    let limit = lines
        .find_map(|line| line.strip_prefix("Max address space"))
        .and_then(|rest| rest.split_whitespace().next());
    match limit.map(str::parse::<u64>) {
        Some(Ok(bytes)) if bytes < 2 * HEAPS => Check::limited(
            NAME,
            format!("limited to {}", screen::size(bytes)),
            "run `ulimit -v unlimited` first: heaps of modules reserve address space, and are smaller and fewer under a limit",
        ),
        Some(Ok(bytes)) => Check::good(NAME, format!("{}, enough", screen::size(bytes))),
        Some(Err(_)) => Check::good(NAME, "no limit"),
        None => Check::limited(
            NAME,
            "/proc/self/limits can't be read",
            "mount /proc: LMMS also reads there what threads do",
        ),
    }
}

/// Pressure in the control group makes idle modules go early.
pub(super) fn control_group() -> Check {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let folder = group(&own).filter(|folder| folder.is_dir());
    let folder = folder.unwrap_or_else(|| PathBuf::from("/sys/fs/cgroup"));
    let read = |path: &Path| fs::read_to_string(path).ok();
    judge_group(
        read(&folder.join("memory.max")).as_deref(),
        read(&folder.join("memory.current")).as_deref(),
        read(&folder.join("memory.pressure"))
            .or_else(|| read(Path::new("/proc/pressure/memory")))
            .is_some(),
    )
}

/// The folder of the process's group in the unified hierarchy.
fn group(own: &str) -> Option<PathBuf> {
    let path = own.lines().find_map(|line| line.strip_prefix("0::/"))?;
    Some(Path::new("/sys/fs/cgroup").join(path))
}

fn judge_group(limit: Option<&str>, current: Option<&str>, stalls: bool) -> Check {
    const NAME: &str = "control group";
    let number = |text: Option<&str>| text.and_then(|text| text.trim().parse::<u64>().ok());
    let words = match (number(limit), number(current)) {
        (Some(limit), Some(current)) => {
            format!("{} of {} used", screen::size(current), screen::size(limit))
        }
        (Some(limit), None) => format!("{} at most", screen::size(limit)),
        (None, _) => "no limit on memory".to_owned(),
    };
    if stalls {
        return Check::good(NAME, format!("{words}; stalls are told"));
    }
    if number(limit).is_some() && number(current).is_some() {
        return Check::good(NAME, format!("{words}; stalls are not told"));
    }
    Check::limited(
        NAME,
        format!("{words}, and the kernel tells no stalls"),
        "boot with `psi=1`, or use control groups of version 2: without both, memory pressure isn't seen, and idle modules go \
         by time and number only",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::doctor::Verdict;

    #[test]
    fn a_limit_on_address_space_is_found() {
        let line = |limit: &str| {
            format!(
                "Max cpu time  unlimited\nMax address space         {limit}            unlimited            bytes\n"
            )
        };
        assert_eq!(
            judge_address_space(&line("unlimited")).verdict,
            Verdict::Good
        );
        let tight = judge_address_space(&line("4000000000"));
        assert_eq!(tight.verdict, Verdict::Limited);
        assert!(tight.found.contains("4.0 GB"), "{tight:?}");
        let wide = judge_address_space(&line("99000000000000"));
        assert_eq!(wide.verdict, Verdict::Good);
        assert_eq!(judge_address_space("").verdict, Verdict::Limited);
    }

    #[test]
    fn pressure_is_seen_by_stalls_or_by_a_limit() {
        let both = judge_group(Some("1000000\n"), Some("500000\n"), true);
        assert_eq!(both.verdict, Verdict::Good);
        assert!(both.found.contains("500.0 kB of 1.0 MB"), "{both:?}");
        let limit = judge_group(Some("1000000\n"), Some("500000\n"), false);
        assert_eq!(limit.verdict, Verdict::Good);
        assert_eq!(
            judge_group(Some("max\n"), None, true).verdict,
            Verdict::Good
        );
        assert_eq!(judge_group(None, None, false).verdict, Verdict::Limited);
    }

    #[test]
    fn the_group_is_that_of_the_unified_hierarchy() {
        let own = "12:cpu:/old\n0::/user.slice/app\n";
        assert_eq!(group(own), Some("/sys/fs/cgroup/user.slice/app".into()));
        assert_eq!(group("1:memory:/old\n"), None);
    }
}
