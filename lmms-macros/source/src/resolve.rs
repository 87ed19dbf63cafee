//! Writes the types of a module file so that they mean the same in another crate.
//!
//! What can't be followed from the source alone is refused rather than guessed.

mod constants;
pub(crate) mod definitions;
mod globs;
pub(crate) mod names;
pub(crate) mod own_types;

use std::collections::HashMap;

use syn::{
    Expr, GenericArgument, GenericParam, PathArguments, Type, TypeArray, TypePath, TypeTuple,
};

use crate::declarations::types::{misuse_of, peel};
use crate::items::scope::UsedPath;
use crate::items::tree::Tree;
use crate::lexing::compact::compact;
use crate::lexing::words::escaped;
use crate::manifest::Manifest;
use crate::mistakes::misuse::Misuse;
use crate::mistakes::type_problem::TypeProblem;
use crate::resolve::constants::Constant;
use crate::resolve::definitions::Definitions;
use crate::resolve::names::{LONGEST_CHAIN, Names, Naming, Target};
use crate::resolve::own_types::OwnTypes;

/// A type as another crate writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeName {
    /// As the module's author wrote it.
    pub written: String,
    /// With absolute paths, for generated code.
    pub absolute: String,
    /// What is known of it.
    pub form: TypeForm,
}

/// What sources tell of a type. Generated code asks the compiler; this is for what people read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeForm {
    /// It is no `Result`.
    Value,
    /// It is the standard library's `Result`, of these two types.
    Result {
        /// The value on success.
        ok: String,
        /// The error.
        error: String,
    },
    /// It is defined where it can't be read: it may be an alias of anything.
    Unknown,
    /// It can't be named; an error says why.
    Refused,
}

/// A resolved type.
#[derive(Debug, Clone)]
pub(crate) struct Resolved {
    pub(crate) text: String,
    pub(crate) form: TypeForm,
}

/// A type that can't be resolved.
#[derive(Debug)]
pub(crate) struct Refused {
    /// As it is written; empty until that is known.
    pub(crate) ty: String,
    pub(crate) problem: TypeProblem,
}

impl From<TypeProblem> for Refused {
    fn from(problem: TypeProblem) -> Refused {
        Refused {
            ty: String::new(),
            problem,
        }
    }
}

/// Rewrites the types of one crate.
pub(crate) struct Resolver<'a> {
    names: Names<'a>,
    definitions: Definitions,
    own: OwnTypes,
}

/// The types that stand for an alias' parameters, already resolved.
type Substitutions = HashMap<String, Resolved>;

impl<'a> Resolver<'a> {
    pub(crate) fn new(tree: &'a Tree, manifest: &'a Manifest, naming: &'a Naming) -> Resolver<'a> {
        Resolver {
            names: Names::new(tree, manifest, naming),
            definitions: Definitions::default(),
            own: OwnTypes::default(),
        }
    }

    /// The names that types are looked up by.
    pub(crate) fn names(&self) -> &Names<'a> {
        &self.names
    }

    /// Resolves a type written in module `node`. An error names the innermost part that is to blame.
    pub(crate) fn resolve(&self, node: usize, ty: &Type) -> Result<Resolved, Refused> {
        self.write(node, ty, &Substitutions::new(), 0)
    }

    fn write(
        &self,
        node: usize,
        ty: &Type,
        known: &Substitutions,
        depth: usize,
    ) -> Result<Resolved, Refused> {
        let written = match peel(ty) {
            Type::Path(path) if path.qself.is_none() => self.write_path(node, path, known, depth),
            Type::Path(path) => self.write_associated(node, path, known, depth),
            Type::Tuple(tuple) => self.write_tuple(node, tuple, known, depth),
            Type::Array(array) => self.write_array(node, array, known, depth),
            other => Err(TypeProblem::Misuse(refused(other)).into()),
        };
        written.map_err(|mut refused| {
            if refused.ty.is_empty() {
                refused.ty = compact(ty);
            }
            refused
        })
    }

    fn write_array(
        &self,
        node: usize,
        array: &TypeArray,
        known: &Substitutions,
        depth: usize,
    ) -> Result<Resolved, Refused> {
        let element = self.write(node, &array.elem, known, depth)?;
        let length = match &array.len {
            Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
            _ => None,
        };
        // What the type around it is generic over.
        let length = match length.and_then(|name| known.get(&name)) {
            Some(parameter) => parameter.text.clone(),
            None => self.names.write_length(node, &array.len, depth)?,
        };
        Ok(value(format!("[{}; {length}]", element.text)))
    }

