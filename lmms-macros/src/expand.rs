//! From models to tokens. Input has passed all checks; logic lives in `lmms`, here is only glue.
//!
//! Generated code names everything by absolute path. Its own local variables have mixed-site spans, so that parameters
//! keep whatever names their authors gave them; its own items start with `__lmms`.

mod gateway;
mod module;
mod operation;
mod portable;
mod signature;

pub(crate) use gateway::{application, between_modules};
pub(crate) use module::module;
pub(crate) use operation::operation;
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
