//! What a function must look like to be an operation, and how its arguments are passed.

use std::collections::HashSet;

use syn::ext::IdentExt;
use syn::{FnArg, GenericArgument, GenericParam, Ident, Pat, ReturnType, Safety, Type};

use crate::declarations::types::{arguments_of, is_primitive, owned, peel};
use crate::mistakes::finding::{Finding, Findings};
use crate::mistakes::misuse::{MOST_PARAMETERS, Misuse};

/// The signature of an operation; `N` names a parameter, `T` a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature<N, T> {
    /// Whether the first parameter is the context.
    pub takes_context: bool,
    /// The parameters a caller passes.
    pub parameters: Vec<Parameter<N, T>>,
    /// What comes back.
    pub result: ResultForm<T>,
}

/// A parameter that a caller passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter<N, T> {
    /// Its name: public, because calls by name use it.
    pub name: N,
    /// How it is passed, and its type.
    pub passing: Passing<T>,
}

/// How an argument is passed. References last as long as the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passing<T> {
    /// A primitive: an integer, a float, `bool` or `char`.
    Primitive(T),
    /// Any other owned type.
    Owned(T),
    /// `&str`
    Str,
    /// `&[T]`
    Slice(T),
    /// `&T`
    Reference(T),
    /// `Option<&str>`
    OptionStr,
    /// `Option<&[T]>`
    OptionSlice(T),
    /// `Option<&T>`
    OptionReference(T),
}

/// What an operation returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResultForm<T> {
    /// No result.
    Nothing,
    /// An owned value; whether it is a `Result` its type says, not its name.
    Value(T),
}

impl<N, T> Signature<N, T> {
    /// The same signature with other names and types.
    ///
    /// # Errors
    /// The first error of `ty`.
    pub fn try_map<M, U, E>(
        &self,
        name: impl Fn(&N) -> M,
        mut ty: impl FnMut(&T) -> Result<U, E>,
    ) -> Result<Signature<M, U>, E> {
        let parameters = self
            .parameters
            .iter()
            .map(|parameter| {
                Ok(Parameter {
                    name: name(&parameter.name),
                    passing: parameter.passing.try_map(&mut ty)?,
                })
            })
            .collect::<Result<_, E>>()?;
        let result = match &self.result {
            ResultForm::Nothing => ResultForm::Nothing,
            ResultForm::Value(value) => ResultForm::Value(ty(value)?),
        };
        Ok(Signature {
            takes_context: self.takes_context,
            parameters,
            result,
        })
    }
}

impl<T> Passing<T> {
    /// The type behind the reference; `None` for `str`.
    pub fn inner(&self) -> Option<&T> {
        match self {
            Passing::Str | Passing::OptionStr => None,
            Passing::Primitive(ty)
            | Passing::Owned(ty)
            | Passing::Slice(ty)
            | Passing::Reference(ty)
            | Passing::OptionSlice(ty)
            | Passing::OptionReference(ty) => Some(ty),
        }
    }

    /// Whether the argument may be left out of a call by name.
    pub fn is_optional_reference(&self) -> bool {
        matches!(
            self,
            Passing::OptionStr | Passing::OptionSlice(_) | Passing::OptionReference(_)
        )
    }

    /// The same with another type.
    ///
    /// # Errors
    /// That of `ty`.
    pub fn try_map<U, E>(&self, ty: &mut impl FnMut(&T) -> Result<U, E>) -> Result<Passing<U>, E> {
        Ok(match self {
            Passing::Primitive(inner) => Passing::Primitive(ty(inner)?),
            Passing::Owned(inner) => Passing::Owned(ty(inner)?),
            Passing::Str => Passing::Str,
            Passing::Slice(inner) => Passing::Slice(ty(inner)?),
            Passing::Reference(inner) => Passing::Reference(ty(inner)?),
            Passing::OptionStr => Passing::OptionStr,
            Passing::OptionSlice(inner) => Passing::OptionSlice(ty(inner)?),
            Passing::OptionReference(inner) => Passing::OptionReference(ty(inner)?),
        })
    }
}