    /// Writes `<T as Trait>::Name`.
    fn write_associated(
        &self,
        node: usize,
        path: &TypePath,
        known: &Substitutions,
        depth: usize,
    ) -> Result<Resolved, Refused> {
        let unreadable = || TypeProblem::Misuse(refused(&Type::Path(path.clone())));
        let of = path.qself.as_ref().filter(|of| of.position > 0);
        let of = of.ok_or_else(unreadable)?;
        let mut trait_path = path.path.clone();
        trait_path.segments = path
            .path
            .segments
            .iter()
            .take(of.position)
            .cloned()
            .collect();
        let names = path.path.segments.iter().skip(of.position);
        let names: Option<Vec<String>> = names
            .map(|segment| {
                segment
                    .arguments
                    .is_none()
                    .then(|| segment.ident.to_string())
            })
            .collect();
        let names = names.ok_or_else(unreadable)?.join("::");
        let ty = self.write(node, &of.ty, known, depth)?;
        let of_trait = TypePath {
            attrs: Vec::new(),
            qself: None,
            path: trait_path,
        };
        let of_trait = self.write_path(node, &of_trait, known, depth)?;
        Ok(Resolved {
            text: format!("<{} as {}>::{names}", ty.text, of_trait.text),
            form: TypeForm::Unknown,
        })
    }

    fn write_tuple(
        &self,
        node: usize,
        tuple: &TypeTuple,
        known: &Substitutions,
        depth: usize,
    ) -> Result<Resolved, Refused> {
        let mut text = String::from("(");
        for element in &tuple.elems {
            text.push_str(&self.write(node, element, known, depth)?.text);
            text.push_str(", ");
        }
        text.truncate(text.len() - if tuple.elems.len() > 1 { 2 } else { 0 });
        text.push(')');
        Ok(value(text))
    }

    fn write_path(
        &self,
        node: usize,
        path: &TypePath,
        known: &Substitutions,
        depth: usize,
    ) -> Result<Resolved, Refused> {
        if let Some(misuse) = misuse_of(&Type::Path(path.clone())) {
            return Err(TypeProblem::Misuse(misuse).into());
        }
        if let Some(substitute) = path
            .path
            .get_ident()
            .and_then(|ident| known.get(&ident.to_string()))
        {
            return Ok(substitute.clone());
        }
        let mut given = Vec::new();
        let last = path.path.segments.len().saturating_sub(1);
        for (index, segment) in path.path.segments.iter().enumerate() {
            match &segment.arguments {
                PathArguments::None => {}
                PathArguments::AngleBracketed(list) if index == last => given.extend(&list.args),
                _ => {
                    let misuse = Misuse::UnreadableType(compact(path));
                    return Err(TypeProblem::Misuse(misuse).into());
                }
            }
        }
        let used = UsedPath::of(&path.path);
        let target = match self.names.follow(node, &used, depth)? {
            Target::ThroughGlob {
                node,
                path,
                otherwise,
            } => {
                // The prelude's `Result` takes two.
                let is_other = path == ["Result"] && given.len() != 2;
                let otherwise = otherwise.filter(|_| !is_other).map(|target| *target);
                self.names
                    .through_globs(node, &path, otherwise, &self.definitions)?
            }
            target => target,
        };
        // No type of the standard library that crosses takes a constant.
        let takes_types = matches!(&target, Target::External { root, .. } if is_standard(root));
        let arguments = given.into_iter().map(|argument| match argument {
            GenericArgument::Type(ty) if takes_types => self.write(node, ty, known, depth),
            argument => self.write_argument(node, argument, known, depth),
        });
        let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
        match target {
            Target::Primitive(name) => Ok(value(format!("::core::primitive::{name}"))),
            Target::External {
                root,
                path,
                directory,
                ..
            } => {
                let mut resolved = external(&root, &path, &arguments)?;
                if resolved.form == TypeForm::Unknown
                    && directory.is_some_and(|crate_of| self.definitions.has(&crate_of, &path))
                {
                    resolved.form = TypeForm::Value;
                }
                Ok(resolved)
            }
            Target::Alias { node, line, text } => {
                let expanded = self.expand(node, line, &text, arguments, depth + 1);
                // What is written is the alias, not what is in it.
                expanded.map_err(|refused| refused.problem.into())
            }
            Target::Own { node, item } => {
                let mut text = self.own_type(node, item)?;
                write_arguments(&arguments, &mut text);
                Ok(value(text))
            }
            Target::Module(_) | Target::ThroughGlob { .. } => {
                Err(TypeProblem::Missing(used.segments.join("::")).into())
            }
        }
    }

