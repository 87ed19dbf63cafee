//! The background sweeper: a thread that wakes only when a sweep could find something to do.

#![forbid(unsafe_code)]

use crate::clock::nanoseconds;
use crate::contain::{contain, tell};
use crate::inside;
use crate::runtime::Runtime;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Wakes the sweeper.
#[derive(Debug)]
pub(crate) struct Alarm {
    signal: Mutex<Signal>,
    rung: Condvar,
    /// When the sweeper means to wake by itself, in nanoseconds on the gateway's clock.
    due: AtomicU64,
}

/// The sweeper doesn't mean to wake by itself.
const NEVER: u64 = u64::MAX;

/// So much later than it meant to, the sweeper is reminded.
const LATE: u64 = 1_000_000_000;

impl Default for Alarm {
    fn default() -> Self {
        Self {
            signal: Mutex::default(),
            rung: Condvar::default(),
            due: AtomicU64::new(NEVER),
        }
    }
}

#[derive(Debug, Default)]
struct Signal {
    rung: bool,
    stop: bool,
}

impl Alarm {
    /// Something was loaded: what the last sweep foresaw no longer holds.
    pub(crate) fn ring(&self) {
        let already = std::mem::replace(&mut self.signal().rung, true);
        // To notify is a system call, even if nobody waits.
        if !already {
            self.rung.notify_all();
        }
    }

    /// To be called when modules are used: a thread's sleep doesn't count the time for which the machine
    /// was suspended, so the sweeper may oversleep by that.
    #[inline]
    pub(crate) fn remind(&self, now: Duration) {
        let due = self.due.load(Ordering::Relaxed);
        if nanoseconds(now) >= due.saturating_add(LATE) && due != NEVER {
            self.due.store(NEVER, Ordering::Relaxed);
            self.ring();
        }
    }

    /// The sweeper means to wake by itself then.
    fn expect(&self, due: Option<Duration>) {
        self.due
            .store(due.map_or(NEVER, nanoseconds), Ordering::Relaxed);
    }

    fn stop(&self) {
        self.signal().stop = true;
        self.rung.notify_all();
    }

    fn signal(&self) -> std::sync::MutexGuard<'_, Signal> {
        self.signal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the alarm, at most `limit` (`None`: for ever). `false`: stop.
    fn wait(&self, limit: Option<Duration>) -> bool {
        let signal = self.signal();
        let idle = |signal: &mut Signal| !signal.rung && !signal.stop;
        let mut signal = match limit {
            None => self
                .rung
                .wait_while(signal, idle)
                .unwrap_or_else(PoisonError::into_inner),
            Some(limit) => {
                self.rung
                    .wait_timeout_while(signal, limit, idle)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0
            }
        };
        signal.rung = false;
        !signal.stop
    }
}

/// The sweeper's thread; stopped on drop.
#[derive(Debug)]
pub(crate) struct Sweeper {
    alarm: Arc<Alarm>,
    thread: Option<JoinHandle<()>>,
}

impl Sweeper {
    pub(crate) fn start(runtime: &Arc<Runtime>) -> Self {
        let alarm = runtime.alarm.clone();
        let weak = Arc::downgrade(runtime);
        let bell = alarm.clone();
        let thread = thread::Builder::new()
            .name("lmms-sweeper".into())
            .spawn(move || run(&bell, &weak));
        if let Err(error) = &thread {
            tell(|| tracing::warn!(%error, "no thread for background sweeps; call `sweep()`"));
        }
        Self {
            alarm,
            thread: thread.ok(),
        }
    }
}

/// Waits without owning the runtime: a gateway closes on the thread that drops it.
fn run(alarm: &Alarm, runtime: &Weak<Runtime>) {
    let mut limit = None;
    while alarm.wait(limit) {
        let Some(runtime) = runtime.upgrade() else {
            return;
        };
        let sweep = || {
            alarm.expect(None);
            let next = runtime.sweep().next;
            alarm.expect(next);
            next.map(|next| next.saturating_sub(runtime.now()))
        };
        // After a panic of the application's code: it may have been the last one.
        limit = contain("inside a sweep", sweep).unwrap_or(Some(runtime.policy.sweep_interval));
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        self.alarm.stop();
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != thread::current().id()
            // A sweep may wait for this thread; the sweeper then closes the gateway when it is done.
            && inside::innermost().is_none()
        {
            // It ends well: it catches its panics.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweeper_that_oversleeps_is_reminded_once() {
        let alarm = Alarm::default();
        let seconds = Duration::from_secs;
        let is_reminded = |at| {
            alarm.remind(at);
            std::mem::take(&mut alarm.signal().rung)
        };
        assert!(!is_reminded(Duration::MAX), "it doesn't mean to wake");
        alarm.expect(Some(seconds(10)));
        assert!(!is_reminded(seconds(10)), "it will wake by itself");
        assert!(is_reminded(seconds(11)));
        assert!(!is_reminded(seconds(12)), "it knows");
        alarm.expect(None);
        assert!(!is_reminded(Duration::MAX));
    }
}
