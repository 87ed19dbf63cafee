use proc_macro2::TokenStream;
use quote::quote;

use crate::pipeline::operation;
use crate::testing::{assert_snapshot, errors, surroundings};

fn expand(attribute: TokenStream, item: TokenStream) -> TokenStream {
    operation(attribute, item, &surroundings())
}

#[test]
fn every_way_to_pass_an_argument() {
    let tokens = expand(
        quote!(interface = "images", name = "thumbnail", cache(ttl = "5m")),
        quote! {
            /// Scales a picture.
            fn scale(
                image: &[u8],
                width: u32,
                name: &str,
                r#type: Kind,
                like: &Kind,
                title: Option<&str>,
                mask: Option<&[u8]>,
                frame: Option<&Kind>,
            ) -> Result<Vec<u8>, ImageError> {
                body()
            }
        },
    );
    assert_snapshot("operation", tokens);
}

#[test]
fn context_and_no_result() {
    let tokens = expand(
        quote!(interface = "images"),
        quote! {
            #[inline(never)]
            pub(crate) fn clear(cx: &lmms::Context) {
                body()
            }
        },
    );
    assert_snapshot("operation_with_context", tokens);
}

#[test]
fn a_mistaken_operation_is_still_a_function() {
    let tokens = expand(
        quote!(interface = "images", colour),
        quote!(
            async fn clear() {}
        ),
    );
    assert_snapshot("operation_with_mistakes", tokens);
}

#[test]
fn the_functions_own_name_is_checked_too() {
    let found = errors(&expand(
        quote!(interface = "images"),
        quote!(
            fn pin() {}
        ),
    ));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains("`pin` can't be the name"), "{found:#?}");
}

#[test]
fn what_is_no_function_stays_what_it_is() {
    let tokens = expand(
        quote!(interface = "images"),
        quote!(
            #[derive(Debug)]
            pub struct Image;
        ),
    );
    assert_eq!(errors(&tokens).len(), 1);
    assert!(
        tokens
            .to_string()
            .ends_with("# [derive (Debug)] pub struct Image ;")
    );
}

#[test]
fn a_half_typed_body_is_left_to_the_compiler() {
    for body in [
        quote!({ let x = ; }),
        quote!({ image. }),
        quote!({ f(,,) }),
        quote!({ if }),
    ] {
        let tokens = expand(
            quote!(interface = "images"),
            quote!(fn scale(image: &[u8]) -> u32 #body),
        );
        assert_eq!(errors(&tokens), [""; 0]);
        let text = tokens.to_string();
        assert!(text.contains(&body.to_string()), "{text}");
        assert!(text.contains("__lmms_thunk"), "{text}");
    }
}

#[test]
fn a_half_typed_signature_is_one_error_and_no_other_item() {
    for item in [
        quote!(pub(crate) fn scale(image: ) {}),
        quote!(#[inline] const unsafe extern "C" fn scale(image: &) {}),
        quote!(fn scale() -> {}),
        quote!(async fn (image: u8) {}),
    ] {
        let tokens = expand(quote!(interface = "images"), item.clone());
        let found = errors(&tokens);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(!found[0].contains("only a free function"), "{found:#?}");
        assert!(tokens.to_string().ends_with(&item.to_string()));
    }
}

#[test]
fn a_function_without_a_body_is_none() {
    let found = errors(&expand(
        quote!(interface = "images"),
        quote!(
            fn scale();
        ),
    ));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains("only a free function"), "{found:#?}");
}

#[test]
fn a_keyword_is_a_name_like_any_other() {
    let tokens = expand(
        quote!(interface = "images", name = "match"),
        quote!(
            fn r#gen(r#try: u8, r#gen: &str) {}
        ),
    );
    assert_eq!(errors(&tokens), [""; 0]);
    let text = tokens.to_string();
    assert!(
        text.contains("\"match\"") && text.contains("\"try\""),
        "{text}"
    );
    let tokens = expand(
        quote!(interface = "images"),
        quote!(
            fn r#gen() {}
        ),
    );
    assert!(
        tokens.to_string().contains("\"images\" , \"gen\""),
        "{tokens}"
    );
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let tokens = expand(
        quote!(name = "Scale", cache),
        quote! {
            #[operation(interface = "again")]
            unsafe fn scale<T>(image: &mut T) -> &str {
                body()
            }
        },
    );
    let errors = errors(&tokens);
    for part in [
        "declared an operation twice",
        "`Scale` can't be the name",
        "`cache` needs to know",
        "can't be `unsafe`",
        "can't be generic over `T`",
        "can't change its arguments",
        "a result can't be borrowed",
    ] {
        assert!(
            errors.iter().any(|error| error.contains(part)),
            "{part} is not in {errors:#?}"
        );
    }
    assert_eq!(errors.len(), 7, "{errors:#?}");
}
