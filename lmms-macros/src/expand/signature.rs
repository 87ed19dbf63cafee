//! The parts that both sides of a call must write alike: how arguments are passed, and the fingerprint.

use lmms_source::{Passing, Signature};
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use crate::model::{AnswerForm, GatewayModel, OperationModel};

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

/// The fingerprint of a signature, a constant expression. Both sides compute it and compare at load. `shape` writes
/// that of a type, which is an argument's if it has a name.
pub(super) fn fingerprint<T: ToTokens>(
    lmms: &TokenStream,
    interface: &str,
    name: &str,
    signature: &Signature<Ident, T>,
    returned: &TokenStream,
    shape: impl Fn(&TokenStream, Option<&str>) -> TokenStream,
) -> TokenStream {
    let context = signature.takes_context;
    let arguments = signature.parameters.iter().map(|parameter| {
        let argument = parameter.name.unraw().to_string();
        let pass = pass(&parameter.passing);
        let shape = match parameter.passing.inner() {
            Some(ty) => shape(&ty.to_token_stream(), Some(&argument)),
            None => demanded_shape(lmms, &quote!(::std::string::String)),
        };
        quote!(.argument(#argument, #lmms::__private::Pass::#pass, #shape))
    });
    let result = shape(returned, None);
    quote! {
        #lmms::__private::Signature::new(#interface, #name, #context) #(#arguments)* .result(#result)
    }
}

/// The shape of a type. A type that isn't `Portable` is reported at its own tokens.
pub(super) fn demanded_shape(lmms: &TokenStream, ty: &TokenStream) -> TokenStream {
    let span = ty.span();
    quote_spanned!(span=> <#ty as #lmms::Portable>::SHAPE)
}

/// The fingerprint of an operation in another crate. A type that isn't `Portable` is reported in words, which name the
/// operation and the place of the type.
pub(super) fn fingerprint_elsewhere(
    operation: &OperationModel,
    model: &GatewayModel,
    lmms: &TokenStream,
) -> TokenStream {
    let OperationModel {
        interface,
        name,
        signature,
        at,
        ..
    } = operation;
    let module = &model.modules[operation.module].name;
    let shape = |ty: &TokenStream, argument: Option<&str>| {
        if is_surely_portable(ty) {
            return demanded_shape(lmms, ty);
        }
        let (place, written) = match argument {
            Some(name) => (format!("argument `{name}`"), operation.written_type(name)),
            None => ("result".to_owned(), operation.result_text.as_str()),
        };
        let advice = if argument.is_none() && !matches!(operation.answer, AnswerForm::Value) {
            "; an error of another crate becomes text by `.map_err(|error| error.to_string())`"
        } else {
            ""
        };
        let problem = format!(
            "the {place} of operation `{interface}.{name}` (module `{module}`, {at}) can't cross the boundary between application and module, as `{written}` is not `Portable`: derive `lmms::Portable` for what it is made of, or use an owned standard type such as `String` or `Vec<u8>`{advice}"
        );
        // A constant of its own, so that the compiler reports each.
        quote!({
            const __LMMS_SHAPE: #lmms::__private::Shape =
                match #lmms::__private::Probe::<#ty>::SHAPE {
                    ::core::option::Option::Some(shape) => shape,
                    ::core::option::Option::None => ::core::panic!(#problem),
                };
            __LMMS_SHAPE
        })
    };
    let returned = operation.returned();
    let fingerprint = fingerprint(lmms, interface, name, signature, &returned, shape);
    let parameters = signature.parameters.iter();
    let mut types = parameters.filter_map(|parameter| parameter.passing.inner());
    if is_surely_portable(&returned) && types.all(is_surely_portable) {
        return fingerprint;
    }
    quote!({
        #[allow(unused_imports)]
        use #lmms::__private::Unportable as _;
        #fingerprint
    })
}

/// Whether a type is made of nothing but standard types that are portable.
fn is_surely_portable(ty: &TokenStream) -> bool {
    const WORDS: [&str; 25] = [
        "core",
        "std",
        "primitive",
        "option",
        "Option",
        "result",
        "Result",
        "string",
        "String",
        "vec",
        "Vec",
        "boxed",
        "Box",
        "time",
        "Duration",
        "SystemTime",
        "path",
        "PathBuf",
        "collections",
        "BTreeMap",
        "BTreeSet",
        "HashMap",
        "HashSet",
        "bool",
        "char",
    ];
    ty.clone().into_iter().all(|tree| match tree {
        TokenTree::Ident(word) => {
            let word = word.to_string();
            WORDS.contains(&word.as_str()) || is_number_type(&word)
        }
        TokenTree::Group(group) => is_surely_portable(&group.stream()),
        _ => true,
    })
}

/// `u8` and the like.
fn is_number_type(word: &str) -> bool {
    let width = word.strip_prefix(['u', 'i', 'f']);
    width.is_some_and(|width| width == "size" || width.parse::<u8>().is_ok())
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
