//! Calls by name: arguments are decoded in the host.

use lmms_source::{Outcome, Parameter, Passing};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;

use super::{PIECE, local};
use crate::model::{GatewayModel, OperationModel, identifier};

/// The body of `Gateway::by_name`: `operation` and `kwargs` are in scope.
pub(super) fn by_name(model: &GatewayModel) -> TokenStream {
    let (operation, kwargs) = (local("operation"), local("kwargs"));
    let pieces = model.operations.chunks(PIECE).enumerate();
    let arms = pieces.map(|(number, _)| {
        let function = piece_name(number);
        quote!(#number => self.#function(#operation, #kwargs),)
    });
    quote! {
        match #operation / #PIECE {
            #(#arms)*
            _ => ::core::unreachable!("the registry has no operation {}", #operation),
        }
    }
}

/// The functions behind it: the compiler takes far longer for one with thousands of arms.
pub(super) fn pieces(model: &GatewayModel, lmms: &TokenStream) -> TokenStream {
    let (operation, kwargs) = (local("operation"), local("kwargs"));
    let pieces = model.operations.chunks(PIECE).enumerate();
    let functions = pieces.map(|(number, operations)| {
        let function = piece_name(number);
        let arms = operations.iter().map(|operation| arm(operation, lmms));
        quote! {
            #[inline(never)]
            fn #function(
                &self,
                #operation: ::core::primitive::usize,
                mut #kwargs: #lmms::__private::Kwargs,
            ) -> ::core::result::Result<#lmms::serde_json::Value, #lmms::CallError<#lmms::serde_json::Value>> {
                match #operation {
                    #(#arms)*
                    _ => ::core::unreachable!("operation {} is in another piece", #operation),
                }
            }
        }
    });
    quote!(#(#functions)*)
}

fn piece_name(number: usize) -> Ident {
    format_ident!("__lmms_by_name_{number}")
}

fn arm(operation: &OperationModel, lmms: &TokenStream) -> TokenStream {
    let kwargs = local("kwargs");
    let index = operation.index;
    let (interface, name) = (
        identifier(&operation.interface),
        identifier(&operation.name),
    );
    let parameters = &operation.signature.parameters;
    let decoded = parameters.iter().map(|Parameter { name, passing }| {
        let text = name.unraw().to_string();
        let ty = decoded_type(passing);
        quote!(let #name: #ty = #kwargs.required(#text)?;)
    });
    let arguments = parameters
        .iter()
        .map(|Parameter { name, passing }| argument(name, passing));
    let encode = match operation.signature.outcome {
        Outcome::Fallible { .. } => quote!(json_result),
        _ => quote!(json_value),
    };
    quote! {
        #index => {
            #(#decoded)*
            #kwargs.finish()?;
            #lmms::__private::#encode(self.#interface().#name(#(#arguments),*))
        }
    }
}

/// What JSON is decoded into.
fn decoded_type(passing: &Passing<TokenStream>) -> TokenStream {
    match passing {
        Passing::Primitive(ty) | Passing::Owned(ty) | Passing::Reference(ty) => ty.clone(),
        Passing::Str => quote!(::std::string::String),
        Passing::Slice(ty) => quote!(::std::vec::Vec<#ty>),
        Passing::OptionStr => quote!(::core::option::Option<::std::string::String>),
        Passing::OptionSlice(ty) => quote!(::core::option::Option<::std::vec::Vec<#ty>>),
        Passing::OptionReference(ty) => quote!(::core::option::Option<#ty>),
    }
}

fn argument(name: &Ident, passing: &Passing<TokenStream>) -> TokenStream {
    match passing {
        Passing::Primitive(_) | Passing::Owned(_) => quote!(#name),
        Passing::Str | Passing::Slice(_) | Passing::Reference(_) => quote!(&#name),
        Passing::OptionStr | Passing::OptionSlice(_) => quote!(#name.as_deref()),
        Passing::OptionReference(_) => quote!(#name.as_ref()),
    }
}
