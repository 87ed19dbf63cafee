//! Stubs of operations with types that can't be named: they take anything in these places, and are never called.

use lmms_source::Parameter;
use proc_macro2::TokenStream;
use quote::quote;

use crate::expand::signature::parameter_type;
use crate::model::{GatewayModel, InterfaceModel, StandIn, identifier};

/// For a handle that copies results.
pub(super) fn stubs<'m>(
    interface: &'m InterfaceModel,
    model: &'m GatewayModel,
    lmms: &'m TokenStream,
) -> impl Iterator<Item = TokenStream> + 'm {
    let stand_ins = interface.stand_ins.iter().map(|at| &model.stand_ins[*at]);
    stand_ins.map(move |stand_in| {
        let result = stand_in.result.as_ref();
        stub(
            stand_in,
            result.map(|(returned, form)| form.copied(returned, lmms)),
            lmms,
        )
    })
}

/// For a handle that shares results.
pub(super) fn shared_stubs<'m>(
    interface: &'m InterfaceModel,
    model: &'m GatewayModel,
    lmms: &'m TokenStream,
) -> impl Iterator<Item = TokenStream> + 'm {
    let stand_ins = interface.stand_ins.iter().map(|at| &model.stand_ins[*at]);
    stand_ins
        .filter(|stand_in| stand_in.is_cached)
        .map(move |stand_in| {
            let result = stand_in.result.as_ref();
            stub(
                stand_in,
                result.map(|(returned, form)| form.shared(returned, lmms)),
                lmms,
            )
        })
}

fn stub(stand_in: &StandIn, answer: Option<TokenStream>, lmms: &TokenStream) -> TokenStream {
    let name = identifier(&stand_in.name);
    let parameters = stand_in
        .parameters
        .iter()
        .map(|Parameter { name, passing }| {
            let is_refused = passing.inner().is_some_and(Option::is_none);
            let named = passing.try_map(&mut |ty| ty.clone().ok_or(()));
            match named {
                Ok(passing) if !is_refused => {
                    let ty = parameter_type(&passing);
                    quote!(#name: #ty)
                }
                _ => quote!(#name: impl ::core::marker::Sized),
            }
        });
    let never = quote!(#lmms::__private::Never);
    let answer =
        answer.unwrap_or_else(|| quote!(::core::result::Result<#never, #lmms::CallError<#never>>));
    quote! {
        /// An operation with a type that can't be named here.
        pub fn #name(&self, #(#parameters),*) -> #answer {
            ::core::unreachable!("a gateway with mistakes doesn't compile")
        }
    }
}
