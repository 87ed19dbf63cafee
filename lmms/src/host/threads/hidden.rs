//! What a module has left in the process that no wrap has seen: threads made by a bare `clone` or by
//! a shared library that it depends on, and signal handlers.
//!
//! The wraps of `census` count what a module does through the usual C functions. This looks at the
//! process itself instead, when a module should go: at each task that nobody else accounts for, and
//! at each signal.
//!
//! # How a hidden thread is told
//! A thread is not the module's if it is older than its load, if it is known to the census, or if it
//! has ever called a module or run its code for the host ([`visitors`](crate::host::threads::visitors)): then old
//! return addresses may be left on its stack. Of all others, the stack pointer, the program counter, and the words on
//! the used part of the stack are looked at. An address in the module or its heap gives it away.
//!
//! The words of a stack that was an ended visitor's before are looked at only if the module could
//! have made the thread, by `clone` or a shared library: then a stranger that sleeps over old
//! addresses keeps the module loaded, which is better than to lose the code under a thread's feet.
//!
//! # Limits
//! The kernel tells neither pointer of a thread that is running at the moment. Such a thread counts
//! as the module's if the module could have made it: if it imports `clone`, or depends on shared
//! libraries of its own. So what stays unseen is a thread that was made by a system call without the
//! C library, and that never sleeps.

mod signals;
mod tasks;

use std::ops::Range;
use std::time::Duration;

use crate::host::threads::census::ThreadInfo;

/// Where a module's traces would point to.
#[derive(Clone, Debug)]
pub(crate) struct Traces {
    /// Addresses of its code, data and heap, and of libraries that were loaded with it.
    pub(crate) ranges: Vec<Range<usize>>,
    /// Time since boot just before it was loaded.
    pub(crate) since: Duration,
    /// It could have made threads that the wraps don't see.
    pub(crate) may_hide_threads: bool,
}

impl Traces {
    /// Threads that the module has made out of the census' sight.
    pub(crate) fn hidden_threads(&self) -> Vec<ThreadInfo> {
        tasks::hidden(self)
    }

    /// Names of the signals whose handler is one of its functions.
    pub(crate) fn handled_signals(&self) -> Vec<String> {
        signals::handled(|address| self.covers(address))
    }

    /// Whether an address lies in one of the ranges.
    pub(crate) fn covers(&self, address: usize) -> bool {
        self.ranges.iter().any(|range| range.contains(&address))
    }
}
