//! Reading `key = value` lists, so that one mistake does not hide the next.

use std::collections::BTreeSet;

use proc_macro2::TokenTree;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Ident, LitStr, Token};

use crate::mistakes::finding::Findings;
use crate::mistakes::misuse::Misuse;

/// Walks a comma-separated list of keys.
#[derive(Default)]
pub(crate) struct Keys {
    seen: BTreeSet<String>,
}

impl Keys {
    pub(crate) fn new() -> Keys {
        Keys::default()
    }

    /// The next key; its value is the caller's to read.
    pub(crate) fn next(
        &mut self,
        input: ParseStream<'_>,
        findings: &mut Findings,
    ) -> syn::Result<Option<Ident>> {
        if input.is_empty() {
            return Ok(None);
        }
        let key = input.call(Ident::parse_any)?;
        if !self.seen.insert(key.to_string()) {
            findings.push(&key, Misuse::RepeatedKey(key.to_string()));
        }
        Ok(Some(key))
    }

    /// Drops everything up to the next comma.
    pub(crate) fn skip_value(&self, input: ParseStream<'_>) -> syn::Result<()> {
        while !input.is_empty() && !input.peek(Token![,]) {
            input.parse::<TokenTree>()?;
        }
        Ok(())
    }

    /// Takes the comma after a value.
    pub(crate) fn end_of_value(&self, input: ParseStream<'_>) -> syn::Result<()> {
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
        Ok(())
    }
}

/// Reads `= "text"`; anything else is noted and skipped.
pub(crate) fn string_value(
    input: ParseStream<'_>,
    key_token: &Ident,
    key: &'static str,
    example: &'static str,
    findings: &mut Findings,
) -> syn::Result<Option<LitStr>> {
    let misuse = Misuse::ExpectedString { key, example };
    if !input.peek(Token![=]) {
        findings.push(key_token, misuse);
        Keys::new().skip_value(input)?;
        return Ok(None);
    }
    input.parse::<Token![=]>()?;
    if input.peek(LitStr) {
        return input.parse().map(Some);
    }
    let found: Option<TokenTree> = input.cursor().token_tree().map(|(tree, _)| tree);
    match found {
        Some(tree) if !input.peek(Token![,]) => findings.push(&tree, misuse),
        _ => findings.push(key_token, misuse),
    }
    Keys::new().skip_value(input)?;
    Ok(None)
}
