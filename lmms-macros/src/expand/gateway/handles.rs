//! One handle per interface, with a method per operation.

use lmms_source::{Parameter, Passing};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};

use super::names;
use crate::expand::local;
use crate::expand::signature::{parameter_type, thunk_type};
use crate::model::{GatewayModel, InterfaceModel, OperationModel, identifier};

/// The attributes of a generated `impl`: its methods answer for their authors' style, not for the user's lints.
pub(super) fn quiet() -> TokenStream {
    quote! {
        #[automatically_derived]
        #[allow(dead_code, deprecated, unused_variables, unused_mut, rustdoc::all, clippy::all, clippy::pedantic, clippy::nursery)]
    }
}

/// The method that gives the handle of an interface.
pub(super) fn accessor(
    gateway: &Ident,
    interface: &InterfaceModel,
    model: &GatewayModel,
    lifetime: &TokenStream,
    make: &TokenStream,
) -> TokenStream {
    let handle = names::handle(gateway, &interface.name);
    let name = identifier(&interface.name);
    let modules: Vec<String> = interface
        .modules
        .iter()
        .map(|module| format!("`{}`", model.modules[*module].name))
        .collect();
    let docs = format!(
        "The operations of interface `{}`, served by {}.",
        interface.name,
        modules.join(", ")
    );
    quote! {
        #[doc = #docs]
        #[inline]
        pub fn #name(&self) -> #handle<#lifetime> {
            #handle { #make }
        }
    }
}

/// How one kind of handle calls an operation: writes the expression whose value is `Result<Returned, CallError>`.
pub(super) trait Caller {
    fn call(&self, operation: &OperationModel, parts: &CallParts) -> TokenStream;

