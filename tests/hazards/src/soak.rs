//! The soak: all hazards in rotation, from several threads, for as long as one likes.
//!
//! [`supervise`] starts a child process that does the work ([`work`]) and listens to it, so that a
//! crash or a standstill is a result like any other.

#![forbid(unsafe_code)]

mod sabotage;
mod trail;
pub mod work;

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long nothing may be heard before the work counts as stuck.
const STANDSTILL: Duration = Duration::from_secs(120);

/// What is allowed to stay of each cycle, in bytes.
pub const BYTES_PER_CYCLE: f64 = 1.0;

/// How much the resident memory may differ between two moments for no reason of ours: allocator
/// arenas, kernel counters.
pub const NOISE: f64 = (2 << 20) as f64;

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// For so long.
    pub seconds: Option<u64>,
    /// Or until so many unloads.
    pub cycles: Option<u64>,
    /// From so many threads.
    pub threads: usize,
    /// Where the random numbers begin.
    pub seed: u64,
    /// Whether the gateway's warnings are shown.
    pub log: bool,
}

/// What has happened so far.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Report {
    /// Whether the work is done.
    pub done: bool,
    /// How long it took.
    pub seconds: f64,
    /// Loads and proven unloads of a module.
    pub cycles: u64,
    /// Calls that were answered.
    pub calls: u64,
    /// Loads.
    pub loads: u64,
    /// Calls that failed because the file was broken on purpose.
    pub expected_failures: u64,
    /// Files replaced by others, and broken for a while.
    pub replaced: u64,
    /// Refused unloads by reason.
    pub refusals: BTreeMap<String, u64>,
    /// Sealed copies that waited for threads.
    pub waited: u64,
    /// Bytes given back.
    pub given_back: u64,
    /// Crashes: 0, or 1 with the end of the process.
    pub crashes: u64,
    /// Wrong results, in words.
    pub wrong: Vec<String>,
    /// How many wrong results there were.
    pub wrong_count: u64,
    /// Bytes resident while nothing ran, after so many cycles.
    pub resident: Vec<(u64, u64)>,
}

impl Report {
    /// What each cycle after the warm-up has cost, in bytes that stay; `None`: too few looks at it.
    pub fn growth_per_cycle(&self) -> Option<f64> {
        let (bytes, cycles) = self.growth()?;
        Some(bytes / cycles)
    }

    /// Bytes that were added after the warm-up, and in how many cycles.
    fn growth(&self) -> Option<(f64, f64)> {
        // Caches, arenas and what stays by design fill in the first third.
        let steady = &self.resident[self.resident.len() / 3..];
        let part = steady.len() / 3;
        if part == 0 {
            return None;
        }
        // Of each end the lowest, because what is added by chance is never negative.
        let least = |looks: &[(u64, u64)]| looks.iter().map(|(_, bytes)| *bytes).min();
        let first = least(&steady[..part])?;
        let last = least(&steady[steady.len() - part..])?;
        let cycles = steady.last()?.0.saturating_sub(steady.first()?.0);
        (cycles > 0).then_some((last as f64 - first as f64, cycles as f64))
    }

    /// Whether more stays than is allowed.
    pub fn grows(&self) -> bool {
        self.growth()
            .is_some_and(|(bytes, cycles)| bytes > cycles * BYTES_PER_CYCLE + NOISE)
    }

    /// Whether all is well.
    pub fn is_good(&self) -> bool {
        self.done && self.crashes == 0 && self.wrong_count == 0 && !self.grows() && self.cycles > 0
    }
}

/// Runs the work in a child process and reports what it says, each time to `progress`.
///
/// # Errors
/// The child can't be started.
pub fn supervise(options: Options, mut progress: impl FnMut(&Report)) -> io::Result<Report> {
    let folder = tempfile::tempdir()?;
    let modules = folder.path().join("modules");
    std::fs::create_dir(&modules)?;
    crate::built::copy_to(&modules)?;
    let mut child = start(options, folder.path())?;
    let reports = listen(&mut child)?;
    let mut report = Report::default();
    loop {
        match reports.recv_timeout(STANDSTILL) {
            Ok(next) => {
                report = next;
                progress(&report);
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                child.kill()?;
                report.wrong_count += 1;
                report
                    .wrong
                    .push(format!("nothing moved for {STANDSTILL:?}"));
                break;
            }
        }
    }
    let status = child.wait()?;
    if !report.done || !status.success() {
        report.done = false;
        report.crashes = 1;
        let how = match status.signal() {
            Some(signal) => format!("ended by signal {signal}"),
            None => format!("ended with {status}"),
        };
        let last = trail::read(&folder.path().join(trail::NAME))?;
        report.wrong.push(format!(
            "{how}; the threads were last at: {}",
            last.join("; ")
        ));
    }
    Ok(report)
}

fn start(options: Options, folder: &Path) -> io::Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--inside").arg(folder);
    for (name, value) in [("--seconds", options.seconds), ("--cycles", options.cycles)] {
        if let Some(value) = value {
            command.arg(name).arg(value.to_string());
        }
    }
    command.args([
        "--threads",
        &options.threads.to_string(),
        "--seed",
        &options.seed.to_string(),
    ]);
    if options.log {
        command.arg("--log");
    }
    // An arena per thread would make the memory of short threads look like growth.
    command
        .env("MALLOC_ARENA_MAX", "2")
        .stdout(Stdio::piped())
        .spawn()
}

fn listen(child: &mut Child) -> io::Result<Receiver<Report>> {
    let stdout = child
        .stdout
        .take()
        .ok_or_else(|| io::Error::other("no pipe"))?;
    let (report, reports) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if let Ok(next) = serde_json::from_str(&line)
                && report.send(next).is_err()
            {
                break;
            }
        }
    });
    Ok(reports)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(resident: &[(u64, u64)]) -> Report {
        Report {
            done: true,
            cycles: 1,
            resident: resident.to_vec(),
            ..Report::default()
        }
    }

    #[test]
    fn a_leak_is_seen_after_the_warm_up_and_noise_is_not() {
        let leak: Vec<_> = (0..30)
            .map(|look| (look * 1_000_000, 50_000_000 + look * 4_000_000))
            .collect();
        let report_of_leak = report(&leak);
        assert!(report_of_leak.grows() && !report_of_leak.is_good());
        let growth = report_of_leak.growth_per_cycle().unwrap();
        assert!((2.0..5.0).contains(&growth), "{growth}");
        let warm_up: Vec<_> = (0..30)
            .map(|look| (look * 1000, 50_000_000 + look.min(9) * 10_000_000))
            .collect();
        assert!(report(&warm_up).is_good());
        let noise: Vec<_> = (0..30)
            .map(|look| (look * 1000, 50_000_000 + look % 7 * 500_000))
            .collect();
        assert!(report(&noise).is_good());
        assert_eq!(report(&[(1, 1)]).growth_per_cycle(), None);
    }
}
