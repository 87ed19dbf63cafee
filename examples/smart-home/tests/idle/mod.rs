//! How long a process has had nothing to do.
#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Time in which no thread of a process ran, or was ready to and waited for a processor: how busy the machine is makes
/// no difference.
pub struct Idle {
    threads: PathBuf,
    looked: Instant,
    at_work: Duration,
    idle: Duration,
}

impl Idle {
    /// Of a child of this process that was not waited for.
    pub fn of(process: u32) -> Self {
        let threads = PathBuf::from(format!("/proc/{process}/task"));
        Self {
            looked: Instant::now(),
            at_work: at_work(&threads),
            idle: Duration::ZERO,
            threads,
        }
    }

    /// Counts from zero.
    pub fn start_over(&mut self) {
        self.look();
        self.idle = Duration::ZERO;
    }

    /// How long it has been so far.
    pub fn look(&mut self) -> Duration {
        let (looked, at_work) = (Instant::now(), at_work(&self.threads));
        let passed = looked - self.looked;
        // Less than before: a thread has ended.
        self.idle += passed.saturating_sub(at_work.saturating_sub(self.at_work));
        (self.looked, self.at_work) = (looked, at_work);
        self.idle
    }
}

/// What the threads that there are have run, and waited for a processor.
fn at_work(threads: &Path) -> Duration {
    let threads = fs::read_dir(threads).into_iter().flatten().flatten();
    // One that has ended meanwhile has done nothing.
    let statistics = threads.map(|thread| fs::read_to_string(thread.path().join("schedstat")));
    let nanoseconds = statistics.map(|text| {
        let text = text.unwrap_or_default();
        let numbers = text.split_whitespace().take(2);
        numbers
            .filter_map(|number| number.parse::<u64>().ok())
            .sum::<u64>()
    });
    Duration::from_nanos(nanoseconds.sum())
}
