//! From models to tokens. Input has passed all checks; logic lives in `lmms`, here is only glue.
//!
//! Generated code names everything by absolute path. Its own local variables have mixed-site spans, so that parameters
//! keep whatever names their authors gave them; its own items start with `__lmms`.

mod by_name;
mod gateway;
mod handles;
mod module;
mod names;
#[cfg(test)]
mod names_tests;
mod operation;
mod peers;
mod portable;
mod registry;
mod shared;
mod signature;
mod stand_ins;

pub(crate) use gateway::gateway;
pub(crate) use module::module;
pub(crate) use operation::operation;
pub(crate) use peers::peers;
pub(crate) use portable::{portable, portable_stand_in};

use std::path::PathBuf;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

/// How many operations share a function or a constant, where one for all of them would take the compiler ever longer.
const PIECE: usize = 32;

/// Makes cargo build again when one of `files` changes.
pub(crate) fn tracked(files: impl Iterator<Item = PathBuf>) -> TokenStream {
    let paths = files.map(|file| file.display().to_string());
    quote!(const _: &[&[u8]] = &[#(::core::include_bytes!(#paths)),*];)
}

/// A local variable that no parameter can collide with.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}
