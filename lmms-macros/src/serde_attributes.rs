//! Attributes of `serde` on a type under `#[derive(Portable)]`.
//!
//! They change how `serde` reads and writes the type. Calls by name don't go through `serde` unless the type says so,
//! and then what its author wrote would silently mean nothing.

use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Attribute, Data, DeriveInput, Fields, Meta, Token};

use crate::diagnostics::{Problem, Report};

/// Refuses every `#[serde(…)]` on the type, its variants and fields, each at what it says first.
///
/// What stands under `cfg_attr` is here if its condition holds: the compiler decides that before it derives anything.
pub(crate) fn refuse(input: &DeriveInput, report: &mut Report) {
    refuse_all(&input.attrs, report);
    match &input.data {
        Data::Struct(data) => refuse_in(&data.fields, report),
        Data::Enum(data) => {
            for variant in &data.variants {
                refuse_all(&variant.attrs, report);
                refuse_in(&variant.fields, report);
            }
        }
        Data::Union(_) => {}
    }
}

fn refuse_in(fields: &Fields, report: &mut Report) {
    for field in fields {
        refuse_all(&field.attrs, report);
    }
}

fn refuse_all(attributes: &[Attribute], report: &mut Report) {
    let of_serde = |attribute: &&Attribute| attribute.path().is_ident("serde");
    for attribute in attributes.iter().filter(of_serde) {
        let keys = attribute
            .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
            .unwrap_or_default();
        let names: Vec<String> = keys
            .iter()
            .map(|key| lmms_source::compact(key.path()))
            .collect();
        match keys.first() {
            Some(first) => {
                let problem = Problem::IgnoredSerde(names.join(", "));
                report.push(&first.path().to_token_stream(), problem);
            }
            // `#[serde()]` says nothing, and what is no list `serde` refuses.
            None => continue,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::portable::portable;
    use crate::testing::{errors, surroundings};
    use quote::quote;

    fn found(input: proc_macro2::TokenStream) -> Vec<String> {
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
            let attribute: proc_macro2::TokenStream = format!("#[serde({key})]").parse().unwrap();
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
}
