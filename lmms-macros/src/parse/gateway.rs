//! The input of `gateway!`.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Ident, LitStr, Token, Visibility, braced, bracketed};

use crate::diagnostics::{Problem, Report};

/// `/// Docs. pub Name { modules: […], interfaces: […] }`
#[derive(Debug)]
pub(crate) struct GatewayInput {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) name: Ident,
    /// Folders and globs.
    pub(crate) modules: Vec<LitStr>,
    /// The interfaces to make stubs for; all if not given.
    pub(crate) interfaces: Option<Vec<LitStr>>,
    /// Where `interfaces` was written.
    pub(crate) interfaces_key: Ident,
}

impl GatewayInput {
    /// Reads the macro's input. What is wrong in the braces is noted and the rest still read; without a name there is
    /// nothing to go on with.
    pub(crate) fn parse(input: TokenStream, report: &mut Report) -> Option<GatewayInput> {
        let parser = |stream: ParseStream<'_>| read(stream, report);
        match parser.parse2(input) {
            Ok(input) => Some(input),
            Err(error) => {
                report.push_syntax(error);
                None
            }
        }
    }
}

fn read(stream: ParseStream<'_>, report: &mut Report) -> syn::Result<GatewayInput> {
    let attributes = stream.call(Attribute::parse_outer)?;
    let visibility = stream.parse()?;
    let name: Ident = stream.parse()?;
    if stream.peek(Token![<]) {
        report.push_at(stream.span(), Problem::GenericGateway);
        while !stream.is_empty() && !stream.peek(syn::token::Brace) {
            stream.parse::<TokenTree>()?;
        }
    }
    let mut input = GatewayInput {
        attributes,
        visibility,
        interfaces_key: name.clone(),
        name,
        modules: Vec::new(),
        interfaces: None,
    };
    let keys;
    braced!(keys in stream);
    if !stream.is_empty() {
        return Err(stream.error("unexpected tokens after the gateway: remove them"));
    }
    let mut modules = None;
    while !keys.is_empty() {
        let key = keys.call(Ident::parse_any)?;
        keys.parse::<Token![:]>()?;
        match key.to_string().as_str() {
            "modules" => {
                if modules.is_some() {
                    report.push(&key, Problem::RepeatedKey("modules".to_owned()));
                }
                let found = strings(&keys, "modules: [\"../modules/*\"]", report)?;
                if found.as_ref().is_some_and(Vec::is_empty) {
                    report.push(&key, Problem::NoPatterns);
                }
                modules = Some(found.unwrap_or_default());
            }
            "interfaces" => {
                if input.interfaces.is_some() {
                    report.push(&key, Problem::RepeatedKey("interfaces".to_owned()));
                }
                input.interfaces = strings(&keys, "interfaces: [\"images\"]", report)?;
                input.interfaces_key = key;
            }
            other => {
                report.push(&key, Problem::UnknownKey(other.to_owned()));
                skip_value(&keys)?;
            }
        }
        keys.parse::<Option<Token![,]>>()?;
    }
    if modules.is_none() {
        report.push(&input.name, Problem::MissingModules);
    }
    input.modules = modules.unwrap_or_default();
    Ok(input)
}

/// Reads `["…", "…"]`; anything else is noted.
fn strings(
    stream: ParseStream<'_>,
    example: &'static str,
    report: &mut Report,
) -> syn::Result<Option<Vec<LitStr>>> {
    if !stream.peek(syn::token::Bracket) {
        let span = next_span(stream);
        report.push_at(span, Problem::ExpectedList(example));
        skip_value(stream)?;
        return Ok(None);
    }
    let list;
    bracketed!(list in stream);
    let mut strings = Vec::new();
    let mut whole = true;
    while !list.is_empty() {
        if list.peek(LitStr) {
            strings.push(list.parse()?);
        } else {
            whole = false;
            report.push_at(next_span(&list), Problem::ExpectedList(example));
            skip_value(&list)?;
        }
        list.parse::<Option<Token![,]>>()?;
    }
    Ok(whole.then_some(strings))
}

fn next_span(stream: ParseStream<'_>) -> Span {
    stream
        .cursor()
        .token_tree()
        .map_or_else(|| stream.span(), |(tree, _)| tree.span())
}

fn skip_value(stream: ParseStream<'_>) -> syn::Result<()> {
    while !stream.is_empty() && !stream.peek(Token![,]) {
        stream.parse::<TokenTree>()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn errors(input: TokenStream) -> String {
        let mut report = Report::new();
        GatewayInput::parse(input, &mut report);
        report.to_compile_errors().to_string()
    }

    #[test]
    fn a_whole_gateway() {
        let mut report = Report::new();
        let input = GatewayInput::parse(
            quote!(/** Docs. */ pub(crate) Peers { modules: ["../*", "../../other"], interfaces: ["a"], }),
            &mut report,
        )
        .unwrap();
        assert!(report.is_empty());
        assert_eq!(input.name, "Peers");
        assert_eq!(input.attributes.len(), 1);
        assert_eq!(input.modules.len(), 2);
        assert_eq!(input.interfaces.unwrap()[0].value(), "a");
    }

    #[test]
    fn mistakes_are_collected() {
        let found = errors(
            quote!(pub Home<T> { modules: "x", colour: red, interfaces: [1, "a"], interfaces: [] }),
        );
        for part in [
            "no generics",
            "write `modules: [",
            "a gateway has no `colour`",
            "write `interfaces: [",
        ] {
            assert!(found.contains(part), "{part} is not in {found}");
        }
        assert!(errors(quote!(pub Home {})).contains("where its modules are"));
        assert!(errors(quote!(pub Home { modules: [] })).contains("has no modules"));
        assert!(
            errors(quote!(pub Home { modules: ["a"], modules: ["b"] })).contains("given twice")
        );
        assert!(errors(quote!(Home { modules: ["a"] } more)).contains("unexpected tokens"));
    }
}
