//! The background sweeper: a thread that wakes only when a sweep could find something to do.

#![forbid(unsafe_code)]

use std::sync::{Arc, Weak};
use std::thread::{self, JoinHandle};

use crate::boundary::contain::contain;
use crate::host::reentrance::contained::{TARGET, tell};
use crate::host::reentrance::inside;
use crate::host::runtime::Runtime;
use crate::host::uses::alarm::Alarm;

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
            tell(
                || tracing::warn!(target: TARGET, %error, "no thread for background sweeps; call `sweep()`"),
            );
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
