use proc_macro2::TokenStream;
use quote::quote;

use crate::diagnostics::Report;
use crate::model::PortableType;
use crate::parse::PortableInput;
use crate::pipeline::portable;
use crate::testing::{assert_snapshot, errors, surroundings};

fn expand(input: TokenStream) -> TokenStream {
    portable(input, &surroundings())
}

#[test]
fn a_struct_with_named_fields() {
    assert_snapshot(
        "portable_struct",
        expand(quote! {
            pub struct Reading {
                pub sensor: String,
                pub r#type: Option<u8>,
                pub children: Vec<Reading>,
            }
        }),
    );
}

#[test]
fn a_generic_enum() {
    assert_snapshot(
        "portable_enum",
        expand(quote! {
            #[repr(u8)]
            enum Shape<T: Clone, const N: usize> {
                Point = 1,
                Circle(f64),
                Line([T; N], T),
                Text { text: String },
            }
        }),
    );
}

#[test]
fn json_through_serde() {
    assert_snapshot(
        "portable_through_serde",
        expand(quote! {
            #[portable(json = "serde")]
            struct Wrapped(String);
        }),
    );
}

#[test]
fn mistakes_are_collected_and_the_type_still_counts_as_portable() {
    let tokens = expand(quote! {
        #[repr(C, packed(2))]
        #[portable(json = "yaml", short)]
        struct Bad {
            #[portable(json = "serde")]
            a: u8,
        }
    });
    let errors = errors(&tokens);
    assert_eq!(errors.len(), 4, "{errors:#?}");
    assert!(tokens.to_string().contains(":: lmms :: Portable for Bad"));
}

#[test]
fn the_type_of_discriminants_is_that_of_the_repr() {
    let of = |input: TokenStream| {
        let input = PortableInput::parse(input, &mut Report::new()).unwrap();
        PortableType::new(&input).unwrap().discriminants
    };
    assert_eq!(
        of(quote!(
            enum Level {
                Low = 1,
            }
        )),
        "isize"
    );
    assert_eq!(
        of(quote!(
            #[repr(C, u8)]
            enum Level {
                Low = 1,
            }
        )),
        "u8"
    );
    assert_eq!(
        of(quote!(
            #[repr(i64)]
            #[repr(align(16))]
            enum Level {
                Low = 1,
            }
        )),
        "i64"
    );
}
