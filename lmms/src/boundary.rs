//! What both sides are compiled with: the layouts they share, what may cross, how panics end.

pub(crate) mod abi;
pub(crate) mod contain;
pub(crate) mod context;
pub(crate) mod error;
pub(crate) mod hooks;
pub(crate) mod portable;
