//! Types that a module defines itself. Callers get copies of their definitions, in which every type has the name that it
//! has for them.
//!
//! A copy has what crosses the boundary: fields, variants, and what the standard library's derives make. Methods and other
//! implementations stay behind.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{
    Data, DeriveInput, Field, Fields, GenericParam, Meta, Token, TypeParamBound, Variant,
    Visibility,
};

use crate::items::cfg::{self, Decided, Decision};
use crate::items::scope::UsedPath;
use crate::lexing::compact::compact;
use crate::lexing::outline::{Attribute, ItemKind};
use crate::lexing::words::{escaped, plain};
use crate::mistakes::location::Location;
use crate::mistakes::type_problem::TypeProblem;
use crate::resolve::names::{Naming, Target};
use crate::resolve::{Resolver, Substitutions, value};

/// A copy of a type that a module defines itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnType {
    /// The module's modules that lead to it.
    pub path: Vec<String>,
    /// Its name.
    pub name: String,
    /// The struct or enum, without `#[derive(Portable)]`.
    pub definition: String,
}

/// The copies that were made so far, by module and place.
#[derive(Default)]
pub(super) struct OwnTypes {
    known: RefCell<BTreeMap<(usize, usize), Copied>>,
    /// The module whose type is being copied.
    inside: Cell<Option<usize>>,
}

#[derive(Clone)]
enum Copied {
    /// A type may contain itself.
    Begun,
    Done(Result<OwnType, TypeProblem>),
}

/// Derives and traits of the prelude that mean the same in every crate.
const STANDARD: [&str; 12] = [
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Eq",
    "Hash",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Send",
    "Sized",
    "Sync",
];

