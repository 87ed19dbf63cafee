//! The handle of an interface whose cached results are shared instead of copied.

use proc_macro2::TokenStream;
use quote::quote;

use super::handles::{call_parts, invoke, key, parameters, quiet, thunk, told};
use super::{names, stand_ins};
use crate::model::{GatewayModel, InterfaceModel, OperationModel, identifier};
use crate::parse::GatewayInput;

/// The method that gives it, and the handle itself; nothing where no operation of the interface is cached.
pub(super) fn shared(
    input: &GatewayInput,
    interface: &InterfaceModel,
    model: &GatewayModel,
    lmms: &TokenStream,
) -> Option<(TokenStream, TokenStream)> {
    let operations = interface.operations.iter().map(|at| &model.operations[*at]);
    let stubs: Vec<TokenStream> = operations
        .filter_map(|operation| stub(operation, model, lmms))
        .chain(stand_ins::shared_stubs(interface, model, lmms))
        .collect();
    if stubs.is_empty() {
        return None;
    }
    let (visibility, quiet) = (&input.visibility, quiet());
    let handle = names::shared(&names::handle(&input.name, &interface.name));
    let text = format!(
        "The cached operations of interface `{}`, whose results are shared with the cache.",
        interface.name
    );
    let method = quote! {
        /// The cached operations of this interface, with results that are shared with the cache instead of copied:
        /// a hit allocates nothing, however large the result is.
        #[inline]
        pub fn shared(&self) -> #handle<'g> {
            #handle { __core: self.__core }
        }
    };
    let item = quote! {
        #[doc = #text]
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
        #[allow(non_camel_case_types)]
        #visibility struct #handle<'g> {
            __core: &'g #lmms::__private::Core,
        }

        #quiet
        impl<'g> #handle<'g> {
            #(#stubs)*
        }
    };
    Some((method, item))
}

fn stub(
    operation: &OperationModel,
    model: &GatewayModel,
    lmms: &TokenStream,
) -> Option<TokenStream> {
    let parts = call_parts(operation, lmms);
    let key = key(&parts, lmms)?;
    let (module, slot, index) = (operation.module, operation.slot, operation.index);
    let invoke = invoke(operation, &parts, lmms);
    let thunk = thunk(operation, lmms);
    let name = identifier(&operation.name);
    let told = told(operation, model);
    let parameters = parameters(operation);
    let result = operation.answer.shared(&operation.returned(), lmms);
    // SAFETY of what is generated: as of the plain handle's stubs.
    Some(quote! {
        #told
        #[inline]
        pub fn #name(&self, #(#parameters),*) -> #result {
            #thunk
            unsafe {
                #lmms::__private::shared::<__LmmsReturned>(
                    #lmms::__private::call_shared::<#module, #slot, __LmmsThunk, __LmmsReturned>(
                        self.__core, #index, #key, #invoke,
                    )
                )
            }
        }
    })
}
