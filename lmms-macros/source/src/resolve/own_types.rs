//! Types that a module defines itself. Callers get copies of their definitions, in which every type has the name that
//! it has for them.
//!
//! A copy has what crosses the boundary: fields, variants, and what the standard library's derives make. Methods and
//! other implementations stay behind.

mod attributes;
mod derives;
mod serde;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::punctuated::Punctuated;
use syn::{
    Data, DeriveInput, Expr, Field, Fields, GenericParam, Token, TypeParamBound, Variant,
    Visibility,
};

use crate::items::cfg::{self, Decided};
use crate::items::scope::UsedPath;
use crate::lexing::compact::compact;
use crate::lexing::outline::{Attribute, ItemKind};
use crate::lexing::words::{escaped, plain};
use crate::mistakes::location::Location;
use crate::mistakes::type_problem::TypeProblem;
use crate::resolve::names::{Naming, Target};
use crate::resolve::own_types::attributes::{Attributes, is_standard};
use crate::resolve::own_types::derives::Derives;
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

/// Where a type is defined: its module, and its place there.
type Key = (usize, usize);

/// The copies that were made so far.
#[derive(Default)]
pub(super) struct OwnTypes {
    known: RefCell<BTreeMap<Key, Copied>>,
    /// The module whose type is being copied.
    inside: Cell<Option<usize>>,
    /// The types that copies name, by the module of the copy and the name.
    named: RefCell<HashMap<(usize, String), Key>>,
}

#[derive(Clone)]
enum Copied {
    /// A type may contain itself.
    Begun,
    Done(Result<Draft, TypeProblem>),
}

/// A copy without its derives, which depend on other copies.
#[derive(Clone)]
struct Draft {
    path: Vec<String>,
    name: String,
    derives: Derives,
    rest: String,
}

impl Resolver<'_> {
    /// The copies of all types that were asked for.
    pub(crate) fn own_types(&self) -> Vec<OwnType> {
        let known = self.own.known.borrow();
        let drafts = known.iter().filter_map(|(key, copied)| match copied {
            Copied::Done(Ok(draft)) => Some((*key, draft)),
            _ => None,
        });
        let drafts: BTreeMap<Key, &Draft> = drafts.collect();
        let derives = drafts.iter().map(|(key, draft)| (*key, &draft.derives));
        let mut derives = derives::that_hold(derives.collect());
        let finished = drafts.into_iter().map(|(key, draft)| {
            let derives = derives.remove(&key).unwrap_or_default().join(", ");
            let derives = match derives.is_empty() {
                true => derives,
                false => format!("#[derive({derives})]"),
            };
            OwnType {
                path: draft.path.clone(),
                name: draft.name.clone(),
                definition: format!("{derives} {}", draft.rest),
            }
        });
        finished.collect()
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
        let text = path.fold(start, |text, segment| text + "::" + &escaped(segment));
        if let Some(from) = self.own.inside.get() {
            let mut named = self.own.named.borrow_mut();
            named.insert((from, text.clone()), (node, item));
        }
        Ok(text)
    }

    fn copy(&self, node: usize, item: usize) -> Result<Draft, TypeProblem> {
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
        let kept = &attributes.kept;
        let named = self.own.named.borrow();
        let key_of = |path: String| named.get(&(node, path)).copied();
        Ok(Draft {
            path: module.path.clone(),
            name: plain(name),
            derives: Derives::of(attributes.derives, &copy.data, key_of),
            rest: quote!(#(#kept)* #copy).to_string(),
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
                GenericParam::Const(parameter) => {
                    if let Some((_, default)) = &mut parameter.default {
                        let written = self.names.write_length(node, default, 0)?;
                        let written = match default {
                            Expr::Lit(_) => written,
                            _ => format!("{{ {written} }}"),
                        };
                        *default = syn::parse_str(&written).map_err(|_| local())?;
                    }
                    &parameter.ident
                }
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

    /// A path that leads to another crate, as the caller writes it.
    fn foreign(&self, path: &UsedPath) -> Result<String, TypeProblem> {
        match self.resolver.names.follow(self.node, path, 0)? {
            Target::External { root, path, .. } => {
                let root = match root.as_str() {
                    "crate" => root,
                    _ => format!("::{}", escaped(&root)),
                };
                Ok(path
                    .iter()
                    .fold(root, |text, segment| text + "::" + &escaped(segment)))
            }
            _ => Err(TypeProblem::Local(self.at.clone())),
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
