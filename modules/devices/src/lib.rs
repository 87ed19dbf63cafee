//! The devices of a home, whichever home it is.
//!
//! Every operation takes the home as a [`HomeTarget`](home_types::HomeTarget) and asks the interface that serves such
//! homes: `virtual_home` or `home_assistant`. On top of them, devices are found by the names people say, told what to
//! do in groups, and summed up.
#![forbid(unsafe_code)]

pub mod catalog;
pub mod control;
mod exposed;
pub mod history;
mod home;
pub mod names;
mod peers;
pub mod search;
mod services;
pub mod summary;

#[cfg(test)]
mod testing;

lmms::module!();
