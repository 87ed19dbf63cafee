//! The JSON Schema of a derived type.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;

use super::{as_portable, is_transparent, member_name};
use crate::expand::local;
use crate::model::{Body, Docs, PortableField, PortableType, PortableVariant, Shape, ShapeKind};

pub(super) fn schema(model: &PortableType, lmms: &TokenStream) -> TokenStream {
    let (name, schemas) = (model.name.unraw().to_string(), local("schemas"));
    let docs = texts(&model.docs);
    let made = match &model.body {
        // Only the `serde` implementations know its form.
        _ if model.json_through_serde => quote!(#lmms::__private::serde_json::json!({})),
        Body::Struct(shape) => content(shape, lmms),
        Body::Enum(variants) => enumeration(variants, lmms),
    };
    quote! {
        fn schema(#schemas: &mut #lmms::schema::Schemas) -> #lmms::__private::serde_json::Value {
            #schemas.define::<Self>(#name, #docs, |#schemas| #made)
        }
    }
}

fn enumeration(variants: &[PortableVariant], lmms: &TokenStream) -> TokenStream {
    let all = local("variants");
    let added = variants.iter().map(|variant| {
        let (name, docs) = (variant.name.unraw().to_string(), texts(&variant.docs));
        if variant.shape.kind == ShapeKind::Unit {
            return quote!(#all.unit(#name, #docs););
        }
        let content = content(&variant.shape, lmms);
        quote!({
            let content = #content;
            #all.content(#name, #docs, content);
        })
    });
    quote!({
        let mut #all = #lmms::__private::schema::Variants::default();
        #(#added)*
        #all.finish()
    })
}

fn content(shape: &Shape, lmms: &TokenStream) -> TokenStream {
    let part = |field: &PortableField| {
        let (portable, schemas) = (as_portable(field, lmms), local("schemas"));
        quote!(#portable::schema(#schemas))
    };
    match shape.kind {
        ShapeKind::Unnamed if is_transparent(shape) => shape.fields.iter().map(part).collect(),
        ShapeKind::Unnamed if !shape.fields.is_empty() => {
            let parts = shape.fields.iter().map(part);
            quote!(#lmms::__private::schema::tuple(::std::vec![#(#parts),*]))
        }
        // As `()`.
        ShapeKind::Unit | ShapeKind::Unnamed => {
            let schemas = local("schemas");
            quote!(<() as #lmms::Portable>::schema(#schemas))
        }
        ShapeKind::Named => {
            let fields = local("fields");
            let added = shape.fields.iter().map(|field| {
                let (name, docs) = (member_name(&field.member), texts(&field.docs));
                let (part, portable) = (part(field), as_portable(field, lmms));
                quote! {
                    #fields.add(#name, #docs, #part, #portable::missing().is_some());
                }
            });
            quote!({
                let mut #fields = #lmms::__private::schema::Fields::default();
                #(#added)*
                #fields.finish()
            })
        }
    }
}

fn texts(docs: &Docs) -> TokenStream {
    quote!(&[#(#docs),*])
}
