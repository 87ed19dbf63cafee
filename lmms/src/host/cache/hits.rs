//! How often an operation's results were found.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::host::protection::Reading;

/// The first threads count each for themselves, so that a hit writes to nothing that others use; later ones share.
pub(super) struct Hits {
    own: [Line; OWN],
    shared: AtomicU64,
}

const OWN: usize = 8;

/// Two cache lines, because processors fetch them in pairs.
#[repr(align(128))]
#[derive(Default)]
struct Line(AtomicU64);

impl Hits {
    pub(super) fn new() -> Self {
        Self {
            own: Default::default(),
            shared: AtomicU64::new(0),
        }
    }

    /// One more, found by the thread that reads.
    #[inline]
    pub(super) fn count(&self, reading: &Reading<'_>) {
        match self.own.get(reading.thread()) {
            // Nobody else writes there (PROTECTION-1).
            Some(Line(own)) => own.store(own.load(Relaxed) + 1, Relaxed),
            None => self.count_shared(),
        }
    }

    /// One more, found under a lock.
    pub(super) fn count_shared(&self) {
        self.shared.fetch_add(1, Relaxed);
    }

    pub(super) fn sum(&self) -> u64 {
        let own: u64 = self.own.iter().map(|line| line.0.load(Relaxed)).sum();
        own + self.shared.load(Relaxed)
    }
}
