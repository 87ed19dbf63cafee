//! Each macro from tokens to tokens: parse, build the model, check, expand.

use std::collections::BTreeSet;

use lmms_source::{Misuse, ModuleOptions, OperationAttribute, Signature, find_modules};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};

use crate::diagnostics::Report;
use crate::model::{DeclaredOperation, GatewayModel, PortableType};
use crate::parse::{Function, GatewayInput, NoFunction, PortableInput};
use crate::surroundings::Surroundings;
use crate::{check, expand};

/// `#[operation(…)]`
pub(crate) fn operation(
    attribute: TokenStream,
    item: TokenStream,
    surroundings: &Surroundings,
) -> TokenStream {
    let mut report = Report::new();
    let mut function = match Function::parse(item.clone()) {
        Ok(function) => function,
        Err(NoFunction::Other(span)) => {
            report.push_at(span, Misuse::NotAFunction);
            return with_item(&report, item);
        }
        Err(NoFunction::Unreadable(error)) => {
            report.push_syntax(error);
            return with_item(&report, item);
        }
    };
    check::repeated(&mut function, &mut report);
    let attribute = report.take(OperationAttribute::parse(attribute, Span::call_site()));
    let contexts = surroundings.contexts(&function.signature.ident);
    let signature = report.take(Signature::read(&function.signature, |path| {
        contexts.get(&lmms_source::compact(path)).copied()
    }));
    let (Some(attribute), Some(signature)) = (attribute, signature) else {
        return with_function(&report, &function);
    };
    report.extend(attribute.check_with(&function.signature));
    if report.is_empty() {
        check::operation(&function, &attribute, surroundings, &mut report);
    }
    if !report.is_empty() {
        return with_function(&report, &function);
    }
    let declared = DeclaredOperation {
        function,
        attribute,
        signature,
    };
    expand::operation(&declared, &surroundings.lmms())
}

/// The function itself, for those who call it in the same crate.
fn with_function(report: &Report, function: &Function) -> TokenStream {
    with_item(report, quote!(#[allow(dead_code)] #function))
}

fn with_item(report: &Report, item: TokenStream) -> TokenStream {
    let mut tokens = report.to_compile_errors();
    item.to_tokens(&mut tokens);
    tokens
}

/// `module!(…)`
pub(crate) fn module(arguments: TokenStream, surroundings: &Surroundings) -> TokenStream {
    let mut report = Report::new();
    let options = report.take(ModuleOptions::parse(arguments));
    let operations = check::module(Span::call_site(), surroundings, &mut report);
    match options {
        Some(options) if report.is_empty() => expand::module(
            &options,
            operations,
            &surroundings.package,
            &surroundings.lmms(),
        ),
        // Nothing refers to what `module!` makes, so nothing has to stand in for it.
        _ => report.to_compile_errors(),
    }
}

/// `gateway! { … }`
pub(crate) fn gateway(input: TokenStream, surroundings: &Surroundings) -> TokenStream {
    let mut report = Report::new();
    let Some(input) = GatewayInput::parse(input, &mut report) else {
        return report.to_compile_errors();
    };
    let in_module = surroundings.is_module();
    let patterns: Vec<String> = input.modules.iter().map(syn::LitStr::value).collect();
    let found = find_modules(
        &surroundings.gateway_root,
        &patterns,
        &surroundings.naming(&input.name),
    );
    check::gateway(&input, &found, in_module, surroundings, &mut report);

    let wanted: Option<BTreeSet<String>> = input
        .interfaces
        .as_ref()
        .filter(|_| in_module)
        .map(|interfaces| interfaces.iter().map(syn::LitStr::value).collect());
    let model = GatewayModel::new(&input.name, &found, |interface| {
        wanted
            .as_ref()
            .is_none_or(|wanted| wanted.contains(interface))
    });
    let lmms = surroundings.lmms();
    let mut tokens = report.to_compile_errors();
    // Operations without mistakes keep their stubs, so that their callers see no errors of their own.
    tokens.extend(if in_module {
        expand::between_modules(&input, &model, &lmms)
    } else {
        expand::application(&input, &model, &lmms)
    });
    tokens.extend(expand::tracked(found.files.into_iter()));
    tokens
}

/// `#[derive(Portable)]`
pub(crate) fn portable(input: TokenStream, surroundings: &Surroundings) -> TokenStream {
    let mut report = Report::new();
    let Some(input) = PortableInput::parse(input, &mut report) else {
        return report.to_compile_errors();
    };
    check::portable(&input, &mut report);
    let lmms = surroundings.lmms();
    match PortableType::new(&input) {
        Some(model) if report.is_empty() => expand::portable(&model, &lmms),
        _ => {
            let item = &input.item;
            let mut tokens = report.to_compile_errors();
            tokens.extend(expand::portable_stand_in(
                &item.ident,
                &item.generics,
                &lmms,
            ));
            tokens
        }
    }
}
