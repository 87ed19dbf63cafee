//! What the form of a type tells about crossing the boundary.

use syn::{
    AngleBracketedGenericArguments, Block, Expr, GenericArgument, Lit, PathArguments, PathSegment,
    Stmt, Type,
};

use crate::lexing::compact::compact;
use crate::mistakes::finding::Findings;
use crate::mistakes::misuse::Misuse;

/// Whether `name` is a type of the language that fits a register; `str` is not among them.
pub(crate) fn is_primitive(name: &str) -> bool {
    const PRIMITIVES: [&str; 16] = [
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16",
        "u32", "u64", "u128", "usize",
    ];
    PRIMITIVES.contains(&name)
}

/// What keeps a type from being held in a result or an argument, if its form alone tells.
pub(crate) fn misuse_of(ty: &Type) -> Option<Misuse> {
    let mut findings = Findings::new();
    owned(ty, Misuse::NestedReference, &mut findings);
    findings
        .finish(())
        .err()?
        .into_iter()
        .next()
        .map(|finding| finding.misuse)
}

/// The generic arguments of `ty`, where it is written as `…::name<…>`.
pub(crate) fn arguments_of(ty: &Type, name: &str) -> Option<Vec<GenericArgument>> {
    let Type::Path(path) = peel(ty) else {
        return None;
    };
    let last = path.path.segments.last()?;
    match &last.arguments {
        PathArguments::AngleBracketed(list) if last.ident == name => {
            Some(list.args.iter().cloned().collect())
        }
        _ => None,
    }
}

/// Checks that `ty` owns what it holds, as far as its form tells; notes what doesn't.
pub(crate) fn owned(ty: &Type, reference: Misuse, findings: &mut Findings) -> bool {
    let misuse = match ty {
        Type::Group(group) => return owned(&group.elem, reference, findings),
        Type::Paren(paren) => return owned(&paren.elem, reference, findings),
        Type::Tuple(tuple) => {
            return all(tuple.elems.iter(), |element| {
                owned(element, reference.clone(), findings)
            });
        }
        Type::Array(array) => {
            if !is_length(&array.len) {
                findings.push(&array.len, Misuse::ArrayLength(compact(&array.len)));
                return false;
            }
            return owned(&array.elem, reference, findings);
        }
        Type::Path(path) if path.path.is_ident("str") => Misuse::Unsized {
            ty: "str".to_owned(),
            owned: "String".to_owned(),
        },
        Type::Path(path) => {
            // `<T as Trait>::Name`, but not `<T>::Name`, which could be of any trait.
            let of = path.qself.as_ref();
            if of.is_none_or(|of| of.position > 0) {
                let is_owned = of.is_none_or(|of| owned(&of.ty, reference.clone(), findings));
                let arguments = all(path.path.segments.iter(), |segment| {
                    owned_arguments(segment, reference.clone(), findings)
                });
                return is_owned && arguments;
            }
            Misuse::UnreadableType(compact(ty))
        }
        Type::Reference(inner) => match &inner.lifetime {
            Some(lifetime) if lifetime.ident == "static" => Misuse::StaticReference,
            _ if inner.mutability.is_some() && reference != Misuse::BorrowedResult => {
                Misuse::MutableReference
            }
            _ => reference,
        },
        Type::Slice(slice) => Misuse::Unsized {
            ty: compact(ty),
            owned: format!("Vec<{}>", compact(&slice.elem)),
        },
        Type::ImplTrait(_) => Misuse::ImplTrait,
        Type::TraitObject(_) => Misuse::TraitObject,
        Type::FnPtr(_) => Misuse::FunctionPointer,
        Type::Ptr(_) => Misuse::RawPointer,
        Type::Never(_) => Misuse::NoType("!"),
        Type::Infer(_) => Misuse::NoType("_"),
        _ => Misuse::UnreadableType(compact(ty)),
    };
    findings.push(ty, misuse);
    false
}

fn owned_arguments(segment: &PathSegment, reference: Misuse, findings: &mut Findings) -> bool {
    match &segment.arguments {
        PathArguments::None => true,
        PathArguments::AngleBracketed(list) => all(blamed(list), |argument| match argument {
            GenericArgument::Type(ty) => owned(ty, reference.clone(), findings),
            GenericArgument::Const(value) if is_length(value) => true,
            GenericArgument::Const(value) => {
                findings.push(value, Misuse::ArrayLength(compact(value)));
                false
            }
            GenericArgument::Lifetime(lifetime) if lifetime.ident == "static" => {
                findings.push(lifetime, Misuse::StaticReference);
                false
            }
            GenericArgument::Lifetime(lifetime) => {
                findings.push(lifetime, reference.clone());
                false
            }
            other => {
                findings.push(other, Misuse::UnreadableType(compact(other)));
                false
            }
        }),
        arguments @ PathArguments::Parenthesized(_) => {
            findings.push(arguments, Misuse::UnreadableType(compact(arguments)));
            false
        }
    }
}

/// The arguments to check: a lifetime says all that is wrong with its list.
fn blamed(list: &AngleBracketedGenericArguments) -> impl Iterator<Item = &GenericArgument> {
    let borrows = list
        .args
        .iter()
        .any(|argument| matches!(argument, GenericArgument::Lifetime(_)));
    list.args
        .iter()
        .filter(move |argument| !borrows || matches!(argument, GenericArgument::Lifetime(_)))
}

/// The type without parentheses and invisible groups.
pub(crate) fn peel(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => peel(&group.elem),
        Type::Paren(paren) => peel(&paren.elem),
        other => other,
    }
}

/// Like `Iterator::all`, but looks at every element, so that each mistake is found.
fn all<'a, T: 'a>(
    elements: impl Iterator<Item = &'a T>,
    mut holds: impl FnMut(&'a T) -> bool,
) -> bool {
    elements.filter(|element| !holds(element)).count() == 0
}

/// Whether an array's length, or another constant in a type, is made of literals and constants only.
fn is_length(length: &Expr) -> bool {
    match length {
        Expr::Lit(literal) => matches!(literal.lit, Lit::Int(_) | Lit::Bool(_) | Lit::Char(_)),
        Expr::Path(path) => {
            let mut segments = path.path.segments.iter();
            path.qself.is_none() && segments.all(|segment| segment.arguments.is_none())
        }
        Expr::Group(group) => is_length(&group.expr),
        Expr::Paren(paren) => is_length(&paren.expr),
        Expr::Unary(unary) => is_length(&unary.expr),
        Expr::Binary(binary) => is_length(&binary.left) && is_length(&binary.right),
        Expr::Cast(cast) => {
            let is_plain = matches!(peel(&cast.ty), Type::Path(path)
                if path.path.get_ident().is_some_and(|ident| is_primitive(&ident.to_string())));
            is_plain && is_length(&cast.expr)
        }
        Expr::Block(block) => lone_expression(&block.block).is_some_and(is_length),
        _ => false,
    }
}

/// What a block evaluates to, if there is nothing else in it.
pub(crate) fn lone_expression(block: &Block) -> Option<&Expr> {
    match block.stmts.as_slice() {
        [Stmt::Expr(expression, None)] => Some(expression),
        _ => None,
    }
}
