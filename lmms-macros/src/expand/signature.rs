//! The parts that both sides of a call must write alike: how arguments are passed, and the fingerprint.

use lmms_source::{Passing, Signature};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

/// A parameter of the thunk. Owned values are lent, and copied by the module.
pub(super) fn thunk_type<T: ToTokens>(passing: &Passing<T>) -> TokenStream {
    match passing {
        Passing::Owned(ty) => quote!(&#ty),
        other => parameter_type(other),
    }
}

/// A parameter as the operation and its stubs have it.
pub(super) fn parameter_type<T: ToTokens>(passing: &Passing<T>) -> TokenStream {
    match passing {
        Passing::Primitive(ty) | Passing::Owned(ty) => quote!(#ty),
        Passing::Str => quote!(&::core::primitive::str),
        Passing::Slice(ty) => quote!(&[#ty]),
        Passing::Reference(ty) => quote!(&#ty),
        Passing::OptionStr => quote!(::core::option::Option<&::core::primitive::str>),
        Passing::OptionSlice(ty) => quote!(::core::option::Option<&[#ty]>),
        Passing::OptionReference(ty) => quote!(::core::option::Option<&#ty>),
    }
}

/// The fingerprint of a signature, a constant expression. Both sides compute it and compare at load.
pub(super) fn fingerprint<T: ToTokens>(
    lmms: &TokenStream,
    interface: &str,
    name: &str,
    signature: &Signature<Ident, T>,
    returned: &impl ToTokens,
) -> TokenStream {
    let context = signature.takes_context;
    let arguments = signature.parameters.iter().map(|parameter| {
        let argument = parameter.name.unraw().to_string();
        let pass = pass(&parameter.passing);
        let shape = match parameter.passing.inner() {
            Some(ty) => shape(lmms, ty),
            None => shape(lmms, &quote!(::std::string::String)),
        };
        quote!(.argument(#argument, #lmms::__private::Pass::#pass, #shape))
    });
    let result = shape(lmms, returned);
    quote! {
        #lmms::__private::Signature::new(#interface, #name, #context) #(#arguments)* .result(#result)
    }
}

/// The shape of a type. A type that isn't `Portable` is reported at its own tokens.
fn shape(lmms: &TokenStream, ty: &impl ToTokens) -> TokenStream {
    let span = ty.to_token_stream().span();
    quote_spanned!(span=> <#ty as #lmms::Portable>::SHAPE)
}

fn pass<T>(passing: &Passing<T>) -> TokenStream {
    match passing {
        Passing::Primitive(_) => quote!(Value),
        Passing::Owned(_) => quote!(Copy),
        Passing::Str => quote!(Str),
        Passing::Slice(_) => quote!(Slice),
        Passing::Reference(_) => quote!(Reference),
        Passing::OptionStr => quote!(OptionStr),
        Passing::OptionSlice(_) => quote!(OptionSlice),
        Passing::OptionReference(_) => quote!(OptionReference),
    }
}
