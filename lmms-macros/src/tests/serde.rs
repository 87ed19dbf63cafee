use proc_macro2::TokenStream;
use quote::quote;

use crate::pipeline::portable;
use crate::testing::{errors, surroundings};

fn found(input: TokenStream) -> Vec<String> {
    errors(&portable(input, &surroundings()))
}

#[test]
fn every_attribute_of_serde_is_refused_where_it_stands() {
    let found = found(quote! {
        #[serde(rename_all = "camelCase", default)]
        #[serde(deny_unknown_fields)]
        enum Choice {
            #[serde(alias = "first", other)]
            One,
            Two {
                #[serde(skip_serializing_if = "Option::is_none", with = "module")]
                field: Option<u8>,
            },
            Three(#[serde(flatten)] u8),
        }
    });
    let keys: Vec<_> = found
        .iter()
        .map(|error| error.split('`').nth(1).unwrap())
        .collect();
    assert_eq!(
        keys,
        [
            "#[serde(rename_all, default)]",
            "#[serde(deny_unknown_fields)]",
            "#[serde(alias, other)]",
            "#[serde(skip_serializing_if, with)]",
            "#[serde(flatten)]",
        ]
    );
    assert!(
        found[0].contains("`#[portable(json = \"serde\")]`"),
        "{found:#?}"
    );
}

#[test]
fn no_key_of_serde_is_passed_over() {
    for key in [
        "rename = \"x\"",
        "rename(serialize = \"x\")",
        "rename_all = \"x\"",
        "rename_all_fields = \"x\"",
        "default",
        "default = \"f\"",
        "skip",
        "skip_serializing",
        "skip_deserializing",
        "skip_serializing_if = \"f\"",
        "flatten",
        "tag = \"t\"",
        "tag = \"t\", content = \"c\"",
        "untagged",
        "alias = \"x\"",
        "with = \"m\"",
        "serialize_with = \"f\"",
        "deserialize_with = \"f\"",
        "deny_unknown_fields",
        "transparent",
        "bound = \"\"",
        "crate = \"x\"",
        "into = \"T\"",
        "from = \"T\"",
        "try_from = \"T\"",
        "other",
        "getter = \"f\"",
        "remote = \"T\"",
        "borrow",
        "variant_identifier",
        "field_identifier",
        "expecting = \"x\"",
        "a_key_of_tomorrow",
    ] {
        let attribute: TokenStream = format!("#[serde({key})]").parse().unwrap();
        assert_eq!(
            found(quote!(#attribute struct A { a: u8 })).len(),
            1,
            "{key}"
        );
        assert_eq!(
            found(quote!(struct A { #attribute a: u8 })).len(),
            1,
            "{key}"
        );
        assert_eq!(found(quote!(enum A { #attribute B })).len(), 1, "{key}");
    }
}

#[test]
fn a_type_may_say_whether_calls_by_name_go_through_serde() {
    for said in ["serde", "fields"] {
        let found = found(quote! {
            #[portable(json = #said)]
            #[serde(rename_all = "camelCase")]
            struct Named {
                #[serde(default)]
                field: u8,
            }
        });
        assert_eq!(found, [""; 0], "{said}");
    }
}
