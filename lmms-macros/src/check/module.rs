//! Whether a crate is declared a module as it should be.

use lmms_source::{SourceError, module_dependencies};
use proc_macro2::Span;

use crate::diagnostics::Report;
use crate::surroundings::Surroundings;

/// Whether `module!` stands once, in the crate root, of a crate that depends on no other module. Returns the number of
/// operations in the crate.
pub(crate) fn module(call: Span, surroundings: &Surroundings, report: &mut Report) -> usize {
    if let Some(manifest) = &surroundings.manifest {
        for dependence in module_dependencies(manifest) {
            report.push_at(
                call,
                SourceError::ModuleDependsOnModule(Box::new(dependence)),
            );
        }
    }
    let Some((own, at)) = surroundings.own_crate(call) else {
        return 0;
    };
    let mistaken = own
        .declarations
        .iter()
        .any(|declaration| !declaration.in_root || declaration.at != at);
    if mistaken && surroundings.is_doubtful(&own, &at, call) {
        return 0;
    }
    let mut in_root = own
        .declarations
        .iter()
        .filter(|declaration| declaration.in_root);
    let first = in_root.next().map(|declaration| &declaration.at);
    let this = own
        .declarations
        .iter()
        .find(|declaration| declaration.at == at);
    if this.is_some_and(|declaration| !declaration.in_root) {
        let root = own.root.clone();
        let error = SourceError::MisplacedDeclaration { at, root };
        report.push_at(call, error.without_place());
    } else if let Some(first) = first.filter(|first| **first < at) {
        let first = first.clone();
        let error = SourceError::RepeatedDeclaration { at, first };
        report.push_at(call, error.without_place());
    }
    own.count()
}
