//! Whole macros, from tokens to tokens.

mod gateway;
mod module;
mod names;
mod operation;
mod portable;
mod serde;
