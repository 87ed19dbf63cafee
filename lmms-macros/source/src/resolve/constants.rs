//! Constants in types: `[u8; types::SIZE]`.

use quote::ToTokens;
use syn::{BinOp, Expr, ItemConst, Lit, Type, TypePath};

use crate::declarations::types::lone_expression;
use crate::items::scope::{Binding, UsedPath};
use crate::lexing::compact::compact;
use crate::lexing::words::escaped;
use crate::mistakes::misuse::Misuse;
use crate::mistakes::type_problem::TypeProblem;
use crate::resolve::names::{LONGEST_CHAIN, Names, Target};

/// What a path to a constant leads to.
pub(super) enum Constant {
    /// A path in another crate, absolute.
    Foreign(String),
    /// A `const` of this crate, as text, and its module.
    Own { node: usize, text: String },
}

/// The type of a value by its place. An operand of `as` and the right side of a shift have only their own.
#[derive(Clone, Copy)]
enum Expected<'a> {
    /// The place says it.
    Known,
    /// Only the literals in it say it.
    Unknown,
    /// It is a constant's, whose literals have to say it.
    Of(&'a str),
}

impl Names<'_> {
    /// Writes a length of module `node` so that it means the same in another crate: constants of this crate are
    /// replaced by what they are.
    pub(super) fn write_length(
        &self,
        node: usize,
        length: &Expr,
        depth: usize,
    ) -> Result<String, TypeProblem> {
        self.write_value(node, length, Expected::Known, depth)
    }

    fn write_value(
        &self,
        node: usize,
        value: &Expr,
        expected: Expected<'_>,
        depth: usize,
    ) -> Result<String, TypeProblem> {
        let part = |expression: &Expr, expected| -> Result<String, TypeProblem> {
            let text = self.write_value(node, expression, expected, depth)?;
            let is_one = matches!(expression, Expr::Lit(_) | Expr::Path(_));
            Ok(if is_one { text } else { format!("({text})") })
        };
        let unreadable = || TypeProblem::Misuse(Misuse::ArrayLength(compact(value)));
        match value {
            Expr::Lit(literal) => Ok(match (&literal.lit, expected) {
                (Lit::Int(number), Expected::Of(ty)) if number.suffix().is_empty() => {
                    format!("{number}{ty}")
                }
                _ => compact(literal),
            }),
            Expr::Group(group) => self.write_value(node, &group.expr, expected, depth),
            Expr::Paren(paren) => self.write_value(node, &paren.expr, expected, depth),
            Expr::Block(block) => {
                let lone = lone_expression(&block.block).ok_or_else(unreadable)?;
                self.write_value(node, lone, expected, depth)
            }
            Expr::Unary(unary) => {
                let sign = unary.op.to_token_stream();
                Ok(format!("{sign}{}", part(&unary.expr, expected)?))
            }
            Expr::Binary(binary) => {
                let sign = binary.op.to_token_stream();
                let right = match binary.op {
                    BinOp::Shl(_) | BinOp::Shr(_) => Expected::Unknown,
                    _ => expected,
                };
                let (left, right) = (part(&binary.left, expected)?, part(&binary.right, right)?);
                Ok(format!("{left} {sign} {right}"))
            }
            Expr::Cast(cast) => {
                let from = part(&cast.expr, Expected::Unknown)?;
                let to = self
                    .primitive(node, &cast.ty, depth)
                    .ok_or_else(unreadable)?;
                Ok(format!("{from} as {to}"))
            }
            Expr::Path(path) => match self.constant(node, &UsedPath::of(&path.path), depth)? {
                Constant::Foreign(path) => Ok(path),
                Constant::Own { node, text } => {
                    let item: ItemConst = syn::parse_str(&text).map_err(|_| unreadable())?;
                    let is_one = matches!(&*item.expr, Expr::Lit(_) | Expr::Path(_));
                    let ty;
                    let expected = match expected {
                        Expected::Known => Expected::Known,
                        Expected::Unknown | Expected::Of(_) => {
                            ty = self
                                .primitive(node, &item.ty, depth)
                                .ok_or_else(unreadable)?;
                            Expected::Of(&ty)
                        }
                    };
                    let value = self.write_value(node, &item.expr, expected, depth + 1)?;
                    Ok(if is_one { value } else { format!("({value})") })
                }
            },
            _ => Err(unreadable()),
        }
    }

    /// The name of a type, if it is a primitive one.
    fn primitive(&self, node: usize, ty: &Type, depth: usize) -> Option<String> {
        match ty {
            Type::Path(TypePath {
                qself: None, path, ..
            }) => match self.follow(node, &UsedPath::of(path), depth + 1).ok()? {
                Target::Primitive(name) => Some(name),
                _ => None,
            },
            _ => None,
        }
    }

    /// The constant that a path of module `node` leads to.
    pub(super) fn constant(
        &self,
        node: usize,
        path: &UsedPath,
        depth: usize,
    ) -> Result<Constant, TypeProblem> {
        let missing = || TypeProblem::Missing(path.segments.join("::"));
        if depth > LONGEST_CHAIN {
            return Err(missing());
        }
        let (name, before) = path.segments.split_last().ok_or_else(missing)?;
        if before.is_empty() {
            return self
                .constant_named(node, name, depth)
                .unwrap_or_else(|| Err(TypeProblem::Unknown(name.clone())));
        }
        let before = UsedPath {
            leading: path.leading,
            segments: before.to_vec(),
        };
        match self.follow(node, &before, depth + 1)? {
            Target::Module(module) => self
                .constant_named(module, name, depth + 1)
                .unwrap_or_else(|| Err(missing())),
            Target::External { root, path, .. } => Ok(Constant::foreign(&root, &path, name)),
            Target::Primitive(primitive) => {
                let path = ["primitive".to_owned(), primitive];
                Ok(Constant::foreign("core", &path, name))
            }
            Target::Own { node, item } => Err(TypeProblem::Local(self.at(node, item))),
            Target::Alias { .. } | Target::ThroughGlob { .. } => Err(missing()),
        }
    }

    /// The constant of that name in module `node`, if there is one.
    fn constant_named(
        &self,
        node: usize,
        name: &str,
        depth: usize,
    ) -> Option<Result<Constant, TypeProblem>> {
        if depth > LONGEST_CHAIN {
            return None;
        }
        let scope = self.scope(node);
        let bound = scope.get(name).iter().find_map(|binding| match binding {
            Binding::Constant { text } => Some(Ok(Constant::Own {
                node,
                text: text.clone(),
            })),
            Binding::Use(path) => Some(self.constant(node, path, depth + 1)),
            Binding::Undecided(condition) => Some(Err(self.undecided(node, name, condition))),
            Binding::Type { .. } | Binding::Alias { .. } => None,
        });
        let is_type = |it: &Binding| matches!(it, Binding::Type { .. } | Binding::Alias { .. });
        if bound.is_none() && scope.get(name).iter().any(is_type) {
            return None;
        }
        let through_own = || {
            scope.globs.iter().find_map(|glob| {
                let found = match self.follow(node, &glob.path, depth + 1) {
                    Ok(Target::Module(module)) if module != node => {
                        self.constant_named(module, name, depth + 1)?
                    }
                    _ => return None,
                };
                Some(match &glob.undecided {
                    Some(condition) => Err(self.undecided(node, name, condition)),
                    None => found,
                })
            })
        };
        bound
            .or_else(through_own)
            .or_else(|| match self.through_lone_glob(node, name)? {
                Ok(Target::External { root, path, .. }) => {
                    let (name, path) = path.split_last()?;
                    Some(Ok(Constant::foreign(&root, path, name)))
                }
                Ok(_) => None,
                Err(problem) => Some(Err(problem)),
            })
    }
}

impl Constant {
    fn foreign(root: &str, path: &[String], name: &str) -> Constant {
        let root = match root {
            "crate" => root.to_owned(),
            other => format!("::{}", escaped(other)),
        };
        let path = path.iter().map(String::as_str).chain([name]);
        Constant::Foreign(path.fold(root, |text, segment| text + "::" + &escaped(segment)))
    }
}

/// Whether what stands where a type may stand is a constant by its name, which has no small letter.
pub(super) fn is_called_like_one(path: &syn::Path) -> bool {
    let last = path.segments.last().map(|last| last.ident.to_string());
    last.is_some_and(|name| name.len() > 1 && !name.contains(char::is_lowercase))
}

/// The path as an expression.
pub(super) fn as_expression(path: &syn::Path) -> Expr {
    Expr::Path(syn::ExprPath {
        attrs: Vec::new(),
        qself: None,
        path: path.clone(),
    })
}