impl Resolver<'_> {
    /// The copies of all types that were asked for.
    pub(crate) fn own_types(&self) -> Vec<OwnType> {
        let known = self.own.known.borrow();
        let done = known.values().filter_map(|copied| match copied {
            Copied::Done(Ok(own)) => Some(own.clone()),
            _ => None,
        });
        done.collect()
    }

    /// The name that a type of this crate has for others.
    pub(super) fn own_type(&self, node: usize, item: usize) -> Result<String, TypeProblem> {
        let known = self.own.known.borrow().get(&(node, item)).cloned();
        match known {
            Some(Copied::Begun) => {}
            Some(Copied::Done(copied)) => drop(copied?),
            None => {
                let note = |copied| self.own.known.borrow_mut().insert((node, item), copied);
                note(Copied::Begun);
                let outside = self.own.inside.replace(Some(node));
                let copied = self.copy(node, item);
                self.own.inside.set(outside);
                note(Copied::Done(copied.clone()));
                copied?;
            }
        }
        let module = &self.names.tree.nodes[node];
        let name = match &module.items()[item].kind {
            ItemKind::Type { name, .. } => plain(name),
            _ => String::new(),
        };
        let start = match (self.own.inside.get(), self.names.naming) {
            (None, Naming::AsModule) => "crate".to_owned(),
            (None, Naming::AsGateway { types, .. }) => {
                format!("{types}_{}", self.names.manifest.crate_name)
            }
            (Some(from), _) => match self.names.tree.nodes[from].path.len() {
                0 => "self".to_owned(),
                depth => vec!["super"; depth].join("::"),
            },
        };
        let path = module.path.iter().chain([&name]);
        Ok(path.fold(start, |text, segment| text + "::" + &escaped(segment)))
    }

    fn copy(&self, node: usize, item: usize) -> Result<OwnType, TypeProblem> {
        let module = &self.names.tree.nodes[node];
        let at = self.names.at(node, item);
        let local = || TypeProblem::Local(at.clone());
        let item = &module.items()[item];
        let ItemKind::Type { name, text } = &item.kind else {
            return Err(local());
        };
        let mut copy: DeriveInput = syn::parse_str(text).map_err(|_| local())?;
        let copier = Copier {
            resolver: self,
            name: &copy.ident.clone(),
            node,
            at: &at,
            known: self.parameters(node, &mut copy, &at)?,
        };
        let attributes = copier.attributes(&item.attributes)?;
        match &mut copy.data {
            Data::Struct(data) => copier.fields(&mut data.fields, "", &attributes)?,
            Data::Enum(data) => {
                let mut variants = Punctuated::new();
                for mut variant in std::mem::take(&mut data.variants) {
                    if copier.variant(&mut variant, &attributes)? {
                        variants.push(variant);
                    }
                }
                data.variants = variants;
            }
            Data::Union(_) => return Err(local()),
        }
        copy.vis = Visibility::Public(Token![pub](proc_macro2::Span::call_site()));
        let derives = &attributes.derives;
        let derives = (!derives.is_empty()).then(|| quote!(#[derive(#(#derives),*)]));
        let kept = &attributes.kept;
        Ok(OwnType {
            path: module.path.clone(),
            name: plain(name),
            definition: quote!(#derives #(#kept)* #copy).to_string(),
        })
    }

    /// What the type is generic over, which stands for itself.
    fn parameters(
        &self,
        node: usize,
        copy: &mut DeriveInput,
        at: &Location,
    ) -> Result<Substitutions, TypeProblem> {
        let local = || TypeProblem::Local(at.clone());
        let mut known = Substitutions::new();
        if copy.generics.where_clause.is_some() {
            return Err(local());
        }
        for parameter in &mut copy.generics.params {
            let name = match parameter {
                GenericParam::Type(parameter) => {
                    let standard = |bound: &TypeParamBound| match bound {
                        TypeParamBound::Trait(bound) => is_standard(&bound.path),
                        _ => false,
                    };
                    if !parameter.bounds.iter().all(standard) {
                        return Err(local());
                    }
                    if let Some((_, default)) = &mut parameter.default {
                        let written = self.write(node, default, &known, 0);
                        let written = written.map_err(|refused| refused.problem)?;
                        *default = syn::parse_str(&written.text).map_err(|_| local())?;
                    }
                    &parameter.ident
                }
                GenericParam::Const(parameter) => &parameter.ident,
                GenericParam::Lifetime(_) => return Err(local()),
            };
            known.insert(name.to_string(), value(name.to_string()));
        }
        known.insert("Self".to_owned(), value("Self".to_owned()));
        Ok(known)
    }
}

/// Copies one type.
struct Copier<'a> {
    resolver: &'a Resolver<'a>,
    name: &'a syn::Ident,
    node: usize,
    at: &'a Location,
    known: Substitutions,
}

/// What is copied of a type's attributes.
#[derive(Default)]
struct Attributes {
    derives: Vec<syn::Path>,
    kept: Vec<syn::Attribute>,
    /// Whether calls by name use the type's `serde` implementations.
    through_serde: bool,
    has_default: bool,
}

impl Copier<'_> {
    fn part(&self, part: &str, problem: TypeProblem) -> TypeProblem {
        TypeProblem::LocalPart {
            at: self.at.clone(),
            part: part.to_owned(),
            problem: Box::new(problem),
        }
    }

    fn decide(&self, attributes: &[Attribute]) -> Decided {
        cfg::decide(attributes, &self.resolver.names.manifest.features)
    }

    /// The attributes of the type itself, which must be `Portable`.
    fn attributes(&self, written: &[Attribute]) -> Result<Attributes, TypeProblem> {
        let decided = self.decide(written);
        let mut attributes = Attributes {
            through_serde: decided.attributes.iter().any(is_through_serde),
            ..Attributes::default()
        };
        let mut is_portable = false;
        let derives = decided.attributes.iter().filter(|it| it.path() == "derive");
        for attribute in derives {
            let Ok(Meta::List(list)) = syn::parse_str::<Meta>(&attribute.text) else {
                continue;
            };
            let paths = Punctuated::<syn::Path, Token![,]>::parse_terminated.parse2(list.tokens);
            for path in paths.into_iter().flatten() {
                let used = UsedPath::of(&path);
                let last = used.segments.last().cloned().unwrap_or_default();
                let names = &self.resolver.names;
                let of_lmms = names.is_of_lmms(self.node, &used, "Portable");
                if of_lmms.unwrap_or(last == "Portable") {
                    is_portable = true;
                } else if is_standard(&path) {
                    attributes.has_default |= path.is_ident("Default");
                    attributes.derives.push(path);
                } else if attributes.through_serde
                    && matches!(last.as_str(), "Serialize" | "Deserialize")
                {
                    let part = format!("`derive({})`", compact(&path));
                    let path = self
                        .foreign(&used)
                        .map_err(|problem| self.part(&part, problem))?;
                    attributes.derives.push(path);
                }
            }
        }
        if !is_portable {
            return Err(TypeProblem::LocalNotPortable(self.at.clone()));
        }
        attributes.kept = self.keep(&decided, &attributes)?;
        Ok(attributes)
    }

    /// A path that leads to another crate, as the caller writes it.
    fn foreign(&self, path: &UsedPath) -> Result<syn::Path, TypeProblem> {
        let local = || TypeProblem::Local(self.at.clone());
        match self.resolver.names.follow(self.node, path, 0)? {
            Target::External { root, path, .. } => {
                let root = match root.as_str() {
                    "crate" => root,
                    _ => format!("::{}", escaped(&root)),
                };
                let text = path
                    .iter()
                    .fold(root, |text, segment| text + "::" + &escaped(segment));
                syn::parse_str(&text).map_err(|_| local())
            }
            _ => Err(local()),
        }
    }

    /// Writes the types of fields as the caller names them; leaves out fields that aren't compiled.
    fn fields(
        &self,
        fields: &mut Fields,
        of: &str,
        attributes: &Attributes,
    ) -> Result<(), TypeProblem> {
        let list = match fields {
            Fields::Named(named) => &mut named.named,
            Fields::Unnamed(unnamed) => &mut unnamed.unnamed,
            Fields::Unit => return Ok(()),
        };
        let mut copied = Punctuated::new();
        for (index, mut field) in std::mem::take(list).into_iter().enumerate() {
            if self.field(&mut field, index, of, attributes)? {
                copied.push(field);
            }
        }
        *list = copied;
        Ok(())
    }

    /// Whether a variant is compiled; then it is written as the caller needs it.
    fn variant(&self, variant: &mut Variant, attributes: &Attributes) -> Result<bool, TypeProblem> {
        let Some(kept) = self.kept(&variant.attrs, attributes)? else {
            return Ok(false);
        };
        variant.attrs = kept;
        let name = variant.ident.to_string();
        self.fields(&mut variant.fields, &format!("{name}."), attributes)?;
        if let Some((_, value)) = &mut variant.discriminant {
            let written = self.resolver.names.write_length(self.node, value, 0);
            let written = written
                .map_err(|problem| self.part(&format!("the discriminant of `{name}`"), problem))?;
            let parsed = syn::parse_str(&written);
            *value = parsed.map_err(|_| TypeProblem::Local(self.at.clone()))?;
        }
        Ok(true)
    }

    /// Whether a field is compiled; then it is written as the caller needs it.
    fn field(
        &self,
        field: &mut Field,
        index: usize,
        of: &str,
        attributes: &Attributes,
    ) -> Result<bool, TypeProblem> {
        let Some(kept) = self.kept(&field.attrs, attributes)? else {
            return Ok(false);
        };
        field.attrs = kept;
        // Told by names in the original, which the copy writes differently.
        let is_marked = field.attrs.iter().any(|it| it.path().is_ident("portable"));
        if !is_marked && mentions(&field.ty.to_token_stream(), self.name) {
            field.attrs.push(syn::parse_quote!(#[portable(recursive)]));
        }
        let name = field
            .ident
            .as_ref()
            .map_or_else(|| index.to_string(), ToString::to_string);
        let written = self.resolver.write(self.node, &field.ty, &self.known, 0);
        let written = written.map_err(|refused| {
            let part = format!(
                "the type `{}` of its field `{of}{name}`",
                compact(&field.ty)
            );
            self.part(&part, refused.problem)
        })?;
        let ty = syn::parse_str(&written.text);
        field.ty = ty.map_err(|_| TypeProblem::Local(self.at.clone()))?;
        // What is for the module's own modules only is for nobody else.
        if matches!(field.vis, Visibility::Restricted(_)) {
            field.vis = Visibility::Inherited;
        }
        Ok(true)
    }

    /// What is kept of the attributes of a field or variant; `None` if it isn't compiled.
    fn kept(
        &self,
        written: &[syn::Attribute],
        attributes: &Attributes,
    ) -> Result<Option<Vec<syn::Attribute>>, TypeProblem> {
        let texts = written.iter().map(|attribute| Attribute {
            text: attribute.meta.to_token_stream().to_string(),
            line: self.at.line,
        });
        let decided = self.decide(&texts.collect::<Vec<_>>());
        match &decided.decision {
            Decision::On => self.keep(&decided, attributes).map(Some),
            Decision::Off => Ok(None),
            Decision::Unknown(condition) => Err(TypeProblem::Undecided {
                at: self.at.clone(),
                name: "a part of it".to_owned(),
                condition: condition.clone(),
            }),
        }
    }

    /// Documentation, and what decides about layout and JSON.
    fn keep(
        &self,
        decided: &Decided,
        attributes: &Attributes,
    ) -> Result<Vec<syn::Attribute>, TypeProblem> {
        let mut kept = Vec::new();
        for attribute in &decided.attributes {
            let text = match attribute.path().as_str() {
                // An example in it is none of the caller's tests.
                "doc" => format!("#[cfg_attr(not(doctest), {})]", attribute.text),
                "repr" | "portable" => format!("#[{}]", attribute.text),
                "default" if attributes.has_default => format!("#[{}]", attribute.text),
                "serde" if attributes.through_serde => {
                    if let Some(key) = names_a_function(&attribute.text) {
                        let part = format!("`serde({key} = …)`");
                        return Err(self.part(&part, TypeProblem::Local(self.at.clone())));
                    }
                    format!("#[{}]", attribute.text)
                }
                _ => continue,
            };
            kept.extend(
                syn::Attribute::parse_outer
                    .parse_str(&text)
                    .unwrap_or_default(),
            );
        }
        Ok(kept)
    }
}

/// Whether a field's type names the type around it: then the shape follows it for as long as there are levels.
#[must_use]
pub fn mentions(ty: &TokenStream, outer: &syn::Ident) -> bool {
    ty.clone().into_iter().any(|tree| match tree {
        TokenTree::Ident(ident) => ident == *outer || ident == "Self",
        TokenTree::Group(group) => mentions(&group.stream(), outer),
        _ => false,
    })
}

fn is_standard(path: &syn::Path) -> bool {
    let name = path.get_ident().map(ToString::to_string);
    name.is_some_and(|name| STANDARD.contains(&name.as_str()))
}

/// Whether an attribute is `#[portable(json = "serde")]`.
fn is_through_serde(attribute: &Attribute) -> bool {
    let text: String = attribute.text.split_whitespace().collect();
    attribute.path() == "portable" && text.contains("json=\"serde\"")
}

/// The first key of a `#[serde(…)]` whose value is a path in the module.
fn names_a_function(text: &str) -> Option<String> {
    const KEYS: [&str; 11] = [
        "bound",
        "default",
        "deserialize_with",
        "from",
        "getter",
        "into",
        "remote",
        "serialize_with",
        "skip_serializing_if",
        "try_from",
        "with",
    ];
    let Ok(Meta::List(list)) = syn::parse_str::<Meta>(text) else {
        return None;
    };
    let keys = Punctuated::<Meta, Token![,]>::parse_terminated.parse2(list.tokens);
    keys.into_iter().flatten().find_map(|key| match key {
        Meta::NameValue(pair) => {
            let name = compact(&pair.path);
            let value = compact(&pair.value);
            // `skip_serializing_if = "Option::is_none"` means the same everywhere.
            let is_standard = ["Option::", "Vec::", "String::"];
            let elsewhere = !is_standard.iter().any(|it| value.contains(it));
            (KEYS.contains(&name.as_str()) && elsewhere).then_some(name)
        }
        _ => None,
    })
}
