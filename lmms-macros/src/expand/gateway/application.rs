//! An application's gateway.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::by_name::Forms;
use super::handles::{CallParts, Caller, accessor, inline_straight, invoke, key, quiet, stub};
use super::registry::registry;
use super::shared::shared;
use super::types::types;
use super::{names, stand_ins};
use crate::expand::local;
use crate::model::{GatewayModel, InterfaceModel, OperationModel};
use crate::parse::GatewayInput;

pub(crate) fn application(
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
    let forms = Forms::new(model);
    let registry = registry(name, model, &forms, lmms);
    let (by_name, by_name_functions) = (forms.body(), forms.functions(lmms));
    let (describe, describe_functions) = (forms.describe(), forms.describe_functions(lmms));
    let accessors = model.interfaces.iter().map(|interface| {
        accessor(
            name,
            interface,
            model,
            &quote!('_),
            &quote!(__core: &self.__core),
        )
    });
    let handles = model
        .interfaces
        .iter()
        .map(|interface| handles(input, interface, model, lmms));
    let enumeration = interface_enum(input, model, lmms);
    let text = name.to_string();
    let (core, kwargs) = (local("core"), local("kwargs"));
    let (form, types_of) = (local("form"), local("types"));
    quote! {
        #(#attributes)*
        #visibility struct #name {
            __core: #lmms::__private::Core,
        }

        #quiet
        impl #name {
            /// All modules and operations behind this gateway.
            pub const REGISTRY: &'static #lmms::Registry = <Self as #lmms::Gateway>::REGISTRY;

            /// Starts to open the gateway.
            pub fn builder() -> #lmms::Builder<Self> {
                #lmms::Builder::new()
            }

            #(#accessors)*

            /// Calls an operation by its name, with arguments by name in a JSON object.
            ///
            /// # Errors
            /// Those of the typed call, the operation's own error as JSON; and unknown names and arguments that don't
            /// fit.
            pub fn execute_operation(
                &self,
                interface: &::core::primitive::str,
                operation: &::core::primitive::str,
                kwargs: #lmms::serde_json::Value,
            ) -> ::core::result::Result<#lmms::serde_json::Value, #lmms::CallError<#lmms::serde_json::Value>> {
                #lmms::__private::by_name(self, interface, operation, kwargs)
            }
        }

        #quiet
        impl #name {
            #by_name_functions

            #describe_functions
        }

        #quiet
        impl ::core::fmt::Debug for #name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct(#text).finish_non_exhaustive()
            }
        }

        #quiet
        impl ::core::ops::Deref for #name {
            type Target = #lmms::Runtime;
            #[inline]
            fn deref(&self) -> &#lmms::Runtime {
                self.__core.runtime()
            }
        }

        // SAFETY: the registry was made from the modules' sources, and the compiler computed its fingerprints.
        #quiet
        unsafe impl #lmms::Gateway for #name {
            const REGISTRY: &'static #lmms::Registry = #registry;

            unsafe fn from_core(#core: #lmms::__private::Core) -> Self {
                Self { __core: #core }
            }

            #[inline]
            fn core(&self) -> &#lmms::__private::Core {
                &self.__core
            }

            fn by_name(
                &self,
                #kwargs: &mut #lmms::__private::Kwargs,
            ) -> ::core::result::Result<#lmms::serde_json::Value, #lmms::CallError<#lmms::serde_json::Value>> {
                #by_name
            }

            fn describe(#form: ::core::primitive::usize, #types_of: &mut #lmms::__private::FormSchema) {
                #describe
            }
        }

        #(#handles)*

        #types

        #enumeration
    }
}

/// Calls through the gateway's core.
struct Straight<'a> {
    lmms: &'a TokenStream,
}

/// Calls through the modules that a pinned handle holds.
struct Pinned<'a> {
    lmms: &'a TokenStream,
    /// The modules of the interface, in the order of the pins.
    modules: &'a [usize],
}

impl Caller for Straight<'_> {
    fn call(&self, operation: &OperationModel, parts: &CallParts) -> TokenStream {
        let lmms = self.lmms;
        let (module, slot, index) = (operation.module, operation.slot, operation.index);
        let invoke = invoke(operation, parts, lmms);
        // SAFETY of what is generated: the registry is made from the same model, so this module and slot have this
        // thunk and result; the loader compares their fingerprint before it lets a call through.
        match key(parts, lmms) {
            None => quote! {
                unsafe {
                    #lmms::__private::call::<#module, #slot, __LmmsThunk, __LmmsReturned>(self.__core, #invoke)
                }
            },
            Some(key) => quote! {
                unsafe {
                    #lmms::__private::call_cached::<#module, #slot, __LmmsThunk, __LmmsReturned>(
                        self.__core, #index, #key, #invoke,
                    )
                }
            },
        }
    }

    fn inline(&self, operation: &OperationModel) -> TokenStream {
        inline_straight(operation)
    }
}

