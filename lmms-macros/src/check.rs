//! Checks that need more than the tokens: the rest of the crate, its manifest, the modules' sources.

use std::collections::BTreeSet;

use lmms_source::{
    Location, Modules, OperationAttribute, OwnCrate, OwnOperation, SourceError,
    dependencies_on_modules, module_dependencies,
};
use proc_macro2::Span;
use syn::ext::IdentExt;

use crate::diagnostics::{Problem, Report};
use crate::function::Function;
use crate::parse::GatewayInput;
use crate::surroundings::Surroundings;

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
        let root = root_of(&own);
        report.push_at(call, Problem::MisplacedModule { root });
    } else if let Some(first) = first.filter(|first| **first < at) {
        let first = first.clone();
        report.push_at(call, Problem::RepeatedModule { first });
    }
    own.count()
}

/// What is wrong with the modules behind a gateway, each at the pattern that led to it.
pub(crate) fn gateway(
    input: &GatewayInput,
    modules: &Modules,
    in_module: bool,
    surroundings: &Surroundings,
    report: &mut Report,
) {
    let wanted: Option<BTreeSet<String>> = input
        .interfaces
        .as_ref()
        .map(|interfaces| interfaces.iter().map(syn::LitStr::value).collect());
    let span_of = |pattern: usize| {
        input
            .modules
            .get(pattern)
            .map_or(input.name.span(), syn::LitStr::span)
    };
    for (pattern, error) in &modules.errors {
        // Interfaces that this gateway doesn't call are not its business.
        let unwanted = match (error, &wanted) {
            (
                SourceError::Type { interface, .. }
                | SourceError::DuplicateOperation { interface, .. },
                Some(wanted),
            ) => !wanted.contains(interface),
            _ => false,
        };
        if !unwanted {
            report.push_at(span_of(*pattern), error);
        }
    }
    if let Some(manifest) = &surroundings.manifest {
        for dependence in dependencies_on_modules(manifest, &modules.modules) {
            let error = if in_module {
                SourceError::ModuleDependsOnModule(Box::new(dependence))
            } else {
                SourceError::ApplicationDependsOnModule(Box::new(dependence))
            };
            report.push_at(span_of(0), error);
        }
    }
    interfaces(input, modules, in_module, report);
}

fn interfaces(input: &GatewayInput, modules: &Modules, in_module: bool, report: &mut Report) {
    let Some(interfaces) = &input.interfaces else {
        return;
    };
    if !in_module {
        report.push(&input.interfaces_key, Problem::InterfacesInApplication);
        return;
    }
    let served: BTreeSet<&str> = modules
        .modules
        .iter()
        .flat_map(|module| &module.operations)
        .map(|operation| operation.interface.as_str())
        .collect();
    // A module with mistakes may well serve it.
    let certain = modules.errors.is_empty();
    let mut seen = BTreeSet::new();
    for literal in interfaces {
        let interface = literal.value();
        if certain && !served.contains(interface.as_str()) {
            let known = served.iter().map(|name| (*name).to_owned()).collect();
            let interface = interface.clone();
            report.push(literal, Problem::UnknownInterface { interface, known });
        }
        if !seen.insert(interface.clone()) {
            report.push(literal, Problem::RepeatedInterface(interface));
        }
    }
}

/// The crate root as it is shown in messages.
fn root_of(own: &OwnCrate) -> String {
    let at = Location {
        file: own.root.clone(),
        line: 1,
    };
    let shown = at.to_string();
    shown.trim_end_matches(":1").to_owned()
}
