//! A struct or enum under `#[derive(Portable)]`.

use lmms_source::mentions;
use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::{Attribute, Data, Expr, Fields, Generics, Member, Meta, Type};

use crate::parse::{Json, Origin, PortableInput};

/// The values of `#[doc = …]` attributes: literals, and macros such as `include_str!`.
pub(crate) type Docs = Vec<Expr>;

/// A type under `#[derive(Portable)]`.
#[derive(Debug)]
pub(crate) struct PortableType {
    pub(crate) name: Ident,
    pub(crate) docs: Docs,
    pub(crate) generics: Generics,
    pub(crate) body: Body,
    /// Whether calls by name use the type's `serde` implementations.
    pub(crate) json_through_serde: bool,
    /// Where it is defined, if that isn't where the macro stands.
    pub(crate) origin: Option<Origin>,
    /// The `repr`, as text: it changes layouts.
    pub(crate) repr: String,
    /// The type of explicit discriminants.
    pub(crate) discriminants: Ident,
}

#[derive(Debug)]
pub(crate) enum Body {
    Struct(Shape),
    Enum(Vec<PortableVariant>),
}

#[derive(Debug)]
pub(crate) struct PortableVariant {
    pub(crate) name: Ident,
    pub(crate) docs: Docs,
    pub(crate) shape: Shape,
    /// An explicit discriminant.
    pub(crate) discriminant: Option<Expr>,
}

/// The fields of a struct or variant.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) kind: ShapeKind,
    pub(crate) fields: Vec<PortableField>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ShapeKind {
    Named,
    Unnamed,
    Unit,
}

#[derive(Debug)]
pub(crate) struct PortableField {
    pub(crate) member: Member,
    pub(crate) docs: Docs,
    pub(crate) ty: Type,
    /// Whether the type may contain the type around it. If it is said of too many fields, nothing is lost; if of too
    /// few, the compiler says that the shape depends on itself.
    pub(crate) recursive: bool,
}

impl PortableType {
    /// The model of what was read; `None` for a union.
    pub(crate) fn new(input: &PortableInput) -> Option<PortableType> {
        let item = &input.item;
        let mut recursive = input.recursive.iter().copied();
        // A copy says of every field what its original finds by names.
        let outer = input.origin.is_none().then_some(&item.ident);
        let mut shape = |fields: &Fields| Shape::new(fields, outer, &mut recursive);
        let body = match &item.data {
            Data::Struct(data) => Body::Struct(shape(&data.fields)),
            Data::Enum(data) => Body::Enum(
                data.variants
                    .iter()
                    .map(|variant| PortableVariant {
                        name: variant.ident.clone(),
                        docs: docs(&variant.attrs),
                        shape: shape(&variant.fields),
                        discriminant: variant.discriminant.clone().map(|(_, value)| value),
                    })
                    .collect(),
            ),
            Data::Union(_) => return None,
        };
        let integer = input.repr.integer.clone();
        Some(PortableType {
            name: item.ident.clone(),
            docs: docs(&item.attrs),
            generics: item.generics.clone(),
            body,
            json_through_serde: input.json == Some(Json::Serde),
            origin: input.origin.clone(),
            repr: input.repr.texts.join(" "),
            discriminants: integer.unwrap_or_else(|| Ident::new("isize", Span::call_site())),
        })
    }
}

impl Shape {
    /// `recursive` says of each field whether its attribute says so; so do fields that name the type `outer`.
    fn new(
        fields: &Fields,
        outer: Option<&Ident>,
        recursive: &mut impl Iterator<Item = bool>,
    ) -> Shape {
        let kind = match fields {
            Fields::Named(_) => ShapeKind::Named,
            Fields::Unnamed(_) => ShapeKind::Unnamed,
            Fields::Unit => ShapeKind::Unit,
        };
        let fields = fields.iter().zip(fields.members());
        let fields = fields.map(|(field, member)| PortableField {
            member,
            docs: docs(&field.attrs),
            recursive: recursive.next() == Some(true)
                || outer.is_some_and(|it| mentions(&field.ty.to_token_stream(), it)),
            ty: field.ty.clone(),
        });
        Shape {
            kind,
            fields: fields.collect(),
        }
    }
}

fn docs(attributes: &[Attribute]) -> Docs {
    let docs = attributes
        .iter()
        .filter_map(|attribute| match &attribute.meta {
            Meta::NameValue(pair) if pair.path.is_ident("doc") => Some(pair.value.clone()),
            _ => None,
        });
    docs.collect()
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn recursion_is_seen_at_any_depth() {
        let name = Ident::new("Tree", Span::call_site());
        assert!(mentions(&quote!(Option<Box<(u8, [Tree; 2])>>), &name));
        assert!(mentions(&quote!(Vec<Self>), &name));
        assert!(!mentions(&quote!(Vec<Trees>), &name));
    }
}
