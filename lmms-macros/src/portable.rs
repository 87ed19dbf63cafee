//! `#[derive(Portable)]`: from tokens to tokens.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    Attribute, Data, DeriveInput, Expr, Field, Fields, GenericParam, Generics, LitStr, Member, Type,
};

use crate::diagnostics::{Problem, Report};
use crate::expand;
use crate::serde_attributes;
use crate::surroundings::Surroundings;

/// Tuples are read from JSON up to this length.
const MOST_UNNAMED_FIELDS: usize = 8;

/// A type under `#[derive(Portable)]`.
#[derive(Debug)]
pub(crate) struct PortableType {
    pub(crate) name: Ident,
    pub(crate) generics: Generics,
    pub(crate) body: Body,
    /// Whether calls by name use the type's `serde` implementations.
    pub(crate) json_through_serde: bool,
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
    pub(crate) ty: Type,
    /// Whether the type may contain the type around it. If it is said of too many fields, nothing is lost; if of too
    /// few, the compiler says that the shape depends on itself.
    pub(crate) recursive: bool,
}

pub(crate) fn portable(input: TokenStream, surroundings: &Surroundings) -> TokenStream {
    let mut report = Report::new();
    let input = match syn::parse2::<DeriveInput>(input) {
        Ok(input) => input,
        Err(error) => {
            report.push_syntax(error);
            return report.to_compile_errors();
        }
    };
    let model = model(&input, &mut report);
    let lmms = surroundings.lmms();
    match model {
        Some(model) if report.is_empty() => expand::portable(&model, &lmms),
        _ => {
            let mut tokens = report.to_compile_errors();
            tokens.extend(expand::portable_stand_in(
                &input.ident,
                &input.generics,
                &lmms,
            ));
            tokens
        }
    }
}

fn model(input: &DeriveInput, report: &mut Report) -> Option<PortableType> {
    for parameter in &input.generics.params {
        if let GenericParam::Lifetime(lifetime) = parameter {
            let name = lifetime.lifetime.to_string();
            report.push(lifetime, Problem::Borrowing(name));
        }
    }
    let mut json = None;
    let mut repr = Vec::new();
    let mut discriminants = None;
    for attribute in &input.attrs {
        if attribute.path().is_ident("portable") {
            json = container_attribute(attribute, report).or(json);
        } else if attribute.path().is_ident("repr") {
            repr.push(attribute.meta.to_token_stream().to_string());
            discriminants = check_repr(attribute, report).or(discriminants);
        }
    }
    if json.is_none() {
        serde_attributes::refuse(input, report);
    }
    let json_through_serde = json == Some(Json::Serde);
    let body = match &input.data {
        Data::Struct(data) => Body::Struct(shape(
            &data.fields,
            &input.ident,
            json_through_serde,
            report,
        )),
        Data::Enum(data) => Body::Enum(
            data.variants
                .iter()
                .map(|variant| {
                    misplaced(&variant.attrs, "the type or a field", report);
                    PortableVariant {
                        name: variant.ident.clone(),
                        shape: shape(&variant.fields, &input.ident, json_through_serde, report),
                        discriminant: variant.discriminant.clone().map(|(_, value)| value),
                    }
                })
                .collect(),
        ),
        Data::Union(data) => {
            report.push(&data.union_token, Problem::Union);
            return None;
        }
    };
    Some(PortableType {
        name: input.ident.clone(),
        generics: input.generics.clone(),
        body,
        json_through_serde,
        repr: repr.join(" "),
        discriminants: discriminants
            .unwrap_or_else(|| Ident::new("isize", proc_macro2::Span::call_site())),
    })
}

fn shape(fields: &Fields, outer: &Ident, through_serde: bool, report: &mut Report) -> Shape {
    let kind = match fields {
        Fields::Named(_) => ShapeKind::Named,
        Fields::Unnamed(_) => ShapeKind::Unnamed,
        Fields::Unit => ShapeKind::Unit,
    };
    if kind == ShapeKind::Unnamed
        && !through_serde
        && let Some(field) = fields.iter().nth(MOST_UNNAMED_FIELDS)
    {
        report.push(field, Problem::ManyUnnamedFields);
    }
    let fields = fields
        .iter()
        .zip(fields.members())
        .map(|(field, member)| PortableField {
            member,
            recursive: field_attribute(field, report)
                || mentions(&field.ty.to_token_stream(), outer),
            ty: field.ty.clone(),
        })
        .collect();
    Shape { kind, fields }
}

/// Whether a field's type names the type around it.
fn mentions(ty: &TokenStream, outer: &Ident) -> bool {
    ty.clone().into_iter().any(|tree| match tree {
        TokenTree::Ident(ident) => ident == *outer || ident == "Self",
        TokenTree::Group(group) => mentions(&group.stream(), outer),
        _ => false,
    })
}

/// What a type says of its JSON in calls by name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Json {
    /// It is what the type's `serde` implementations make of it.
    Serde,
    /// It is fields and variants by their names, whatever `serde` makes of the type elsewhere.
    Fields,
}

