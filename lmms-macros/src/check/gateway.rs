//! Whether the modules behind a gateway can be used as it says.

use std::collections::BTreeSet;

use lmms_source::{Modules, SourceError, dependencies_on_modules};

use crate::diagnostics::{Problem, Report};
use crate::parse::GatewayInput;
use crate::surroundings::Surroundings;

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
