//! The `Portable` implementation of a struct or enum.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Generics, Member};

use super::local;
use crate::model::{Body, PortableField, PortableType, PortableVariant, Shape, ShapeKind};
use crate::parse::Origin;

mod json;
mod schema;

pub(crate) fn portable(model: &PortableType, lmms: &TokenStream) -> TokenStream {
    let name = &model.name;
    let generics = bounded(&model.generics, lmms);
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    let shaped = shaped(model, &generics, lmms);
    let plain = plain(model, lmms);
    let copy = copy(model, lmms);
    let key = key(model, lmms);
    let heap_bytes = heap_bytes(model, lmms);
    let json = json::json(model, lmms);
    let schema = schema::schema(model, lmms);
    let key_name = local("key");
    let level = level();
    quote! {
        #shaped

        // SAFETY: plain is what has plain parts only; a copy is made of copies.
        #[automatically_derived]
        #[allow(deprecated, unused_variables, clippy::all, clippy::pedantic, clippy::nursery)]
        unsafe impl #impl_generics #lmms::Portable for #name #type_generics #where_clause {
            type Itself<#level: #lmms::__private::Level> = Self;

            const PLAIN: ::core::primitive::bool = #plain;
            type Returned = #lmms::__private::AsValue;

            fn copy(&self) -> Self {
                #copy
            }

            fn key(&self, #key_name: &mut #lmms::__private::KeyBuilder) {
                #key
            }

            fn heap_bytes(&self) -> ::core::primitive::usize {
                #heap_bytes
            }

            #lmms::__private::if_gateway! {
                #json

                #schema
            }
        }
    }
}

/// An implementation without content, so that a mistake in the type is the only error.
pub(crate) fn portable_stand_in(
    name: &Ident,
    generics: &Generics,
    lmms: &TokenStream,
) -> TokenStream {
    if generics.lifetimes().next().is_some() {
        return TokenStream::new();
    }
    let generics = bounded(generics, lmms);
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    quote! {
        #[automatically_derived]
        #[allow(deprecated, unused_variables)]
        unsafe impl #impl_generics #lmms::Portable for #name #type_generics #where_clause {
            const SHAPE: #lmms::__private::Shape = #lmms::__private::Shape::named("");
            type Itself<Level: #lmms::__private::Level> = ();
            const PLAIN: ::core::primitive::bool = false;
            type Returned = #lmms::__private::AsValue;
            fn copy(&self) -> Self { ::core::unreachable!() }
            fn key(&self, key: &mut #lmms::__private::KeyBuilder) {}
            #lmms::__private::if_gateway! {
                fn to_json(&self) -> #lmms::__private::serde_json::Value { ::core::unreachable!() }
                fn from_json(
                    value: #lmms::__private::serde_json::Value,
                ) -> ::core::result::Result<Self, #lmms::__private::JsonError> { ::core::unreachable!() }
                fn schema(
                    schemas: &mut #lmms::schema::Schemas,
                ) -> #lmms::__private::serde_json::Value { ::core::unreachable!() }
            }
        }
    }
}