    /// Whether the stub becomes a part of whoever calls it.
    fn inline(&self, _operation: &OperationModel) -> TokenStream {
        quote!(#[inline])
    }
}

/// For stubs that are little more than a call through a pointer. The compiler counts what is out of line, too, and
/// would make a function of its own of each that is called twice, for as many instructions again.
pub(super) fn inline_straight(operation: &OperationModel) -> TokenStream {
    match operation.cache {
        None => quote!(#[inline(always)]),
        Some(_) => quote!(#[inline]),
    }
}

/// The pieces of a call. `__LmmsThunk` and `__LmmsReturned` are in scope where they stand.
pub(super) struct CallParts {
    /// Statements behind which the arguments are as the thunk takes them: what is owned is lent.
    pub(super) lend: TokenStream,
    /// The arguments, context aside.
    pub(super) arguments: Vec<TokenStream>,
    /// Statements that append the arguments to `key`, for operations with a cache.
    pub(super) key: Option<TokenStream>,
}

/// The stub of one operation.
pub(super) fn stub(
    operation: &OperationModel,
    model: &GatewayModel,
    caller: &impl Caller,
    lmms: &TokenStream,
) -> TokenStream {
    let name = identifier(&operation.name);
    let told = told(operation, model);
    let answer = operation.answer.copied(&operation.returned(), lmms);
    let parameters = parameters(operation);
    let parts = call_parts(operation, lmms);
    let thunk = thunk(operation, lmms);
    let call = caller.call(operation, &parts);
    let inline = caller.inline(operation);
    quote! {
        #told
        #inline
        pub fn #name(&self, #(#parameters),*) -> #answer {
            #thunk
            #lmms::__private::answer::<__LmmsReturned>(#call)
        }
    }
}

/// The parameters as a stub declares them.
pub(super) fn parameters(operation: &OperationModel) -> impl Iterator<Item = TokenStream> {
    let parameters = operation.signature.parameters.iter();
    parameters.map(|Parameter { name, passing }| {
        let ty = parameter_type(passing);
        quote!(#name: #ty)
    })
}

/// `__LmmsThunk` and `__LmmsReturned`.
pub(super) fn thunk(operation: &OperationModel, lmms: &TokenStream) -> TokenStream {
    let signature = &operation.signature;
    let returned = operation.returned();
    let context = signature.takes_context.then(|| quote!(&#lmms::Context));
    let parameters = signature.parameters.iter();
    let types = context
        .into_iter()
        .chain(parameters.map(|parameter| thunk_type(&parameter.passing)));
    quote! {
        type __LmmsReturned = #returned;
        type __LmmsThunk = fn(#(#types),*) -> #lmms::__private::CallOutcome<__LmmsReturned>;
    }
}

/// The pieces of a call of this operation; its parameters are in scope.
pub(super) fn call_parts(operation: &OperationModel, lmms: &TokenStream) -> CallParts {
    let parameters = &operation.signature.parameters;
    let owned = parameters
        .iter()
        .filter(|parameter| matches!(parameter.passing, Passing::Owned(_)));
    let owned = owned.map(|parameter| &parameter.name);
    CallParts {
        lend: quote!(#(let #owned = &#owned;)*),
        arguments: parameters
            .iter()
            .map(|parameter| parameter.name.to_token_stream())
            .collect(),
        key: operation.cache.map(|_| key_parts(operation, lmms)),
    }
}

/// What gets the thunk and calls it. It holds the arguments themselves, not places in memory where they would have to
/// be.
pub(super) fn invoke(
    operation: &OperationModel,
    parts: &CallParts,
    lmms: &TokenStream,
) -> TokenStream {
    let (thunk, context) = (local("thunk"), local("context"));
    let CallParts {
        lend, arguments, ..
    } = parts;
    let closure = if operation.signature.takes_context {
        quote!(move |#thunk: __LmmsThunk, #context: &#lmms::Context| #thunk(#context, #(#arguments),*))
    } else {
        quote!(move |#thunk: __LmmsThunk, _: &#lmms::Context| #thunk(#(#arguments),*))
    };
    quote!({ #lend #closure })
}

/// What appends the arguments to a cache key, for operations with a cache.
pub(super) fn key(parts: &CallParts, lmms: &TokenStream) -> Option<TokenStream> {
    let key = local("key");
    let appended = parts.key.as_ref()?;
    Some(quote!(|#key: &mut #lmms::__private::KeyBuilder| { #appended }))
}

/// The attributes by which a stub tells its callers what the operation's author did.
///
/// Documentation is there for readers and not for tests: an example that calls the function where it is defined would
/// not compile here, once for each handle. rustdoc sets `doctest` while it looks for examples.
pub(super) fn told(operation: &OperationModel, model: &GatewayModel) -> TokenStream {
    let docs = docs(operation, model);
    let attributes = &operation.attributes;
    quote! {
        #[cfg_attr(not(doctest), doc = #docs)]
        #(#[#attributes])*
    }
}

fn docs(operation: &OperationModel, model: &GatewayModel) -> String {
    let module = &model.modules[operation.module].name;
    let full_name = format!("{}.{}", operation.interface, operation.name);
    let origin = format!("Operation `{full_name}` of module `{module}`.");
    if operation.docs.is_empty() {
        origin
    } else {
        format!("{}\n\n{origin}", operation.docs)
    }
}

/// Statements that append every argument to the cache key.
fn key_parts(operation: &OperationModel, lmms: &TokenStream) -> TokenStream {
    let key = local("key");
    let value = local("value");
    let parts = operation
        .signature
        .parameters
        .iter()
        .map(|Parameter { name, passing }| {
            let borrowed = match passing {
                Passing::Primitive(_) | Passing::Owned(_) => quote!(&#name),
                _ => quote!(#name),
            };
            if !passing.is_optional_reference() {
                return append(passing, &borrowed, lmms);
            }
            let inner = append(passing, &value.to_token_stream(), lmms);
            quote! {
                #key.bytes(&[::core::primitive::u8::from(::core::option::Option::is_some(&#name))]);
                if let ::core::option::Option::Some(#value) = #name {
                    #inner
                }
            }
        });
    quote!(#(#parts)*)
}

fn append(passing: &Passing<TokenStream>, value: &TokenStream, lmms: &TokenStream) -> TokenStream {
    let key = local("key");
    match passing {
        Passing::Str | Passing::OptionStr => quote!(#key.text(#value);),
        Passing::Slice(ty) | Passing::OptionSlice(ty) if is_byte(ty) => {
            quote!(#key.byte_slice(#value);)
        }
        Passing::Slice(_) | Passing::OptionSlice(_) => quote!(#key.slice(#value);),
        _ => quote!(#lmms::Portable::key(#value, #key);),
    }
}

fn is_byte(ty: &TokenStream) -> bool {
    lmms_source::compact(ty) == "::core::primitive::u8"
}
