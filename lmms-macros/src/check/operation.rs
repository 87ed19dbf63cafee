//! Whether the gateway sees an operation, and no other of its name.

use lmms_source::{Misuse, OperationAttribute, OwnCrate, OwnOperation};
use syn::ext::IdentExt;

use super::root_of;
use crate::diagnostics::{Problem, Report};
use crate::parse::Function;
use crate::surroundings::Surroundings;

/// Notes every further `#[operation]` on a function, and takes it away.
pub(crate) fn repeated(function: &mut Function, report: &mut Report) {
    function.attributes.retain(|attribute| {
        let last = attribute.path().segments.last();
        let repeated = last.is_some_and(|last| last.ident == "operation");
        if repeated {
            report.push(attribute, Misuse::RepeatedOperation);
        }
        !repeated
    });
}

/// Whether the gateway will see the operation, and no other of its name.
pub(crate) fn operation(
    function: &Function,
    attribute: &OperationAttribute,
    surroundings: &Surroundings,
    report: &mut Report,
) {
    let name = &function.signature.ident;
    let Some((own, at)) = surroundings.own_crate(name.span()) else {
        return;
    };
    let found = own.operation_at(&at, &name.unraw().to_string());
    let problem = match found {
        None => Some((name.span(), Problem::HiddenOperation)),
        Some(this) => problem_of(this, &own).map(|problem| {
            let renamed = attribute.name.as_ref().map(|name| name.span);
            let span = match &problem {
                Problem::DuplicateOperation { .. } => renamed.unwrap_or(name.span()),
                _ => name.span(),
            };
            (span, problem)
        }),
    };
    if let Some((span, problem)) = problem
        && !surroundings.is_doubtful(&own, &at, name.span())
    {
        report.push_at(span, problem);
    }
}

fn problem_of(this: &OwnOperation, own: &OwnCrate) -> Option<Problem> {
    if let Some(condition) = &this.condition {
        return Some(Problem::UndecidableCondition(condition.clone()));
    }
    if let (Some(first), Some((interface, operation))) = (own.earlier(this), &this.key) {
        return Some(Problem::DuplicateOperation {
            interface: interface.clone(),
            name: operation.clone(),
            first: first.at.clone(),
        });
    }
    let is_first = own.operations.first() == Some(this);
    if !is_first || !own.declarations.is_empty() {
        return None;
    }
    let root = root_of(own);
    Some(if own.is_reached {
        Problem::MissingModule { root }
    } else {
        Problem::UnreachedFile { file: root }
    })
}