/// Every type parameter must be portable itself.
fn bounded(generics: &Generics, lmms: &TokenStream) -> Generics {
    let mut generics = generics.clone();
    let parameters: Vec<Ident> = generics
        .type_params()
        .map(|parameter| parameter.ident.clone())
        .collect();
    let clause = generics.make_where_clause();
    for parameter in parameters {
        clause
            .predicates
            .push(syn::parse_quote!(#parameter: #lmms::Portable));
    }
    generics
}

/// The shape at each level.
fn shaped(model: &PortableType, generics: &Generics, lmms: &TokenStream) -> TokenStream {
    let (name, level) = (&model.name, level());
    let (_, type_generics, where_clause) = generics.split_for_impl();
    let mut generics = generics.clone();
    let parameter = syn::parse_quote!(#level: #lmms::__private::Level);
    generics.params.push(syn::GenericParam::Type(parameter));
    let (impl_generics, _, _) = generics.split_for_impl();
    let shape = shape(model, lmms);
    quote! {
        // SAFETY: the shape holds every name, offset, discriminant and part.
        #[automatically_derived]
        #[allow(deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
        unsafe impl #impl_generics #lmms::__private::Shaped<#level> for #name #type_generics #where_clause {
            const SHAPE: #lmms::__private::Shape = #shape;
        }
    }
}

/// The parameter for how far recursion is followed.
fn level() -> Ident {
    Ident::new("__LmmsLevel", proc_macro2::Span::mixed_site())
}

fn shape(model: &PortableType, lmms: &TokenStream) -> TokenStream {
    let name = model.name.unraw().to_string();
    let repr = (!model.repr.is_empty()).then(|| {
        let repr = &model.repr;
        quote!(.text(#repr))
    });
    let arguments = model
        .generics
        .params
        .iter()
        .map(|parameter| match parameter {
            syn::GenericParam::Type(parameter) => {
                let shape = shape_of(&parameter.ident, lmms);
                quote!(.child(#shape))
            }
            syn::GenericParam::Const(parameter) => {
                let value = &parameter.ident;
                quote!(.integer(#value as ::core::primitive::u128))
            }
            syn::GenericParam::Lifetime(_) => TokenStream::new(),
        });
    let parts = match &model.body {
        Body::Struct(shape) => {
            let fields = shape.fields.iter().map(|field| {
                let (name, member, shape) = (
                    member_name(&field.member),
                    &field.member,
                    field_shape(field, lmms),
                );
                quote!(.field(#name, ::core::mem::offset_of!(Self, #member), #shape))
            });
            quote!(#(#fields)*)
        }
        Body::Enum(variants) => {
            let variants = (0_u64..)
                .zip(variants)
                .map(|(index, variant)| variant_shape(index, variant, model, lmms));
            quote!(#(#variants)*)
        }
    };
    let origin = match &model.origin {
        None => quote!(#lmms::__private::origin!()),
        Some(Origin {
            package,
            version,
            module,
        }) => quote! {
            #lmms::__private::Origin { package: #package, version: #version, module: #module }
        },
    };
    quote! {
        #lmms::__private::Shape::defined(#origin, #name)
            #repr .layout::<Self>() #(#arguments)* #parts
    }
}

/// The offsets inside a variant can't be asked for; they follow from its fields under one compiler. Where no
/// discriminant is given, it follows from the index and the one before.
fn variant_shape(
    index: u64,
    variant: &PortableVariant,
    model: &PortableType,
    lmms: &TokenStream,
) -> TokenStream {
    let name = variant.name.unraw().to_string();
    let ty = &model.discriminants;
    let discriminant = variant.discriminant.as_ref().map(|value| {
        let discriminant = local("discriminant");
        quote!(.text("=").integer({
            let #discriminant: ::core::primitive::#ty = #value;
            #discriminant as ::core::primitive::u128
        }))
    });
    let fields = variant
        .shape
        .fields
        .iter()
        .enumerate()
        .map(|(position, field)| {
            let (name, shape) = (member_name(&field.member), field_shape(field, lmms));
            quote!(.field(#name, #position, #shape))
        });
    quote!(.text(#name).number(#index) #discriminant #(#fields)*)
}

/// A field that leads back to the type around it is followed for as long as there are levels.
fn field_shape(field: &PortableField, lmms: &TokenStream) -> TokenStream {
    let (ty, level) = (&field.ty, level());
    if field.recursive {
        return quote_spanned! {ty.span()=>
            <<#level as #lmms::__private::Level>::Below<#ty> as #lmms::__private::Known>::SHAPE
        };
    }
    shape_of(ty, lmms)
}

/// The shape of a type at the level of the type around it.
fn shape_of(ty: &(impl ToTokens + Spanned), lmms: &TokenStream) -> TokenStream {
    let level = level();
    quote_spanned! {ty.span()=>
        <<#ty as #lmms::Portable>::Itself<#level> as #lmms::__private::Shaped<#level>>::SHAPE
    }
}

/// The field's type as `Portable`. A type that isn't is reported at its own tokens, and in the same words from each of
/// the implementation's functions, which the compiler then shows once.
fn as_portable(field: &PortableField, lmms: &TokenStream) -> TokenStream {
    let ty = &field.ty;
    quote_spanned!(ty.span()=> <#ty as #lmms::Portable>)
}

fn plain(model: &PortableType, lmms: &TokenStream) -> TokenStream {
    let fields = fields(model);
    let parts = fields.iter().map(|field| {
        let portable = as_portable(field, lmms);
        quote!(#portable::PLAIN)
    });
    quote!(true #(&& #parts)*)
}

fn fields(model: &PortableType) -> Vec<&PortableField> {
    match &model.body {
        Body::Struct(shape) => shape.fields.iter().collect(),
        Body::Enum(variants) => variants
            .iter()
            .flat_map(|variant| &variant.shape.fields)
            .collect(),
    }
}

fn copy(model: &PortableType, lmms: &TokenStream) -> TokenStream {
    let copied = |shape: &Shape| {
        let fields = shape.fields.iter().enumerate().map(|(index, field)| {
            let (member, binding, portable) =
                (&field.member, binding(index), as_portable(field, lmms));
            quote!(#member: #portable::copy(#binding))
        });
        quote!({ #(#fields,)* })
    };
    each(model, |path, shape, _| {
        let fields = copied(shape);
        quote!(#path #fields)
    })
}

fn key(model: &PortableType, lmms: &TokenStream) -> TokenStream {
    let key = local("key");
    each(model, |_, shape, index| {
        let index = index.map(|index| quote!(#key.bytes(&#index.to_le_bytes());));
        let bindings = (0..shape.fields.len()).map(binding);
        let fields = shape.fields.iter().map(|field| as_portable(field, lmms));
        quote!({ #index #(#fields::key(#bindings, #key);)* })
    })
}

fn heap_bytes(model: &PortableType, lmms: &TokenStream) -> TokenStream {
    each(model, |_, shape, _| {
        let bindings = (0..shape.fields.len()).map(binding);
        let fields = shape.fields.iter().map(|field| as_portable(field, lmms));
        quote!(0 #(+ #fields::heap_bytes(#bindings))*)
    })
}

/// Takes `self` apart, with every field bound by reference. `write` gets the constructor's path, the fields, and a
/// variant's index.
fn each(
    model: &PortableType,
    write: impl Fn(&TokenStream, &Shape, Option<u32>) -> TokenStream,
) -> TokenStream {
    let arm = |path: &TokenStream, shape: &Shape, index: Option<u32>| {
        let bindings = shape.fields.iter().enumerate().map(|(index, field)| {
            let (member, binding) = (&field.member, binding(index));
            quote!(#member: #binding)
        });
        let body = write(path, shape, index);
        quote!(#path { #(#bindings,)* } => #body,)
    };
    match &model.body {
        Body::Struct(shape) => {
            let arm = arm(&quote!(Self), shape, None);
            quote!(match self { #arm })
        }
        // A value of an enum without variants does not exist.
        Body::Enum(variants) if variants.is_empty() => quote!(match *self {}),
        Body::Enum(variants) => {
            let arms = (0_u32..).zip(variants).map(|(index, variant)| {
                let name = &variant.name;
                arm(&quote!(Self::#name), &variant.shape, Some(index))
            });
            quote!(match self { #(#arms)* })
        }
    }
}

fn binding(index: usize) -> Ident {
    format_ident!("field_{index}", span = proc_macro2::Span::mixed_site())
}

/// The field's name in shapes and JSON.
fn member_name(member: &Member) -> String {
    match member {
        Member::Named(name) => name.unraw().to_string(),
        Member::Unnamed(index) => index.index.to_string(),
    }
}

/// Whether JSON shows a lone unnamed field as its content.
fn is_transparent(shape: &Shape) -> bool {
    shape.kind == ShapeKind::Unnamed && shape.fields.len() == 1
}
