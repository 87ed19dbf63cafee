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
pub(super) fn refuse(input: &DeriveInput, report: &mut Report) {
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
