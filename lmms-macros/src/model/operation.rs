//! An operation, as the module that has it declares it.

use lmms_source::{OperationAttribute, Signature};
use proc_macro2::Ident;
use syn::Type;
use syn::ext::IdentExt;

use crate::parse::Function;

/// A function under `#[operation]`.
#[derive(Debug)]
pub(crate) struct DeclaredOperation {
    pub(crate) function: Function,
    pub(crate) attribute: OperationAttribute,
    pub(crate) signature: Signature<Ident, Type>,
}

impl DeclaredOperation {
    /// The name callers write.
    pub(crate) fn name(&self) -> String {
        match &self.attribute.name {
            Some(name) => name.text.clone(),
            None => self.function.signature.ident.unraw().to_string(),
        }
    }
}
