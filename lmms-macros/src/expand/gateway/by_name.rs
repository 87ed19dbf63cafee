//! Calls by name: arguments are decoded in the host.
//!
//! Operations that take and return the same types differ in numbers only, which the registry knows. So a
//! function is generated for each form of call, not for each operation: that spares the compiler most.

use std::collections::HashMap;

use lmms_source::{Parameter, Passing};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};

use super::handles::{call_parts, invoke, key, thunk};
use crate::expand::signature::parameter_type;
use crate::expand::{PIECE, local};
use crate::model::{GatewayModel, OperationModel};

/// The forms of calls by name.
pub(super) struct Forms<'m> {
    /// An operation of each form.
    examples: Vec<&'m OperationModel>,
    /// The form of each operation.
    pub(super) of: Vec<usize>,
}

impl<'m> Forms<'m> {
    pub(super) fn new(model: &'m GatewayModel) -> Self {
        let mut known = HashMap::new();
        let mut examples = Vec::new();
        let of = model.operations.iter().map(|operation| {
            *known.entry(form(operation)).or_insert_with(|| {
                examples.push(operation);
                examples.len() - 1
            })
        });
        let of = of.collect();
        Self { examples, of }
    }

    /// The body of `Gateway::by_name`: `kwargs` is in scope.
    pub(super) fn body(&self) -> TokenStream {
        let kwargs = local("kwargs");
        let arms = self.pieces().map(|(number, _)| {
            let function = piece_name(number);
            quote!(#number => self.#function(#kwargs),)
        });
        quote! {
            match #kwargs.operation().form() / #PIECE {
                #(#arms)*
                _ => ::core::unreachable!("no such form"),
            }
        }
    }

    /// The functions behind it: the compiler takes far longer for one with thousands of arms.
    pub(super) fn functions(&self, lmms: &TokenStream) -> TokenStream {
        let kwargs = local("kwargs");
        let functions = self.pieces().map(|(number, examples)| {
            let function = piece_name(number);
            let arms = (number * PIECE..).zip(examples).map(|(form, example)| {
                let call = call(example, lmms);
                quote!(#form => #call)
            });
            quote! {
                #[inline(never)]
                fn #function(
                    &self,
                    #kwargs: &mut #lmms::__private::Kwargs,
                ) -> ::core::result::Result<#lmms::serde_json::Value, #lmms::CallError<#lmms::serde_json::Value>> {
                    match #kwargs.operation().form() {
                        #(#arms)*
                        _ => ::core::unreachable!("a form of another piece"),
                    }
                }
            }
        });
        quote!(#(#functions)*)
    }

    /// The body of `Gateway::describe`: `form` and `types` are in scope.
    pub(super) fn describe(&self) -> TokenStream {
        let (form, types) = (local("form"), local("types"));
        let arms = self.pieces().map(|(number, _)| {
            let function = describe_name(number);
            quote!(#number => Self::#function(#form, #types),)
        });
        quote! {
            match #form / #PIECE {
                #(#arms)*
                _ => ::core::unreachable!("no such form"),
            }
        }
    }

    /// The functions behind it.
    pub(super) fn describe_functions(&self, lmms: &TokenStream) -> TokenStream {
        let (form, types) = (local("form"), local("types"));
        let functions = self.pieces().map(|(number, examples)| {
            let function = describe_name(number);
            let arms = (number * PIECE..).zip(examples).map(|(form, example)| {
                let parameters = example.signature.parameters.iter();
                let arguments = parameters.map(|parameter| decoded_type(&parameter.passing));
                let returned = example.returned();
                quote! {
                    #form => {
                        #(#lmms::__private::Probe::<#arguments>::argument(#types);)*
                        #lmms::__private::Probe::<#returned>::returned(#types);
                    }
                }
            });
            quote! {
                #[inline(never)]
                fn #function(#form: ::core::primitive::usize, #types: &mut #lmms::__private::FormSchema) {
                    // A type that isn't portable is an error of the registry, and of nothing else.
                    #[allow(unused_imports)]
                    use #lmms::__private::Unportable as _;
                    match #form {
                        #(#arms)*
                        _ => ::core::unreachable!("a form of another piece"),
                    }
                }
            }
        });
        quote!(#(#functions)*)
    }

    fn pieces(&self) -> impl Iterator<Item = (usize, &[&'m OperationModel])> {
        self.examples.chunks(PIECE).enumerate()
    }
}

fn piece_name(number: usize) -> Ident {
    format_ident!("__lmms_by_name_{number}")
}

fn describe_name(number: usize) -> Ident {
    format_ident!("__lmms_describe_{number}")
}

