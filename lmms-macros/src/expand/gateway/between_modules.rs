//! A module's gateway: the same stubs over the context.

use proc_macro2::TokenStream;
use quote::quote;

use super::handles::{CallParts, Caller, accessor, quiet, stub};
use super::types::types;
use super::{names, stand_ins};
use crate::expand::local;
use crate::expand::signature::fingerprint_elsewhere;
use crate::model::{GatewayModel, InterfaceModel, OperationModel};
use crate::parse::GatewayInput;

pub(crate) fn between_modules(
    input: &GatewayInput,
    model: &GatewayModel,
    lmms: &TokenStream,
) -> TokenStream {
    let GatewayInput {
        attributes,
        visibility,
        name,
        ..
    } = input;
    let quiet = quiet();
    let types = types(input, &model.types, lmms);
    let accessors = model.interfaces.iter().map(|interface| {
        accessor(
            name,
            interface,
            model,
            &quote!('c),
            &quote!(__context: self.__context),
        )
    });
    let handles = model
        .interfaces
        .iter()
        .map(|interface| handle(input, interface, model, lmms));
    quote! {
        #(#attributes)*
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
        #visibility struct #name<'c> {
            __context: &'c #lmms::Context,
        }

        #quiet
        impl<'c> #name<'c> {
            /// Calls go through the gateway that `cx` belongs to.
            #[inline]
            pub fn new(cx: &'c #lmms::Context) -> Self {
                Self { __context: cx }
            }

            #(#accessors)*
        }

        #(#handles)*

        #types
    }
}

/// Calls through the context.
struct ThroughContext<'a> {
    model: &'a GatewayModel,
    lmms: &'a TokenStream,
}

impl Caller for ThroughContext<'_> {
    fn call(&self, operation: &OperationModel, parts: &CallParts) -> TokenStream {
        let lmms = self.lmms;
        let (interface, name) = (&operation.interface, &operation.name);
        let fingerprint = fingerprint_elsewhere(operation, self.model, lmms);
        let (key, thunk) = (local("key"), local("thunk"));
        let key = match &parts.key {
            None => quote!(::core::option::Option::None),
            Some(appended) => quote! {
                ::core::option::Option::Some(&|#key: &mut #lmms::__private::KeyBuilder| { #appended })
            },
        };
        let context = operation
            .signature
            .takes_context
            .then(|| quote!(self.__context));
        let arguments = context.iter().chain(&parts.arguments);
        let lend = &parts.lend;
        // SAFETY of what is generated: the fingerprint is that of this thunk and result; the host hands out a thunk
        // only if its module has the same.
        quote! {
            {
                static __LMMS_PEER: #lmms::__private::Peer =
                    #lmms::__private::Peer::new(#interface, #name, #fingerprint);
                unsafe {
                    __LMMS_PEER.call::<__LmmsThunk, __LmmsReturned>(
                        self.__context,
                        #key,
                        { #lend move |#thunk: __LmmsThunk| #thunk(#(#arguments),*) },
                    )
                }
            }
        }
    }
}

fn handle(
    input: &GatewayInput,
    interface: &InterfaceModel,
    model: &GatewayModel,
    lmms: &TokenStream,
) -> TokenStream {
    let (visibility, quiet) = (&input.visibility, quiet());
    let handle = names::handle(&input.name, &interface.name);
    let docs = format!("The operations of interface `{}`.", interface.name);
    let stand_ins = stand_ins::stubs(interface, model, lmms);
    let stubs = interface.operations.iter().map(|index| {
        stub(
            &model.operations[*index],
            model,
            &ThroughContext { model, lmms },
            lmms,
        )
    });
    quote! {
        #[doc = #docs]
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
        #[allow(non_camel_case_types)]
        #visibility struct #handle<'c> {
            __context: &'c #lmms::Context,
        }

        #quiet
        impl<'c> #handle<'c> {
            #(#stubs)*
            #(#stand_ins)*
        }
    }
}
