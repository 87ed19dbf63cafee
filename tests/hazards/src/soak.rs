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

/// How much may differ between two moments for no reason of ours.
///
/// Of what the allocator has handed out: lists of this program that have just grown. Of what is resident: pages of the
/// allocator's that are in use in part, stacks of ended threads that the C library keeps, the kernel's lazy counters.
///
/// Of mappings: what the C library keeps for threads and large blocks. Of descriptors nothing: all come back.
const NOISE: Noise = Noise {
    live: 64 << 10,
    resident: 512 << 10,
    mappings: 64,
};

struct Noise {
    live: u64,
    resident: u64,
    mappings: u64,
}

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
    /// Looks at the memory, each while nothing ran.
    pub looks: Vec<Look>,
}

/// The memory while nothing ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// After so many cycles.
    pub cycles: u64,
    /// Bytes that the host's allocator has handed out.
    pub live: u64,
    /// Bytes of the process in memory.
    pub resident: u64,
    /// Descriptors that are open.
    pub descriptors: u64,
    /// Mappings of the process.
    pub mappings: u64,
}

impl Report {
    /// Bytes that each cycle after the warm-up has left allocated; `None`: too few looks at it.
    pub fn live_per_cycle(&self) -> Option<f64> {
        let (bytes, cycles) = self.growth(|look| look.live)?;
        Some(bytes / cycles)
    }

    /// Bytes that each cycle after the warm-up has left resident; `None`: too few looks at it.
    pub fn resident_per_cycle(&self) -> Option<f64> {
        let (bytes, cycles) = self.growth(|look| look.resident)?;
        Some(bytes / cycles)
    }

    /// Bytes that were added after the warm-up, and in how many cycles.
    fn growth(&self, of: fn(&Look) -> u64) -> Option<(f64, f64)> {
        // Caches, arenas and what stays by design fill in the first third.
        let steady = &self.looks[self.looks.len() / 3..];
        let part = steady.len() / 3;
        if part == 0 {
            return None;
        }
        // Of each end the lowest, because what is added by chance is never negative.
        let least = |looks: &[Look]| looks.iter().map(of).min();
        let first = least(&steady[..part])?;
        let last = least(&steady[steady.len() - part..])?;
        let cycles = steady.last()?.cycles.saturating_sub(steady.first()?.cycles);
        (cycles > 0).then_some((last as f64 - first as f64, cycles as f64))
    }

    /// Whether more stays than is allowed.
    pub fn grows(&self) -> bool {
        let grows = |of, noise: u64| {
            self.growth(of)
                .is_some_and(|(bytes, cycles)| bytes > cycles * BYTES_PER_CYCLE + noise as f64)
        };
        grows(|look| look.live, NOISE.live)
            || grows(|look| look.resident, NOISE.resident)
            || self.more(|look| look.descriptors) > 0
            || self.more(|look| look.mappings) > NOISE.mappings
    }

    /// How many more there are than after the warm-up.
    fn more(&self, of: fn(&Look) -> u64) -> u64 {
        self.growth(of).map_or(0, |(more, _)| more.max(0.0) as u64)
    }

    /// Descriptors that were added after the warm-up.
    pub fn more_descriptors(&self) -> u64 {
        self.more(|look| look.descriptors)
    }

    /// Mappings that were added after the warm-up.
    pub fn more_mappings(&self) -> u64 {
        self.more(|look| look.mappings)
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
    // Would look like growth: the free end of any arena but the first, which isn't given back (up to a megabyte was
    // seen), and each thread's cache of free blocks, which goes on filling for hundreds of thousands of cycles.
    command
        .env("MALLOC_ARENA_MAX", "1")
        .env("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0")
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

    const MEGABYTE: u64 = 1_000_000;

    fn report(looks: impl Iterator<Item = (u64, u64, u64)>) -> Report {
        let look = |(cycles, live, resident)| Look {
            cycles,
            live,
            resident,
            descriptors: 20,
            mappings: 300,
        };
        Report {
            done: true,
            cycles: 1,
            looks: looks.map(look).collect(),
            ..Report::default()
        }
    }

    #[test]
    fn what_stays_of_each_cycle_is_seen_after_the_warm_up() {
        let live = report((0..30).map(|n| (n * 100_000, MEGABYTE + n * 200_000, 50 * MEGABYTE)));
        assert!(live.grows() && !live.is_good());
        let per_cycle = live.live_per_cycle().unwrap();
        assert!((1.0..2.5).contains(&per_cycle), "{per_cycle}");
        assert_eq!(live.resident_per_cycle(), Some(0.0));

        let resident = report((0..30).map(|n| (n * MEGABYTE, MEGABYTE, (50 + n * 4) * MEGABYTE)));
        assert!(resident.grows() && !resident.is_good());
        let per_cycle = resident.resident_per_cycle().unwrap();
        assert!((2.0..5.0).contains(&per_cycle), "{per_cycle}");
    }

    #[test]
    fn a_descriptor_that_stays_is_seen() {
        let look = |number: u64| Look {
            cycles: number * 1000,
            live: MEGABYTE,
            resident: MEGABYTE,
            descriptors: 20 + number / 20,
            mappings: 300 + number % 7,
        };
        let mut report = report(std::iter::empty());
        report.looks = (0..15).map(look).collect();
        assert!(report.is_good());
        report.looks = (0..60).map(look).collect();
        assert_eq!(report.more_descriptors(), 1);
        assert!(report.grows() && !report.is_good());
    }

    #[test]
    fn warm_up_and_noise_are_no_growth() {
        let warm_up = (0..30).map(|n| (n * 1000, n.min(9) * MEGABYTE, n.min(9) * 10 * MEGABYTE));
        assert!(report(warm_up).is_good());
        let noise = (0..30).map(|n| (n * 1000, MEGABYTE + n % 7 * 9000, MEGABYTE + n % 7 * 75_000));
        assert!(report(noise).is_good());
        assert_eq!(report([(1, 1, 1)].into_iter()).live_per_cycle(), None);
    }
}
