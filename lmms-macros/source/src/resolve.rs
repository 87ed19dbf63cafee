//! Writes the types of a module file so that they mean the same in another crate.
//!
//! What can't be followed from the source alone is refused rather than guessed.

use std::collections::HashMap;

use quote::ToTokens;
use syn::{GenericArgument, GenericParam, PathArguments, Type, TypePath};

use crate::compact::compact;
use crate::error::TypeProblem;
use crate::manifest::Manifest;
use crate::misuse::Misuse;
use crate::names::{LONGEST_CHAIN, Names, Naming, Target};
use crate::scope::{UsedPath, plain};
use crate::tree::Tree;
use crate::types::{misuse_of, peel};

/// A type as another crate writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeName {
    /// As the module's author wrote it.
    pub written: String,
    /// With absolute paths, for generated code.
    pub absolute: String,
}

/// A resolved type, and its parts if it is a `Result`.
#[derive(Debug, Clone)]
pub(crate) struct Resolved {
    pub(crate) text: String,
    pub(crate) result: Option<(String, String)>,
}

/// Rewrites the types of one crate.
pub(crate) struct Resolver<'a> {
    names: Names<'a>,
}

/// The types that stand for an alias' parameters, already resolved.
type Substitutions = HashMap<String, String>;

impl<'a> Resolver<'a> {
    pub(crate) fn new(tree: &'a Tree, manifest: &'a Manifest, naming: &'a Naming) -> Resolver<'a> {
        Resolver {
            names: Names::new(tree, manifest, naming),
        }
    }

    /// Resolves a type written in module `node`.
    pub(crate) fn resolve(&self, node: usize, ty: &Type) -> Result<Resolved, TypeProblem> {
        self.write(node, ty, &Substitutions::new(), 0)
    }

    fn write(
        &self,
        node: usize,
        ty: &Type,
        known: &Substitutions,
        depth: usize,
    ) -> Result<Resolved, TypeProblem> {
        let text = match peel(ty) {
            Type::Path(path) if path.qself.is_none() => {
                return self.write_path(node, path, known, depth);
            }
            Type::Tuple(tuple) => {
                let mut text = String::from("(");
                for element in &tuple.elems {
                    text.push_str(&self.write(node, element, known, depth)?.text);
                    text.push_str(", ");
                }
                text.truncate(text.len() - if tuple.elems.len() > 1 { 2 } else { 0 });
                text.push(')');
                text
            }
            Type::Array(array) => {
                let element = self.write(node, &array.elem, known, depth)?.text;
                format!("[{element}; {}]", array.len.to_token_stream())
            }
            other => return Err(TypeProblem::Misuse(refused(other))),
        };
        Ok(Resolved { text, result: None })
    }

    fn write_path(
        &self,
        node: usize,
        path: &TypePath,
        known: &Substitutions,
        depth: usize,
    ) -> Result<Resolved, TypeProblem> {
        if let Some(misuse) = misuse_of(&Type::Path(path.clone())) {
            return Err(TypeProblem::Misuse(misuse));
        }
        if let Some(text) = path
            .path
            .get_ident()
            .and_then(|ident| known.get(&ident.to_string()))
        {
            return Ok(Resolved {
                text: text.clone(),
                result: None,
            });
        }
        let mut arguments = Vec::new();
        let last = path.path.segments.len().saturating_sub(1);
        for (index, segment) in path.path.segments.iter().enumerate() {
            match &segment.arguments {
                PathArguments::None => {}
                PathArguments::AngleBracketed(list) if index == last => {
                    for argument in &list.args {
                        arguments.push(match argument {
                            GenericArgument::Type(ty) => self.write(node, ty, known, depth)?.text,
                            other => compact(other),
                        });
                    }
                }
                _ => return Err(TypeProblem::Misuse(Misuse::UnreadableType(compact(path)))),
            }
        }
        let used = UsedPath {
            leading: path.path.leading_colon.is_some(),
            segments: path
                .path
                .segments
                .iter()
                .map(|segment| plain(&segment.ident.to_string()))
                .collect(),
        };
        match self.names.follow(node, &used, depth)? {
            Target::Primitive(name) => Ok(Resolved {
                text: format!("::core::primitive::{name}"),
                result: None,
            }),
            Target::External { root, path } => external(&root, &path, &arguments),
            Target::Alias { node, line, text } => {
                self.expand(node, line, &text, &arguments, depth + 1)
            }
            Target::Module(_) => Err(TypeProblem::Missing(used.segments.join("::"))),
        }
    }

    /// Puts `arguments` into an alias.
    fn expand(
        &self,
        node: usize,
        line: u32,
        text: &str,
        arguments: &[String],
        depth: usize,
    ) -> Result<Resolved, TypeProblem> {
        let refuse = |reason| TypeProblem::Alias {
            at: self.names.tree.nodes[node].at(line),
            reason,
        };
        if depth > LONGEST_CHAIN {
            return Err(refuse("leads back to itself"));
        }
        let alias: syn::ItemType =
            syn::parse_str(text).map_err(|_| refuse("has a form that can't be read"))?;
        let mut given = arguments.iter();
        let mut known = Substitutions::new();
        for parameter in &alias.generics.params {
            let GenericParam::Type(parameter) = parameter else {
                return Err(refuse("has lifetime or constant parameters"));
            };
            let argument = match (given.next(), &parameter.default) {
                (Some(argument), _) => argument.clone(),
                (None, Some((_, default))) => self.write(node, default, &known, depth)?.text,
                (None, None) => return Err(refuse("is given too few types")),
            };
            known.insert(parameter.ident.to_string(), argument);
        }
        if given.next().is_some() {
            return Err(refuse("is given too many types"));
        }
        self.write(node, &alias.ty, &known, depth)
    }
}

/// A type of another crate with its arguments.
fn external(root: &str, path: &[String], arguments: &[String]) -> Result<Resolved, TypeProblem> {
    let Some(name) = path.last() else {
        return Err(TypeProblem::Missing(root.to_owned()));
    };
    let start = if root == "crate" { "" } else { "::" };
    let mut text = format!("{start}{root}");
    for segment in path {
        text.push_str("::");
        text.push_str(&escaped(segment));
    }
    if !arguments.is_empty() {
        text.push('<');
        text.push_str(&arguments.join(", "));
        text.push('>');
    }
    let of_std = matches!(root, "std" | "core");
    let result = match arguments {
        [ok, error] if of_std && path == ["result", "Result"] => Some((ok.clone(), error.clone())),
        _ if name == "Result" => return Err(TypeProblem::ForeignResult),
        _ => None,
    };
    Ok(Resolved { text, result })
}

/// Keywords get their `r#` back.
fn escaped(name: &str) -> String {
    if syn::parse_str::<syn::Ident>(name).is_ok() {
        name.to_owned()
    } else {
        format!("r#{name}")
    }
}

fn refused(ty: &Type) -> Misuse {
    misuse_of(ty).unwrap_or_else(|| Misuse::UnreadableType(compact(ty)))
}

#[cfg(test)]
mod tests;
