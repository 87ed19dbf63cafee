//! The function, its thunk, and its entry in the module's list.

use lmms_source::{Parameter, Passing, ResultForm, signature_text};
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ReturnType;
use syn::spanned::Spanned;

use super::signature::{demanded_shape, fingerprint, thunk_type};
use super::{Ident, Span};
use crate::model::DeclaredOperation;

pub(crate) fn operation(operation: &DeclaredOperation, lmms: &TokenStream) -> TokenStream {
    let function = &operation.function;
    let name = operation.name();
    let interface = &operation.attribute.interface.text;
    let text = signature_text(&function.signature);
    let returned = returned(&function.signature.output);
    let shape = |ty: &TokenStream, _: Option<&str>| demanded_shape(lmms, ty);
    let signature = &operation.signature;
    let fingerprint = fingerprint(lmms, interface, &name, signature, &returned, shape);
    let (thunk, pointer) = thunk(operation, &returned, lmms);
    // The thunk is the only caller: together they should be one function.
    let inline = (!function
        .attributes
        .iter()
        .any(|attribute| attribute.path().is_ident("inline")))
    .then(|| quote!(#[inline]));
    quote! {
        #inline
        #function

        #[doc(hidden)]
        #[allow(deprecated, unused_must_use, clippy::all, clippy::pedantic, clippy::nursery)]
        const _: () = {
            const __LMMS_FINGERPRINT: ::core::primitive::u64 = #fingerprint;

            #thunk

            #lmms::__private::inventory::submit! {
                // SAFETY: thunk and fingerprint are made of the same types.
                unsafe {
                    #lmms::__private::Registration::new::<#returned>(
                        ::core::env!("CARGO_PKG_NAME"),
                        #interface,
                        #name,
                        #text,
                        __LMMS_FINGERPRINT,
                        __lmms_thunk as #pointer as *const (),
                    )
                }
            }
        };
    }
}

fn returned(output: &ReturnType) -> TokenStream {
    match output {
        ReturnType::Default => quote!(()),
        ReturnType::Type(_, ty) => ty.to_token_stream(),
    }
}

/// The function that callers reach, and its pointer type. It catches the operation's panic.
fn thunk(
    operation: &DeclaredOperation,
    returned: &TokenStream,
    lmms: &TokenStream,
) -> (TokenStream, TokenStream) {
    let function = &operation.function.signature.ident;
    let signature = &operation.signature;
    let mut names: Vec<Ident> = Vec::new();
    let mut types = Vec::new();
    let mut arguments = Vec::new();
    if signature.takes_context {
        let name = Ident::new("context", Span::mixed_site());
        types.push(quote!(&#lmms::Context));
        arguments.push(quote!(#name));
        names.push(name);
    }
    for (index, Parameter { passing, .. }) in signature.parameters.iter().enumerate() {
        let name = format_ident!("argument_{index}", span = Span::mixed_site());
        types.push(thunk_type(passing));
        arguments.push(match passing {
            // The same words as in the fingerprint, so that the compiler reports a type that isn't `Portable` once.
            Passing::Owned(ty) => quote_spanned!(ty.span()=> <#ty as #lmms::Portable>::copy(#name)),
            _ => quote!(#name),
        });
        names.push(name);
    }
    let result = quote!(#lmms::__private::CallOutcome<#returned>);
    // What returns nothing may end in an expression without value.
    let call = match signature.result {
        ResultForm::Nothing => quote!({ #function(#(#arguments),*); }),
        _ => quote!(#function(#(#arguments),*)),
    };
    let thunk = quote! {
        fn __lmms_thunk(#(#names: #types),*) -> #result {
            #lmms::__private::guarded(move || #call)
        }
    };
    (thunk, quote!(fn(#(#types),*) -> #result))
}
