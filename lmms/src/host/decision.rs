//! Decisions: which modules may go. Nothing here reads a clock or a file but [`pressure`].

#![forbid(unsafe_code)]

pub mod decide;
pub mod facts;
pub mod heat;
pub mod layers;
pub mod policy;
pub mod pressure;
pub mod verdict;
