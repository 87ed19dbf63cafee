//! From text to tokens and items, and from tokens back to text.
//!
//! Nothing here knows of files, modules or operations.

pub(crate) mod compact;
pub(crate) mod lexer;
pub(crate) mod outline;
pub(crate) mod words;
