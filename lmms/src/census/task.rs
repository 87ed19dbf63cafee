//! What the kernel knows of a thread.
//!
//! | tag | invariant |
//! |---|---|
//! | T1 | The system calls here take plain numbers and places of their caller's for the answer. |

use std::time::Duration;

/// A thread of this process, told apart from a later one with the same number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Task {
    pub(super) tid: i32,
    /// Time since boot at which it was known to run.
    seen: Duration,
}

impl Task {
    /// The calling thread.
    pub(super) fn current() -> Self {
        // SAFETY: T1.
        let tid = unsafe { libc::gettid() };
        Self {
            tid,
            seen: since_boot(),
        }
    }

    /// Whether the thread is surely gone: there is none of its number, or one that started later.
    pub(super) fn is_dead(&self) -> bool {
        let process = std::process::id() as libc::pid_t;
        // SAFETY: T1. Signal 0 only asks.
        let status = unsafe { libc::syscall(libc::SYS_tgkill, process, self.tid, 0) };
        if status != 0 && std::io::Error::last_os_error().raw_os_error() == Some(libc::ESRCH) {
            return true;
        }
        started(self.tid).is_some_and(|started| started > self.seen + TICK)
    }

    /// The thread's name; empty if it is gone.
    pub(super) fn name(&self) -> String {
        name(self.tid)
    }
}

/// A thread's name; empty if it is gone.
pub(super) fn name(tid: i32) -> String {
    let name = std::fs::read_to_string(format!("/proc/self/task/{tid}/comm")).unwrap_or_default();
    name.trim_end().to_owned()
}

/// The kernel tells start times in hundredths of a second, whatever its own clock does.
pub(super) const TICK: Duration = Duration::from_millis(10);

pub(super) fn since_boot() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: T1.
    unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Time since boot at which a thread was started.
pub(super) fn started(tid: i32) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/self/task/{tid}/stat")).ok()?;
    // The name in parentheses may hold anything; the start time is the 20th field behind it.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks: u64 = fields.split_whitespace().nth(19)?.parse().ok()?;
    Some(Duration::from_millis(ticks * 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_thread_is_not_dead_and_an_ended_one_is() {
        let me = Task::current();
        assert!(!me.is_dead());
        assert!(!me.name().is_empty());
        let ended = std::thread::spawn(Task::current).join().expect("no panic");
        // A join may return a moment before the kernel has removed the thread.
        while !ended.is_dead() {
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_reused_number_counts_as_dead() {
        let me = Task::current();
        let former = Task {
            seen: Duration::ZERO,
            ..me
        };
        assert!(former.is_dead());
    }
}
