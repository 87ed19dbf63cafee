//! A type under `#[derive(Portable)]`, with what its attributes say.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, Data, DeriveInput, Field, LitStr, Path};

use crate::diagnostics::{Problem, Report};

/// The type, and what its attributes say.
#[derive(Debug)]
pub(crate) struct PortableInput {
    pub(crate) item: DeriveInput,
    /// `#[portable(json = "…")]`
    pub(crate) json: Option<Json>,
    /// Where the type is defined that this is a copy of: gateways write such copies.
    pub(crate) origin: Option<Origin>,
    pub(crate) repr: Repr,
    /// Whether each field has `#[portable(recursive)]`, in the order of the source.
    pub(crate) recursive: Vec<bool>,
}

/// `#[portable(origin(package = "…", version = "…", module = "…"))]`
#[derive(Debug, Clone, Default)]
pub(crate) struct Origin {
    pub(crate) package: String,
    pub(crate) version: String,
    pub(crate) module: String,
}

/// All `#[repr(…)]` of a type.
#[derive(Debug, Default)]
pub(crate) struct Repr {
    pub(crate) texts: Vec<String>,
    /// The type of discriminants.
    pub(crate) integer: Option<Ident>,
    /// Each `packed`.
    pub(crate) packed: Vec<Path>,
}

impl PortableInput {
    /// Reads a derive macro's input. Mistakes in attributes are noted; what is no type gives nothing to go on with.
    pub(crate) fn parse(input: TokenStream, report: &mut Report) -> Option<PortableInput> {
        let item = match syn::parse2::<DeriveInput>(input) {
            Ok(item) => item,
            Err(error) => {
                report.push_syntax(error);
                return None;
            }
        };
        let (mut json, mut origin) = (None, None);
        let mut repr = Repr::default();
        for attribute in &item.attrs {
            if attribute.path().is_ident("portable") {
                json = container_attribute(attribute, &mut origin, report).or(json);
            } else if attribute.path().is_ident("repr") {
                repr.add(attribute);
            }
        }
        let mut recursive = Vec::new();
        match &item.data {
            Data::Struct(data) => {
                recursive.extend(data.fields.iter().map(|field| is_recursive(field, report)));
            }
            Data::Enum(data) => {
                for variant in &data.variants {
                    misplaced(&variant.attrs, "the type or a field", report);
                    let fields = variant.fields.iter();
                    recursive.extend(fields.map(|field| is_recursive(field, report)));
                }
            }
            Data::Union(_) => {}
        }
        Some(PortableInput {
            item,
            json,
            origin,
            repr,
            recursive,
        })
    }
}

impl Origin {
    fn read(meta: &ParseNestedMeta<'_>) -> syn::Result<Origin> {
        let mut origin = Origin::default();
        meta.parse_nested_meta(|part| {
            let text = part.value()?.parse::<LitStr>()?.value();
            match part.path.get_ident().map(ToString::to_string).as_deref() {
                Some("package") => origin.package = text,
                Some("version") => origin.version = text,
                Some("module") => origin.module = text,
                _ => return Err(part.error("an origin has `package`, `version` and `module`")),
            }
            Ok(())
        })?;
        Ok(origin)
    }
}

impl Repr {
    fn add(&mut self, attribute: &Attribute) {
        const INTEGERS: [&str; 12] = [
            "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize",
        ];
        // The same text wherever the tokens come from.
        self.texts.push(lmms_source::compact(&attribute.meta));
        let read = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("packed") {
                self.packed.push(meta.path.clone());
            }
            let name = meta.path.get_ident();
            if let Some(name) = name.filter(|name| INTEGERS.contains(&name.to_string().as_str())) {
                self.integer = Some(name.clone());
            }
            skip(&meta)
        });
        // What else is wrong with a `repr` the compiler says.
        drop(read);
    }
}

/// What a type says of its JSON in calls by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Json {
    /// It is what the type's `serde` implementations make of it.
    Serde,
    /// It is fields and variants by their names, whatever `serde` makes of the type elsewhere.
    Fields,
}

/// Reads `#[portable(json = "serde")]`.
fn container_attribute(
    attribute: &Attribute,
    origin: &mut Option<Origin>,
    report: &mut Report,
) -> Option<Json> {
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
        } else if meta.path.is_ident("origin") {
            *origin = Some(Origin::read(&meta)?);
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

/// Whether a field has `#[portable(recursive)]`.
fn is_recursive(field: &Field, report: &mut Report) -> bool {
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

fn unknown_key(path: &syn::Path) -> Problem {
    Problem::UnknownPortableKey(lmms_source::compact(&quote!(#path)))
}

/// Drops the value of a key.
fn skip(meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    while !meta.input.is_empty() && !meta.input.peek(syn::Token![,]) {
        meta.input.parse::<TokenTree>()?;
    }
    Ok(())
}
