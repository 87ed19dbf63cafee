//! Host code inside LMMS: what a thread is inside of, which threads wait for which, where panics end.

#![forbid(unsafe_code)]

pub(crate) mod contained;
pub(crate) mod inside;
pub(crate) mod waits;
