//! The derives of a copy. One that needs an implementation which a part of the type has by hand can't be made for the
//! copy, as implementations stay behind.

use std::collections::BTreeMap;

use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Data, Fields, GenericArgument, Meta, PathArguments, Token, Type, TypePath};

use super::Key;
use crate::lexing::outline::Attribute;

/// The derives of a type, and what they depend on.
#[derive(Debug, Clone)]
pub(super) struct Derives {
    paths: Vec<String>,
    parts: Vec<Part>,
}

/// A copied type in a field of another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    of: Key,
    /// Whether the field's default value holds one. An empty list holds none.
    in_default: bool,
}

/// The traits that a derived one builds on.
const ABOVE: [(&str, &str); 5] = [
    ("Copy", "Clone"),
    ("Eq", "PartialEq"),
    ("PartialOrd", "PartialEq"),
    ("Ord", "PartialOrd"),
    ("Ord", "Eq"),
];

/// Types of the standard library whose default value holds those of their arguments.
const HOLDERS: [&str; 8] = [
    "Arc",
    "Box",
    "Cell",
    "ManuallyDrop",
    "Rc",
    "RefCell",
    "Reverse",
    "Wrapping",
];

/// The paths in a `#[derive(…)]`; none in another attribute.
pub(super) fn derived(attribute: &Attribute) -> Vec<syn::Path> {
    match syn::parse_str::<Meta>(&attribute.text) {
        Ok(Meta::List(list)) if list.path.is_ident("derive") => {
            let paths = Punctuated::<syn::Path, Token![,]>::parse_terminated.parse2(list.tokens);
            paths.into_iter().flatten().collect()
        }
        _ => Vec::new(),
    }
}

impl Derives {
    /// The derives at `paths` of a copy with `data`. `key_of` says which copy a path in it names.
    pub(super) fn of(
        paths: Vec<String>,
        data: &Data,
        key_of: impl Fn(String) -> Option<Key>,
    ) -> Derives {
        let mut parts = Vec::new();
        let mut add = |fields: &Fields, in_default| {
            for field in fields {
                collect(&field.ty, in_default, &key_of, &mut parts);
            }
        };
        match data {
            Data::Struct(data) => add(&data.fields, true),
            // The default variant has no field.
            Data::Enum(data) => data.variants.iter().for_each(|it| add(&it.fields, false)),
            Data::Union(_) => {}
        }
        Derives { paths, parts }
    }
}

fn collect(
    ty: &Type,
    in_default: bool,
    key_of: &impl Fn(String) -> Option<Key>,
    parts: &mut Vec<Part>,
) {
    match ty {
        Type::Path(TypePath { path, .. }) => {
            let names: Vec<String> = path
                .segments
                .iter()
                .map(|it| it.ident.to_string())
                .collect();
            let own = key_of(names.join("::"));
            parts.extend(own.map(|of| Part { of, in_default }));
            let holds = own.is_some()
                || names
                    .last()
                    .is_some_and(|it| HOLDERS.contains(&it.as_str()));
            for segment in &path.segments {
                let PathArguments::AngleBracketed(list) = &segment.arguments else {
                    continue;
                };
                for argument in &list.args {
                    if let GenericArgument::Type(ty) = argument {
                        collect(ty, in_default && holds, key_of, parts);
                    }
                }
            }
        }
        Type::Tuple(tuple) => {
            for element in &tuple.elems {
                collect(element, in_default, key_of, parts);
            }
        }
        Type::Array(array) => collect(&array.elem, in_default, key_of, parts),
        Type::Paren(paren) => collect(&paren.elem, in_default, key_of, parts),
        Type::Group(group) => collect(&group.elem, in_default, key_of, parts),
        _ => {}
    }
}

/// The derives that can be made for each of `copies`.
pub(super) fn that_hold(copies: BTreeMap<Key, &Derives>) -> BTreeMap<Key, Vec<String>> {
    let all = copies.iter().map(|(key, it)| (*key, it.paths.clone()));
    let mut held: BTreeMap<Key, Vec<String>> = all.collect();
    loop {
        let before = held.clone();
        let has = |of: &Key, name: &str| {
            before
                .get(of)
                .is_none_or(|it| it.iter().any(|it| it == name))
        };
        for (key, paths) in &mut held {
            let parts = copies.get(key).map_or(&[][..], |it| &it.parts);
            paths.retain(|path| {
                // A path of several names is a derive of another crate.
                let by_parts = path.contains("::")
                    || parts
                        .iter()
                        .all(|part| (path == "Default" && !part.in_default) || has(&part.of, path));
                let mut above = ABOVE.iter().filter(|(of, _)| of == path);
                by_parts && above.all(|(_, above)| has(key, above))
            });
        }
        if held == before {
            return held;
        }
    }
}