impl Caller for Pinned<'_> {
    fn call(&self, operation: &OperationModel, parts: &CallParts) -> TokenStream {
        let lmms = self.lmms;
        let pin = self
            .modules
            .iter()
            .position(|module| *module == operation.module);
        let (slot, index) = (operation.slot, operation.index);
        let invoke = invoke(operation, parts, lmms);
        // SAFETY: as above; the pin was made for this operation's module.
        match key(parts, lmms) {
            None => quote! {
                unsafe { self.__pins[#pin].call::<#slot, __LmmsThunk, __LmmsReturned>(#invoke) }
            },
            Some(key) => quote! {
                unsafe {
                    self.__pins[#pin].call_cached::<#slot, __LmmsThunk, __LmmsReturned>(#index, #key, #invoke)
                }
            },
        }
    }

    fn inline(&self, operation: &OperationModel) -> TokenStream {
        inline_straight(operation)
    }
}

/// The handle of an interface, plain and pinned.
fn handles(
    input: &GatewayInput,
    interface: &InterfaceModel,
    model: &GatewayModel,
    lmms: &TokenStream,
) -> TokenStream {
    let (visibility, quiet) = (&input.visibility, quiet());
    let handle = names::handle(&input.name, &interface.name);
    let pinned = names::pinned(&handle);
    let modules = &interface.modules;
    let count = modules.len();
    let core = local("core");
    let stubs = |caller: &dyn Fn(&OperationModel) -> TokenStream| -> Vec<TokenStream> {
        interface
            .operations
            .iter()
            .map(|index| caller(&model.operations[*index]))
            .chain(stand_ins::stubs(interface, model, lmms))
            .collect()
    };
    let straight_stubs = stubs(&|operation| stub(operation, model, &Straight { lmms }, lmms));
    let pinned_stubs = stubs(&|operation| stub(operation, model, &Pinned { lmms, modules }, lmms));
    let docs = format!("The operations of interface `{}`.", interface.name);
    let pinned_docs = format!(
        "The operations of interface `{}`, whose modules stay loaded as long as this lives.",
        interface.name
    );
    let (shared_method, shared_handle) = shared(input, interface, model, lmms).unzip();
    quote! {
        #[doc = #docs]
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
        #[allow(non_camel_case_types)]
        #visibility struct #handle<'g> {
            __core: &'g #lmms::__private::Core,
        }

        #quiet
        impl<'g> #handle<'g> {
            /// Loads the modules of this interface and keeps them loaded: calls through the returned handle cost what
            /// a call through a function pointer costs. For many calls in a row on one thread.
            ///
            /// # Errors
            /// A module can't be loaded.
            pub fn pin(&self) -> ::core::result::Result<#pinned<'g>, #lmms::Error> {
                let #core = self.__core;
                ::core::result::Result::Ok(#pinned {
                    __pins: [#(#lmms::__private::Pin::new(#core, #modules)?),*],
                })
            }

            /// Loads the modules of this interface and keeps them loaded while the guard lives, on any thread and
            /// across `.await`.
            ///
            /// # Errors
            /// A module can't be loaded.
            pub fn pin_owned(&self) -> ::core::result::Result<#lmms::OwnedGuard, #lmms::Error> {
                #lmms::__private::own(self.__core, &[#(#modules),*])
            }

            #shared_method

            #(#straight_stubs)*
        }

        #shared_handle

        #[doc = #pinned_docs]
        #[derive(::core::fmt::Debug)]
        #[allow(non_camel_case_types)]
        #visibility struct #pinned<'g> {
            __pins: [#lmms::__private::Pin<'g>; #count],
        }

        #quiet
        impl<'g> #pinned<'g> {
            #(#pinned_stubs)*
        }
    }
}

/// The interfaces by name.
fn interface_enum(input: &GatewayInput, model: &GatewayModel, lmms: &TokenStream) -> TokenStream {
    let (visibility, quiet) = (&input.visibility, quiet());
    let name = names::enumeration(&input.name);
    let docs = format!("The interfaces of [`{}`].", input.name);
    let names: Vec<&str> = model
        .interfaces
        .iter()
        .map(|interface| interface.name.as_str())
        .collect();
    let variants: Vec<Ident> = names.iter().copied().map(names::variant).collect();
    let variant_docs = names.iter().map(|name| format!("Interface `{name}`."));
    let text = local("text");
    quote! {
        #[doc = #docs]
        #[derive(
            ::core::clone::Clone,
            ::core::marker::Copy,
            ::core::fmt::Debug,
            ::core::cmp::PartialEq,
            ::core::cmp::Eq,
            ::core::cmp::PartialOrd,
            ::core::cmp::Ord,
            ::core::hash::Hash,
        )]
        #[allow(non_camel_case_types)]
        #visibility enum #name {
            #(#[doc = #variant_docs] #variants,)*
        }

        #quiet
        impl #name {
            /// All interfaces, by name.
            pub const ALL: &'static [#name] = &[#(#name::#variants),*];

            /// The name that calls by name use.
            pub const fn name(self) -> &'static ::core::primitive::str {
                match self {
                    #(#name::#variants => #names,)*
                }
            }
        }

        #quiet
        impl ::core::fmt::Display for #name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.pad(self.name())
            }
        }

        #quiet
        impl ::core::str::FromStr for #name {
            type Err = #lmms::Error;

            fn from_str(#text: &::core::primitive::str) -> ::core::result::Result<Self, #lmms::Error> {
                match Self::ALL.binary_search_by(|known| known.name().cmp(#text)) {
                    ::core::result::Result::Ok(index) => ::core::result::Result::Ok(Self::ALL[index]),
                    ::core::result::Result::Err(_) => ::core::result::Result::Err(#lmms::Error::UnknownInterface {
                        interface: #text.to_owned(),
                        similar: #lmms::__private::similar(#text, Self::ALL.iter().map(|known| known.name())),
                    }),
                }
            }
        }
    }
}