    /// Writes what stands between the angle brackets of a type: other types, and constants.
    fn write_argument(
        &self,
        node: usize,
        argument: &GenericArgument,
        known: &Substitutions,
        depth: usize,
    ) -> Result<Resolved, Refused> {
        let constant = |expression: &Expr| -> Result<Resolved, Refused> {
            let text = self.names.write_length(node, expression, depth)?;
            Ok(value(match expression {
                Expr::Lit(_) => text,
                _ => format!("{{ {text} }}"),
            }))
        };
        match argument {
            GenericArgument::Type(Type::Path(path))
                if !is_known(known, path) && self.is_constant(node, path, depth) =>
            {
                constant(&constants::as_expression(&path.path))
            }
            GenericArgument::Type(ty) => self.write(node, ty, known, depth),
            GenericArgument::Const(expression) => constant(expression),
            other => Ok(value(compact(other))),
        }
    }

    /// Whether what looks like a type is a constant.
    fn is_constant(&self, node: usize, path: &TypePath, depth: usize) -> bool {
        if path.qself.is_some() || path.path.segments.iter().any(|it| !it.arguments.is_none()) {
            return false;
        }
        match self.names.constant(node, &UsedPath::of(&path.path), depth) {
            Ok(Constant::Own { .. }) => true,
            Ok(Constant::Foreign(_)) => constants::is_called_like_one(&path.path),
            Err(_) => false,
        }
    }

    /// Puts `arguments` into an alias.
    fn expand(
        &self,
        node: usize,
        line: u32,
        text: &str,
        arguments: Vec<Resolved>,
        depth: usize,
    ) -> Result<Resolved, Refused> {
        let refuse = |reason| TypeProblem::Alias {
            at: self.names.tree.nodes[node].at(line),
            reason,
        };
        if depth > LONGEST_CHAIN {
            return Err(refuse("leads back to itself").into());
        }
        let alias: syn::ItemType =
            syn::parse_str(text).map_err(|_| refuse("has a form that can't be read"))?;
        let mut given = arguments.into_iter();
        let mut known = Substitutions::new();
        for parameter in &alias.generics.params {
            let GenericParam::Type(parameter) = parameter else {
                return Err(refuse("has lifetime or constant parameters").into());
            };
            let argument = match (given.next(), &parameter.default) {
                (Some(argument), _) => argument,
                (None, Some((_, default))) => self.write(node, default, &known, depth)?,
                (None, None) => return Err(refuse("is given too few types").into()),
            };
            known.insert(parameter.ident.to_string(), argument);
        }
        if given.next().is_some() {
            return Err(refuse("is given too many types").into());
        }
        self.write(node, &alias.ty, &known, depth)
    }
}

/// A type that is no `Result`, whatever it is.
fn value(text: String) -> Resolved {
    let form = TypeForm::Value;
    Resolved { text, form }
}

/// Whether it is a parameter of the type around it.
fn is_known(known: &Substitutions, path: &TypePath) -> bool {
    let name = path.path.get_ident();
    name.is_some_and(|name| known.contains_key(&name.to_string()))
}

/// A type of another crate with its arguments.
fn external(root: &str, path: &[String], arguments: &[Resolved]) -> Result<Resolved, TypeProblem> {
    let Some(name) = path.last() else {
        return Err(TypeProblem::Missing(root.to_owned()));
    };
    let mut text = if root == "crate" {
        root.to_owned()
    } else {
        format!("::{}", escaped(root))
    };
    for segment in path {
        text.push_str("::");
        text.push_str(&escaped(segment));
    }
    write_arguments(arguments, &mut text);
    let form = match arguments {
        [ok, error] if is_result(root, path) => TypeForm::Result {
            ok: ok.text.clone(),
            error: error.text.clone(),
        },
        [ok] if is_standard(root) && path == ["io", "Result"] => TypeForm::Result {
            ok: ok.text.clone(),
            error: "::std::io::Error".to_owned(),
        },
        [] if is_standard(root) && path == ["fmt", "Result"] => TypeForm::Result {
            ok: "()".to_owned(),
            error: "::core::fmt::Error".to_owned(),
        },
        // The other aliases of `Result` all end in that word: `std::sync::LockResult`.
        _ if is_standard(root) && !name.ends_with("Result") => TypeForm::Value,
        _ => TypeForm::Unknown,
    };
    Ok(Resolved { text, form })
}

fn write_arguments(arguments: &[Resolved], text: &mut String) {
    if !arguments.is_empty() {
        let arguments: Vec<&str> = arguments.iter().map(|it| it.text.as_str()).collect();
        text.push('<');
        text.push_str(&arguments.join(", "));
        text.push('>');
    }
}

fn is_standard(root: &str) -> bool {
    matches!(root, "std" | "core")
}

fn is_result(root: &str, path: &[String]) -> bool {
    is_standard(root) && path == ["result", "Result"]
}

fn refused(ty: &Type) -> Misuse {
    misuse_of(ty).unwrap_or_else(|| Misuse::UnreadableType(compact(ty)))
}

#[cfg(test)]
mod tests;
