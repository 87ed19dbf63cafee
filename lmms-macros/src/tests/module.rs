use quote::quote;

use crate::pipeline::module;
use crate::testing::{assert_snapshot, errors, surroundings};

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
