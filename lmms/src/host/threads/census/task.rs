//! What the kernel knows of a thread.
//!
//! # Invariants
//! - **TASK-1** The system calls here take plain numbers and places of their caller's for the answer.

use std::time::Duration;

/// A thread of this process, told apart from a later one with the same number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Task {
    pub(crate) tid: i32,
    /// Time since boot at which it was known to run.
    seen: Duration,
}

impl Task {
    /// The calling thread.
    pub(crate) fn current() -> Self {
        // SAFETY: TASK-1.
        let tid = unsafe { libc::gettid() };
        Self {
            tid,
            seen: since_boot(),
        }
    }

    /// Whether the thread is surely gone: there is none of its number, or one that started later.
    pub(crate) fn is_dead(&self) -> bool {
        let process = std::process::id() as libc::pid_t;
        // SAFETY: TASK-1. Signal 0 only asks.
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
    // SAFETY: TASK-1.
    unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Time since boot at which a thread was started.
pub(super) fn started(tid: i32) -> Option<Duration> {
    let ticks = field(&stat(tid)?, 22)?;
    Some(Duration::from_millis(ticks * 10))
}

/// Whether a thread is gone or has run its last instruction, though the kernel may still list it: who joins it may be
/// sooner than the kernel.
pub(super) fn is_ending(tid: i32) -> bool {
    stat(tid).is_none_or(|stat| says_ending(&stat))
}

fn says_ending(stat: &str) -> bool {
    // Set as soon as it is on its way out, and never taken back (`PF_EXITING`, include/linux/sched.h).
    const EXITING: u64 = 0x4;
    field(stat, 9).is_none_or(|flags| flags & EXITING != 0)
}

/// What proc_pid_stat(5) is about, for a thread. `None`: it is gone.
fn stat(tid: i32) -> Option<String> {
    std::fs::read_to_string(format!("/proc/self/task/{tid}/stat")).ok()
}

/// A field that is a number, counted as in the manual.
fn field(stat: &str, number: usize) -> Option<u64> {
    // The second one is the name in parentheses, which may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(number - 3)?.parse().ok()
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

    /// A process nobody has waited for is as a thread that the kernel has yet to remove.
    #[test]
    fn what_has_ended_is_told_from_what_runs_while_both_are_listed() {
        assert!(!is_ending(Task::current().tid));
        assert!(is_ending(i32::MAX), "there is none");
        let mut child = std::process::Command::new("true")
            .spawn()
            .expect("there is a program that does nothing");
        let stat = loop {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id()));
            let stat = stat.expect("it is listed until it is waited for");
            if stat.contains(") Z ") {
                break stat;
            }
            std::thread::yield_now();
        };
        assert!(says_ending(&stat), "{stat}");
        child.wait().expect("it has ended");
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
