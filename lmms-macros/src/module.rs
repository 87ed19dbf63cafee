//! `module!(…)`: from tokens to tokens.

use lmms_source::ModuleOptions;
use proc_macro2::{Span, TokenStream};

use crate::check;
use crate::diagnostics::Report;
use crate::expand;
use crate::surroundings::Surroundings;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{assert_snapshot, errors, surroundings};
    use quote::quote;

    #[test]
    fn without_options() {
        assert_snapshot("module", module(quote!(), &surroundings()));
    }

    #[test]
    fn with_every_option() {
        let options = quote!(shutdown = state::close, veto = busy, thread = "dedicated");
        assert_snapshot("module_with_options", module(options, &surroundings()));
    }

    #[test]
    fn mistakes_make_nothing_else() {
        let tokens = module(quote!(shutdown, colour = red), &surroundings());
        assert_eq!(errors(&tokens).len(), 2);
        assert_eq!(tokens.to_string().matches("compile_error").count(), 2);
        assert!(!tokens.to_string().contains("DESCRIPTOR"));
    }
}