impl Signature<Ident, Type> {
    /// Reads and checks the signature of a function under `#[operation]`.
    ///
    /// Types are checked by their form only. A first parameter that lends the context is the caller's: `is_context`
    /// tells whether a path leads to it; where it can't tell, what is called `Context` is taken for it.
    ///
    /// # Errors
    /// Everything that keeps the function from being an operation.
    pub fn read(
        signature: &syn::Signature,
        is_context: impl Fn(&syn::Path) -> Option<bool>,
    ) -> Result<Signature<Ident, Type>, Vec<Finding>> {
        let mut findings = Findings::new();
        check_modifiers(signature, &mut findings);
        let mut takes_context = false;
        let mut parameters = Vec::new();
        for (index, input) in signature.inputs.iter().enumerate() {
            let input = match input {
                FnArg::Receiver(receiver) => {
                    findings.push(receiver, Misuse::Receiver);
                    continue;
                }
                FnArg::Typed(input) => input,
            };
            if let Some(attribute) = input.attrs.iter().find(|attribute| {
                attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr")
            }) {
                findings.push(attribute, Misuse::ConditionalParameter);
            }
            match context(&input.ty, &is_context) {
                Some(ContextForm::Borrowed) if index == 0 => {
                    takes_context = true;
                    continue;
                }
                Some(ContextForm::Borrowed) => {
                    findings.push(&input.ty, Misuse::ContextNotFirst);
                    continue;
                }
                Some(ContextForm::Wrong) => {
                    findings.push(&input.ty, Misuse::ContextNotBorrowed);
                    continue;
                }
                None => {}
            }
            let name = parameter_name(&input.pat);
            if name.is_none() {
                findings.push(&input.pat, Misuse::UnnamedParameter);
            }
            if let (Some(passing), Some(name)) = (passing(&input.ty, &mut findings), name) {
                parameters.push(Parameter { name, passing });
            }
        }
        if parameters.len() > MOST_PARAMETERS {
            let extra = &signature.inputs[MOST_PARAMETERS + usize::from(takes_context)];
            findings.push(extra, Misuse::TooManyParameters(parameters.len()));
        }
        let result = result_form(&signature.output, &mut findings);
        let signature = Signature {
            takes_context,
            parameters,
            result,
        };
        findings.finish(signature).map_err(name_lifetimes_once)
    }

    /// The signature, if no two parameters have one name. In the module itself the compiler says so.
    pub(crate) fn with_names_once(self) -> Result<Self, Vec<Finding>> {
        let mut findings = Findings::new();
        let mut seen = HashSet::new();
        for Parameter { name, .. } in &self.parameters {
            let plain = name.unraw().to_string();
            if !seen.insert(plain.clone()) {
                findings.push(name, Misuse::RepeatedParameter(plain));
            }
        }
        findings.finish(self)
    }
}

/// A lifetime that is declared and used is one mistake.
fn name_lifetimes_once(mut findings: Vec<Finding>) -> Vec<Finding> {
    let mut named = Vec::new();
    findings.retain(|finding| match &finding.misuse {
        Misuse::NamedLifetime(name) if named.contains(name) => false,
        Misuse::NamedLifetime(name) => {
            named.push(name.clone());
            true
        }
        _ => true,
    });
    findings
}

fn check_modifiers(signature: &syn::Signature, findings: &mut Findings) {
    if let Some(token) = &signature.asyncness {
        findings.push(token, Misuse::Async);
    }
    if let Safety::Unsafe(token) = &signature.safety {
        findings.push(token, Misuse::Unsafe);
    }
    if let Some(abi) = &signature.abi {
        findings.push(abi, Misuse::ForeignAbi);
    }
    for parameter in &signature.generics.params {
        let misuse = match parameter {
            GenericParam::Lifetime(lifetime) => {
                Misuse::NamedLifetime(lifetime.lifetime.to_string())
            }
            GenericParam::Type(ty) => Misuse::Generic(ty.ident.to_string()),
            GenericParam::Const(constant) => Misuse::Generic(constant.ident.to_string()),
        };
        findings.push(parameter, misuse);
    }
    if let (Some(clause), true) = (
        &signature.generics.where_clause,
        signature.generics.params.is_empty(),
    ) {
        findings.push(&clause.where_token, Misuse::WhereClause);
    }
    if let Some(variadic) = &signature.variadic {
        findings.push(variadic, Misuse::Variadic);
    }
}

