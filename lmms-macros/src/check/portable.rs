//! Whether a type can be `Portable`, as far as its definition tells.

use syn::{Data, Fields, GenericParam};

use super::serde;
use crate::diagnostics::{Problem, Report};
use crate::parse::{Json, PortableInput};

/// Tuples are read from JSON up to this length.
const MOST_UNNAMED_FIELDS: usize = 8;

/// Notes what keeps the type from crossing the boundary, and from being read and written in calls by name.
pub(crate) fn portable(input: &PortableInput, report: &mut Report) {
    let PortableInput {
        item, json, repr, ..
    } = input;
    for parameter in &item.generics.params {
        if let GenericParam::Lifetime(lifetime) = parameter {
            let name = lifetime.lifetime.to_string();
            report.push(lifetime, Problem::Borrowing(name));
        }
    }
    for packed in &repr.packed {
        report.push(packed, Problem::Packed);
    }
    if json.is_none() {
        serde::refuse(item, report);
    }
    let through_serde = *json == Some(Json::Serde);
    let mut fields = |fields: &Fields| {
        if !through_serde {
            check_unnamed(fields, report);
        }
    };
    match &item.data {
        Data::Struct(data) => fields(&data.fields),
        Data::Enum(data) => data.variants.iter().for_each(|it| fields(&it.fields)),
        Data::Union(data) => report.push(&data.union_token, Problem::Union),
    }
}

fn check_unnamed(fields: &Fields, report: &mut Report) {
    if let Fields::Unnamed(fields) = fields
        && let Some(field) = fields.unnamed.iter().nth(MOST_UNNAMED_FIELDS)
    {
        report.push(field, Problem::ManyUnnamedFields);
    }
}
