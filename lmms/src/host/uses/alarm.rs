//! What wakes the background sweeper: a load, or a use of a module after the sweeper should have woken by itself.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use crate::host::clock::nanoseconds;
use crate::sync::Unpoisoned as _;

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
    pub(crate) fn expect(&self, due: Option<Duration>) {
        self.due
            .store(due.map_or(NEVER, nanoseconds), Ordering::Relaxed);
    }

    pub(crate) fn stop(&self) {
        self.signal().stop = true;
        self.rung.notify_all();
    }

    fn signal(&self) -> std::sync::MutexGuard<'_, Signal> {
        self.signal.lock().unpoisoned()
    }

    /// Waits for the alarm, at most `limit` (`None`: for ever). `false`: stop.
    pub(crate) fn wait(&self, limit: Option<Duration>) -> bool {
        let signal = self.signal();
        let idle = |signal: &mut Signal| !signal.rung && !signal.stop;
        let mut signal = match limit {
            None => self.rung.wait_while(signal, idle).unpoisoned(),
            Some(limit) => {
                self.rung
                    .wait_timeout_while(signal, limit, idle)
                    .unpoisoned()
                    .0
            }
        };
        signal.rung = false;
        !signal.stop
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
