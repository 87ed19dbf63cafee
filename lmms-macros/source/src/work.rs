//! Counts what reading costs, so that a test can tell that it grows with the sources and not with their square.

#[cfg(not(test))]
pub(crate) fn count(_steps: usize) {}

#[cfg(test)]
pub(crate) use counted::{count, of};

#[cfg(test)]
mod counted {
    use std::cell::Cell;

    thread_local! {
        static STEPS: Cell<usize> = const { Cell::new(0) };
    }

    /// Notes so many steps of this thread: bytes read, items and attributes looked at, files asked for.
    pub(crate) fn count(steps: usize) {
        STEPS.set(STEPS.get() + steps);
    }

    /// The steps that `task` takes.
    pub(crate) fn of(task: impl FnOnce()) -> usize {
        let before = STEPS.get();
        task();
        STEPS.get() - before
    }
}
