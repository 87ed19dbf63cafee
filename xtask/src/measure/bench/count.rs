//! So many of so many.

#![forbid(unsafe_code)]

use std::fmt;

/// How many of something were reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// So many were.
    pub reached: usize,
    /// Of so many.
    pub all: usize,
}

impl Count {
    pub(super) fn of(judged: impl Iterator<Item = bool>) -> Self {
        judged.fold(Self::default(), |count, reached| Self {
            reached: count.reached + usize::from(reached),
            all: count.all + 1,
        })
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.reached, self.all)
    }
}