/// Reads `#[portable(json = "serde")]`.
fn container_attribute(attribute: &Attribute, report: &mut Report) -> Option<Json> {
    let mut json = None;
    let read = attribute.parse_nested_meta(|meta| {
        if meta.path.is_ident("json") {
            let value = meta.value()?;
            match value.parse::<LitStr>() {
                Ok(format) if format.value() == "serde" => json = Some(Json::Serde),
                Ok(format) if format.value() == "fields" => json = Some(Json::Fields),
                Ok(format) => {
                    json = Some(Json::Fields);
                    report.push(&format, Problem::ExpectedJson);
                }
                Err(error) => report.push_at(error.span(), Problem::ExpectedJson),
            }
        } else if meta.path.is_ident("recursive") {
            report.push(
                &meta.path,
                Problem::MisplacedPortable("the field whose type is recursive"),
            );
        } else {
            report.push(&meta.path, unknown_key(&meta.path));
            skip(&meta)?;
        }
        Ok(())
    });
    if let Err(error) = read {
        report.push_syntax(error);
    }
    json
}

/// Reads `#[portable(recursive)]`.
fn field_attribute(field: &Field, report: &mut Report) -> bool {
    let mut recursive = false;
    for attribute in field
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("portable"))
    {
        let read = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("recursive") {
                recursive = true;
            } else if meta.path.is_ident("json") {
                report.push(&meta.path, Problem::MisplacedPortable("the type"));
                skip(&meta)?;
            } else {
                report.push(&meta.path, unknown_key(&meta.path));
                skip(&meta)?;
            }
            Ok(())
        });
        if let Err(error) = read {
            report.push_syntax(error);
        }
    }
    recursive
}

fn misplaced(attributes: &[Attribute], place: &'static str, report: &mut Report) {
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("portable"))
    {
        report.push(attribute.path(), Problem::MisplacedPortable(place));
    }
}

/// Refuses layouts without references to fields. Gives the type of discriminants, if the attribute names one.
fn check_repr(attribute: &Attribute, report: &mut Report) -> Option<Ident> {
    const INTEGERS: [&str; 12] = [
        "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize",
    ];
    let mut integer = None;
    let read = attribute.parse_nested_meta(|meta| {
        if meta.path.is_ident("packed") {
            report.push(&meta.path, Problem::Packed);
        }
        let name = meta.path.get_ident();
        integer = name
            .filter(|name| INTEGERS.contains(&name.to_string().as_str()))
            .cloned()
            .or(integer.take());
        skip(&meta)
    });
    // What else is wrong with a `repr` the compiler says.
    drop(read);
    integer
}

fn unknown_key(path: &syn::Path) -> Problem {
    Problem::UnknownPortableKey(lmms_source::compact(&quote!(#path)))
}

/// Drops the value of a key.
fn skip(meta: &syn::meta::ParseNestedMeta<'_>) -> syn::Result<()> {
    while !meta.input.is_empty() && !meta.input.peek(syn::Token![,]) {
        meta.input.parse::<TokenTree>()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{assert_snapshot, errors, surroundings};

    fn expand(input: TokenStream) -> TokenStream {
        portable(input, &surroundings())
    }

    #[test]
    fn a_struct_with_named_fields() {
        assert_snapshot(
            "portable_struct",
            expand(quote! {
                pub struct Reading {
                    pub sensor: String,
                    pub r#type: Option<u8>,
                    pub children: Vec<Reading>,
                }
            }),
        );
    }

    #[test]
    fn a_generic_enum() {
        assert_snapshot(
            "portable_enum",
            expand(quote! {
                #[repr(u8)]
                enum Shape<T: Clone, const N: usize> {
                    Point = 1,
                    Circle(f64),
                    Line([T; N], T),
                    Text { text: String },
                }
            }),
        );
    }

    #[test]
    fn json_through_serde() {
        assert_snapshot(
            "portable_through_serde",
            expand(quote! {
                #[portable(json = "serde")]
                struct Wrapped(String);
            }),
        );
    }

    #[test]
    fn mistakes_are_collected_and_the_type_still_counts_as_portable() {
        let tokens = expand(quote! {
            #[repr(C, packed(2))]
            #[portable(json = "yaml", short)]
            struct Bad {
                #[portable(json = "serde")]
                a: u8,
            }
        });
        let errors = errors(&tokens);
        assert_eq!(errors.len(), 4, "{errors:#?}");
        assert!(tokens.to_string().contains(":: lmms :: Portable for Bad"));
    }

    #[test]
    fn the_type_of_discriminants_is_that_of_the_repr() {
        let of = |input: TokenStream| {
            let input = syn::parse2(input).unwrap();
            model(&input, &mut Report::new()).unwrap().discriminants
        };
        assert_eq!(
            of(quote!(
                enum Level {
                    Low = 1,
                }
            )),
            "isize"
        );
        assert_eq!(
            of(quote!(
                #[repr(C, u8)]
                enum Level {
                    Low = 1,
                }
            )),
            "u8"
        );
        assert_eq!(
            of(quote!(
                #[repr(i64)]
                #[repr(align(16))]
                enum Level {
                    Low = 1,
                }
            )),
            "i64"
        );
    }

    #[test]
    fn recursion_is_seen_at_any_depth() {
        let name = Ident::new("Tree", proc_macro2::Span::call_site());
        assert!(mentions(&quote!(Option<Box<(u8, [Tree; 2])>>), &name));
        assert!(mentions(&quote!(Vec<Self>), &name));
        assert!(!mentions(&quote!(Vec<Trees>), &name));
    }
}
