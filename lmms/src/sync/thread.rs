//! Threads' numbers.

#![forbid(unsafe_code)]

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

/// A thread's number, which no other thread of the process ever has. Unlike the standard library's it can be told until
/// the very end of the thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ThreadId(u64);

/// The calling thread's number.
pub(crate) fn this_thread() -> ThreadId {
    static LAST: AtomicU64 = AtomicU64::new(0);
    if NUMBER.get() == 0 {
        // Relaxed: the numbers only have to differ.
        NUMBER.set(LAST.fetch_add(1, Ordering::Relaxed) + 1);
    }
    ThreadId(NUMBER.get())
}

thread_local! {
    /// The calling thread's; 0: it has none yet. It has no destructor, so it can be used until the very end of a
    /// thread.
    static NUMBER: Cell<u64> = const { Cell::new(0) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thread_keeps_a_number_of_its_own() {
        let there = std::thread::spawn(|| (this_thread(), this_thread()));
        let (first, second) = there.join().expect("it only looks");
        assert_eq!(first, second);
        assert_ne!(first, this_thread());
    }
}