enum ContextForm {
    Borrowed,
    Wrong,
}

/// Whether a type is the context.
fn context(ty: &Type, is_context: &impl Fn(&syn::Path) -> Option<bool>) -> Option<ContextForm> {
    let (borrowed, ty) = match peel(ty) {
        Type::Reference(reference) => (reference.mutability.is_none(), peel(&reference.elem)),
        other => (false, other),
    };
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    if !last.arguments.is_none() || path.qself.is_some() {
        return None;
    }
    if !is_context(&path.path).unwrap_or(last.ident == "Context") {
        return None;
    }
    Some(if borrowed {
        ContextForm::Borrowed
    } else {
        ContextForm::Wrong
    })
}

fn parameter_name(pattern: &Pat) -> Option<Ident> {
    match pattern {
        Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none() => {
            Some(pattern.ident.clone())
        }
        _ => None,
    }
}

/// How a parameter of type `ty` is passed.
fn passing(ty: &Type, findings: &mut Findings) -> Option<Passing<Type>> {
    if let Type::Reference(reference) = peel(ty) {
        return match borrowed(reference, findings)? {
            Borrowed::Str => Some(Passing::Str),
            Borrowed::Slice(element) => Some(Passing::Slice(element)),
            Borrowed::Other(target) => Some(Passing::Reference(target)),
        };
    }
    if let Some([GenericArgument::Type(inner)]) = arguments_of(ty, "Option").as_deref()
        && let Type::Reference(reference) = peel(inner)
    {
        return match borrowed(reference, findings)? {
            Borrowed::Str => Some(Passing::OptionStr),
            Borrowed::Slice(element) => Some(Passing::OptionSlice(element)),
            Borrowed::Other(target) => Some(Passing::OptionReference(target)),
        };
    }
    if !owned(ty, Misuse::NestedReference, findings) {
        return None;
    }
    let ty = peel(ty).clone();
    Some(match &ty {
        Type::Path(path)
            if path
                .path
                .get_ident()
                .is_some_and(|ident| is_primitive(&ident.to_string())) =>
        {
            Passing::Primitive(ty)
        }
        _ => Passing::Owned(ty),
    })
}

enum Borrowed {
    Str,
    Slice(Type),
    Other(Type),
}

fn borrowed(reference: &syn::TypeReference, findings: &mut Findings) -> Option<Borrowed> {
    match &reference.lifetime {
        Some(lifetime) if lifetime.ident == "static" => {
            findings.push(reference, Misuse::StaticReference);
            return None;
        }
        Some(lifetime) if lifetime.ident != "_" => {
            findings.push(lifetime, Misuse::NamedLifetime(lifetime.to_string()));
            return None;
        }
        _ => {}
    }
    if reference.mutability.is_some() {
        findings.push(reference, Misuse::MutableReference);
        return None;
    }
    match peel(&reference.elem) {
        Type::Path(path) if path.path.is_ident("str") => Some(Borrowed::Str),
        Type::Slice(slice) => owned(&slice.elem, Misuse::NestedReference, findings)
            .then(|| Borrowed::Slice(peel(&slice.elem).clone())),
        target => owned(target, Misuse::NestedReference, findings)
            .then(|| Borrowed::Other(target.clone())),
    }
}

fn result_form(output: &ReturnType, findings: &mut Findings) -> ResultForm<Type> {
    let ReturnType::Type(_, ty) = output else {
        return ResultForm::Nothing;
    };
    match peel(ty) {
        Type::Tuple(tuple) if tuple.elems.is_empty() => return ResultForm::Nothing,
        Type::Never(never) => {
            findings.push(never, Misuse::NoType("!"));
            return ResultForm::Nothing;
        }
        _ => {}
    }
    owned(ty, Misuse::BorrowedResult, findings);
    ResultForm::Value(peel(ty).clone())
}

#[cfg(test)]
mod tests;
