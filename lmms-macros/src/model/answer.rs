//! What a caller gets back from an operation.

use lmms_source::{TypeForm, TypeName};
use proc_macro2::TokenStream;
use quote::quote;

/// What sources tell of a result.
#[derive(Debug)]
pub(crate) enum AnswerForm {
    Value,
    Result {
        ok: TokenStream,
        error: TokenStream,
    },
    /// The compiler knows.
    Unknown,
}

impl AnswerForm {
    /// What sources tell of the result.
    pub(super) fn of(result: &lmms_source::ResultForm<TypeName>) -> AnswerForm {
        let lmms_source::ResultForm::Value(ty) = result else {
            return AnswerForm::Value;
        };
        let (ok, error) = match &ty.form {
            TypeForm::Value => return AnswerForm::Value,
            TypeForm::Unknown | TypeForm::Refused => return AnswerForm::Unknown,
            TypeForm::Result { ok, error } => (ok.parse(), error.parse()),
        };
        match (ok, error) {
            (Ok(ok), Ok(error)) => AnswerForm::Result { ok, error },
            _ => AnswerForm::Unknown,
        }
    }

    /// What a caller gets: spelled out for people who read it, where sources tell what the result is.
    pub(crate) fn copied(&self, returned: &TokenStream, lmms: &TokenStream) -> TokenStream {
        match self {
            AnswerForm::Value => quote!(::core::result::Result<#returned, #lmms::CallError>),
            AnswerForm::Result { ok, error } => {
                quote!(::core::result::Result<#ok, #lmms::CallError<#error>>)
            }
            AnswerForm::Unknown => quote!(#lmms::Answer<#returned>),
        }
    }

    /// The same, where the value is shared with the cache.
    pub(crate) fn shared(&self, returned: &TokenStream, lmms: &TokenStream) -> TokenStream {
        let shared = |ty| quote!(#lmms::Shared<#ty>);
        match self {
            AnswerForm::Value => {
                let shared = shared(returned);
                quote!(::core::result::Result<#shared, #lmms::CallError>)
            }
            AnswerForm::Result { ok, error } => {
                let shared = shared(ok);
                quote!(::core::result::Result<#shared, #lmms::CallError<#error>>)
            }
            AnswerForm::Unknown => quote!(#lmms::__private::SharedAnswer<#returned>),
        }
    }
}
