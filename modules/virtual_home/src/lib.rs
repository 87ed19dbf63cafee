//! The embedded home: about two dozen devices, their states and their history in a SQLite file.
//!
//! Every operation names the file; it is opened when first needed, made and filled with example devices if it does not
//! exist, and closed when the module is unloaded or [`close`](upkeep::close) is called. `:memory:` is a home without a
//! file, which keeps the module loaded because it would be lost otherwise.
#![forbid(unsafe_code)]

pub mod catalog;
pub mod control;
pub mod document;
pub mod energy;
mod examples;
pub mod history;
pub mod picture;
mod rows;
pub mod scenes;
mod seed;
pub mod simulation;
mod store;
pub mod upkeep;

#[cfg(test)]
mod hostile_files;
#[cfg(test)]
mod testing;

lmms::module!(shutdown = store::close_all, veto = store::reason_to_stay);
