//! Threads: those that modules start, that visit modules, that modules hide, and that serve one module.

pub(crate) mod census;
pub(crate) mod dedicated;
pub(crate) mod hidden;
mod tid;
pub(crate) mod visitors;

pub(crate) use tid::current_tid;
