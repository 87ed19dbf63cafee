//! How a derived type looks in calls by name.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::{as_portable, binding, each, is_transparent, member_name};
use crate::expand::local;
use crate::model::{Body, PortableType, PortableVariant, Shape, ShapeKind};

/// `to_json` and `from_json`.
pub(super) fn json(model: &PortableType, lmms: &TokenStream) -> TokenStream {
    let value = local("value");
    let (to, from) = if model.json_through_serde {
        through_serde(lmms)
    } else {
        (to_json(model, lmms), from_json(model, lmms))
    };
    quote! {
        fn to_json(&self) -> #lmms::__private::serde_json::Value {
            #to
        }

        fn from_json(
            #value: #lmms::__private::serde_json::Value,
        ) -> ::core::result::Result<Self, #lmms::__private::JsonError> {
            #from
        }
    }
}

fn through_serde(lmms: &TokenStream) -> (TokenStream, TokenStream) {
    let (value, error) = (local("value"), local("error"));
    (
        quote!(#lmms::__private::through_serde(self)),
        quote! {
            #lmms::__private::serde_json::from_value(#value)
                .map_err(|#error| #lmms::__private::JsonError::new(::std::string::ToString::to_string(&#error)))
        },
    )
}

fn to_json(model: &PortableType, lmms: &TokenStream) -> TokenStream {
    let variants = match &model.body {
        Body::Struct(_) => &[],
        Body::Enum(variants) => &variants[..],
    };
    each(model, |_, shape, index| {
        let variant = index.and_then(|index| variants.get(usize::try_from(index).ok()?));
        let Some(variant) = variant else {
            return content_to_json(shape, lmms);
        };
        let name = variant.name.unraw().to_string();
        if shape.kind == ShapeKind::Unit {
            return quote!(#lmms::__private::serde_json::Value::from(#name));
        }
        let content = content_to_json(shape, lmms);
        quote!(#lmms::__private::variant_to_json(#name, #content))
    })
}

fn content_to_json(shape: &Shape, lmms: &TokenStream) -> TokenStream {
    let json = quote!(#lmms::__private::serde_json);
    let fields = shape.fields.iter().enumerate().map(|(index, field)| {
        let (binding, portable) = (binding(index), as_portable(field, lmms));
        quote!(#portable::to_json(#binding))
    });
    match shape.kind {
        ShapeKind::Unit => quote!(#json::Value::Null),
        // As `()`.
        ShapeKind::Unnamed if shape.fields.is_empty() => quote!(#json::Value::Null),
        ShapeKind::Unnamed if is_transparent(shape) => quote!(#(#fields)*),
        ShapeKind::Unnamed => quote!(#json::Value::Array(::std::vec![#(#fields),*])),
        ShapeKind::Named => {
            let names = shape.fields.iter().map(|field| member_name(&field.member));
            let object = local("object");
            quote!({
                let mut #object = #json::Map::new();
                #(#object.insert(::std::string::String::from(#names), #fields);)*
                #json::Value::Object(#object)
            })
        }
    }
}

fn from_json(model: &PortableType, lmms: &TokenStream) -> TokenStream {
    let name = model.name.unraw().to_string();
    let value = local("value");
    match &model.body {
        Body::Struct(shape) => struct_from_json(shape, &name, lmms),
        Body::Enum(variants) => {
            let reader = local("reader");
            let names: Vec<String> = variants
                .iter()
                .map(|variant| variant.name.unraw().to_string())
                .collect();
            let arms = variants.iter().zip(&names).map(|(variant, name)| {
                let read = variant_from_json(variant, lmms);
                quote!(#name => #read,)
            });
            quote! {
                let mut #reader = #lmms::__private::VariantReader::new(#value, #name)?;
                match #reader.name() {
                    #(#arms)*
                    _ => ::core::result::Result::Err(#reader.unknown(&[#(#names),*])),
                }
            }
        }
    }
}

fn struct_from_json(shape: &Shape, name: &str, lmms: &TokenStream) -> TokenStream {
    let (value, reader) = (local("value"), local("reader"));
    match shape.kind {
        ShapeKind::Unit => quote! {
            <() as #lmms::Portable>::from_json(#value).map(|()| Self {})
        },
        ShapeKind::Unnamed => {
            let read = |ty: &TokenStream| quote_spanned!(ty.span()=> <#ty as #lmms::Portable>::from_json(#value)?);
            unnamed(&quote!(Self), shape, read)
        }
        ShapeKind::Named => {
            let fields = named(&quote!(Self), shape, lmms);
            quote! {
                let mut #reader = #lmms::__private::ObjectReader::new(#value, #name)?;
                #fields
            }
        }
    }
}

fn variant_from_json(variant: &PortableVariant, lmms: &TokenStream) -> TokenStream {
    let name = &variant.name;
    let path = quote!(Self::#name);
    let reader = local("reader");
    match variant.shape.kind {
        ShapeKind::Unit => quote!(#reader.unit().map(|()| #path {})),
        ShapeKind::Unnamed => {
            let read = |ty: &TokenStream| quote_spanned!(ty.span()=> #reader.content_with::<#ty>(<#ty as #lmms::Portable>::from_json)?);
            let value = unnamed(&path, &variant.shape, read);
            quote!({ #value })
        }
        ShapeKind::Named => {
            let fields = named(&path, &variant.shape, lmms);
            quote!({
                let mut #reader = #reader.object()?;
                #fields
            })
        }
    }
}

/// One unnamed field is its content, several are a tuple, none is `()`. `read` reads a type.
fn unnamed(
    path: &TokenStream,
    shape: &Shape,
    read: impl Fn(&TokenStream) -> TokenStream,
) -> TokenStream {
    let types: Vec<_> = shape.fields.iter().map(|field| &field.ty).collect();
    let names: Vec<_> = (0..types.len()).map(binding).collect();
    let (pattern, value) = if is_transparent(shape) {
        (quote!(#(#names)*), read(&quote!(#(#types)*)))
    } else {
        (quote!((#(#names,)*)), read(&quote!((#(#types,)*))))
    };
    quote! {
        let #pattern = #value;
        ::core::result::Result::Ok(#path(#(#names),*))
    }
}

/// Reads every field from `reader`, in the order of the type.
fn named(path: &TokenStream, shape: &Shape, lmms: &TokenStream) -> TokenStream {
    let reader = local("reader");
    let members: Vec<_> = shape.fields.iter().map(|field| &field.member).collect();
    let bindings: Vec<_> = (0..members.len()).map(binding).collect();
    let values = shape.fields.iter().map(|field| {
        let (name, ty, portable) = (
            member_name(&field.member),
            &field.ty,
            as_portable(field, lmms),
        );
        quote!(#reader.field_with::<#ty>(#name, #portable::from_json, #portable::missing)?)
    });
    quote! {
        #(let #bindings = #values;)*
        #reader.finish()?;
        ::core::result::Result::Ok(#path { #(#members: #bindings),* })
    }
}
