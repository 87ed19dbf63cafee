//! Whether the gateway sees an operation, and no other of its name.

use lmms_source::{Location, Misuse, OperationAttribute, OwnCrate, OwnOperation, SourceError};
use syn::ext::IdentExt;

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

/// Notes what keeps the gateway from seeing the operation, or from telling it from another.
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
    // Until it is known that the sources are those that are compiled, nothing is said.
    let mut found = Report::new();
    match own.operation_at(&at, &name.unraw().to_string()) {
        None => found.push_at(name.span(), Problem::HiddenOperation),
        Some(this) if is_unreached(this, &own) => {
            found.push_at(name.span(), Problem::UnreachedFile(at.clone()));
        }
        Some(this) => {
            if let Some(error) = error_of(this, &own, &at) {
                let renamed = attribute.name.as_ref().map(|name| name.span);
                let span = match &error {
                    SourceError::DuplicateOperation { .. } => renamed.unwrap_or(name.span()),
                    _ => name.span(),
                };
                found.push_at(span, error.without_place());
            }
        }
    }
    if !found.is_empty() && !surroundings.is_doubtful(&own, &at, name.span()) {
        report.append(found);
    }
}

/// Whether it is the first operation of a file that no `mod` leads to.
fn is_unreached(this: &OwnOperation, own: &OwnCrate) -> bool {
    !own.is_reached && this.condition.is_none() && is_first_of_no_module(this, own)
}

fn error_of(this: &OwnOperation, own: &OwnCrate, at: &Location) -> Option<SourceError> {
    let at = at.clone();
    if let Some(condition) = &this.condition {
        return Some(SourceError::UndecidableCfg {
            at,
            name: this.function.clone(),
            condition: condition.clone(),
        });
    }
    if let (Some(first), Some((interface, name))) = (own.earlier(this), &this.key) {
        return Some(SourceError::DuplicateOperation {
            at,
            first: first.at.clone(),
            interface: interface.clone(),
            name: name.clone(),
        });
    }
    is_first_of_no_module(this, own).then(|| SourceError::MissingDeclaration {
        at,
        root: own.root.clone(),
    })
}

fn is_first_of_no_module(this: &OwnOperation, own: &OwnCrate) -> bool {
    own.operations.first() == Some(this) && own.declarations.is_empty()
}