/// What two operations must have in common to be called by the same code.
fn form(operation: &OperationModel) -> String {
    let signature = &operation.signature;
    let mut form = String::new();
    for Parameter { passing, .. } in &signature.parameters {
        // `&T` and a `T` that is lent differ in what the cache's key is made of.
        form += match passing {
            Passing::Owned(_) => "lent ",
            _ => "",
        };
        form += &parameter_type(passing).to_string();
        form.push(',');
    }
    form += &format!(
        "{} {} {}",
        signature.takes_context,
        operation.cache.is_some(),
        operation.returned()
    );
    form
}

/// Decodes the arguments and calls.
fn call(example: &OperationModel, lmms: &TokenStream) -> TokenStream {
    let (kwargs, operation) = (local("kwargs"), local("operation"));
    let parameters = &example.signature.parameters;
    let decoded = parameters.iter().map(|Parameter { name, passing }| {
        let ty = decoded_type(passing);
        quote!(let #name: #ty = #kwargs.argument()?;)
    });
    let lent = parameters
        .iter()
        .filter_map(|Parameter { name, passing }| lent(name, passing));
    let parts = call_parts(example, lmms);
    let invoke = invoke(example, &parts, lmms);
    // SAFETY of what is generated: the registry says for this operation that this form is its own, and the form has
    // its types; the loader compares their fingerprint before it lets a call through.
    let call = match key(&parts, lmms) {
        None => quote! {
            #lmms::__private::call_dynamic::<__LmmsThunk, __LmmsReturned>(&self.__core, #operation, #invoke)
        },
        Some(key) => quote! {
            #lmms::__private::call_dynamic_cached::<__LmmsThunk, __LmmsReturned>(
                &self.__core, #operation, #key, #invoke,
            )
        },
    };
    let types = thunk(example, lmms);
    quote! {
        {
            #types
            #(#decoded)*
            let #operation = #kwargs.finish()?;
            #(#lent)*
            #lmms::__private::json::<__LmmsReturned>(unsafe { #call })
        }
    }
}

/// What JSON is decoded into.
fn decoded_type(passing: &Passing<TokenStream>) -> TokenStream {
    match passing {
        Passing::Primitive(ty) | Passing::Owned(ty) | Passing::Reference(ty) => ty.clone(),
        Passing::Str => quote!(::std::string::String),
        Passing::Slice(ty) => quote!(::std::vec::Vec<#ty>),
        Passing::OptionStr => quote!(::core::option::Option<::std::string::String>),
        Passing::OptionSlice(ty) => quote!(::core::option::Option<::std::vec::Vec<#ty>>),
        Passing::OptionReference(ty) => quote!(::core::option::Option<#ty>),
    }
}

/// What was decoded, as the stub's parameter.
fn lent(name: &Ident, passing: &Passing<TokenStream>) -> Option<TokenStream> {
    let lent = match passing {
        Passing::Primitive(_) | Passing::Owned(_) => return None,
        Passing::Str | Passing::Slice(_) | Passing::Reference(_) => quote!(&#name),
        Passing::OptionStr | Passing::OptionSlice(_) => quote!(#name.as_deref()),
        Passing::OptionReference(_) => quote!(#name.as_ref()),
    };
    let ty = parameter_type(passing).to_token_stream();
    Some(quote!(let #name: #ty = #lent;))
}

#[cfg(test)]
mod tests {
    use lmms_source::{Naming, find_modules};

    use super::*;
    use crate::testing::Workspace;

    #[test]
    fn operations_share_a_form_if_all_that_is_compiled_is_the_same() {
        let workspace = Workspace::new();
        workspace.module(
            "m",
            "lmms::module!();
             #[operation(interface = \"i\")] fn a(text: &str) -> u8 {}
             #[operation(interface = \"i\")] fn b(word: &str) -> u8 {}
             #[operation(interface = \"i\", cache(ttl = \"1s\"))] fn c(word: &str) -> u8 {}
             #[operation(interface = \"i\")] fn d(word: String) -> u8 {}
             #[operation(interface = \"i\")] fn e(word: &String) -> u8 {}
             #[operation(interface = \"i\")] fn f(word: &str) -> Result<u8, u8> {}
             #[operation(interface = \"i\")] fn g(cx: &Context, word: &str) -> u8 {}
             #[operation(interface = \"j\")] fn a(other: &str) -> u8 {}",
        );
        let root = workspace.application().gateway_root;
        let found = find_modules(&root, &["../modules/*".to_owned()], &Naming::AsModule);
        let model = GatewayModel::new(&format_ident!("Home"), &found, |_| true);
        assert_eq!(Forms::new(&model).of, [0, 0, 1, 2, 3, 4, 5, 0]);
    }
}
