//! The arguments of `lmms::module!(…)`.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Token};

use crate::declarations::keys::{Keys, string_value};
use crate::mistakes::finding::{Finding, Findings};
use crate::mistakes::misuse::Misuse;

const EXPECTED: &str = "`shutdown = function`, `veto = function`, `thread = \"dedicated\"`";

/// What `lmms::module!(shutdown = …, veto = …, thread = "dedicated")` says.
#[derive(Debug, Clone, Default)]
pub struct ModuleOptions {
    /// Runs before the module is unloaded: `fn()`.
    pub shutdown: Option<syn::Path>,
    /// Says why the module must stay loaded: `fn() -> Option<String>`.
    pub veto: Option<syn::Path>,
    /// Whether the module's operations run on a thread of its own.
    pub dedicated_thread: bool,
}

impl ModuleOptions {
    /// Reads the macro's arguments.
    ///
    /// # Errors
    /// Every mistake in them.
    pub fn parse(arguments: TokenStream) -> Result<ModuleOptions, Vec<Finding>> {
        let mut findings = Findings::new();
        let read = (|input: ParseStream<'_>| read_keys(input, &mut findings)).parse2(arguments);
        let options = match read {
            Ok(options) => options,
            Err(error) => {
                findings.push_syntax(&error);
                ModuleOptions::default()
            }
        };
        findings.finish(options)
    }
}

fn read_keys(input: ParseStream<'_>, findings: &mut Findings) -> syn::Result<ModuleOptions> {
    let mut options = ModuleOptions::default();
    let mut keys = Keys::new();
    while let Some(key) = keys.next(input, findings)? {
        match key.to_string().as_str() {
            "shutdown" => options.shutdown = function(input, &keys, &key, "shutdown", findings)?,
            "veto" => options.veto = function(input, &keys, &key, "veto", findings)?,
            "thread" => {
                let example = "thread = \"dedicated\"";
                if let Some(literal) = string_value(input, &key, "thread", example, findings)? {
                    options.dedicated_thread = literal.value() == "dedicated";
                    if !options.dedicated_thread {
                        findings.push(&literal, Misuse::BadThread(literal.value()));
                    }
                }
            }
            other => {
                findings.push(
                    &key,
                    Misuse::UnknownKey {
                        key: other.to_owned(),
                        expected: EXPECTED,
                    },
                );
                keys.skip_value(input)?;
            }
        }
        keys.end_of_value(input)?;
    }
    Ok(options)
}

/// Reads `= path::to::function`.
fn function(
    input: ParseStream<'_>,
    keys: &Keys,
    key: &syn::Ident,
    name: &'static str,
    findings: &mut Findings,
) -> syn::Result<Option<syn::Path>> {
    if !input.peek(Token![=]) {
        findings.push(key, Misuse::ExpectedFunction(name));
        keys.skip_value(input)?;
        return Ok(None);
    }
    input.parse::<Token![=]>()?;
    if input.is_empty() || input.peek(Token![,]) {
        findings.push(key, Misuse::ExpectedFunction(name));
        return Ok(None);
    }
    match input.parse::<Expr>()? {
        Expr::Path(path) if path.qself.is_none() => Ok(Some(path.path)),
        other => {
            findings.push(&other.to_token_stream(), Misuse::ExpectedFunction(name));
            Ok(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn misuses(arguments: TokenStream) -> Vec<Misuse> {
        ModuleOptions::parse(arguments)
            .err()
            .unwrap_or_default()
            .into_iter()
            .map(|finding| finding.misuse)
            .collect()
    }

    #[test]
    fn all_options() {
        let options = ModuleOptions::parse(quote!(
            shutdown = state::close,
            veto = busy,
            thread = "dedicated"
        ))
        .unwrap();
        assert_eq!(options.shutdown.unwrap().segments.len(), 2);
        assert!(options.veto.is_some());
        assert!(options.dedicated_thread);
        assert!(!ModuleOptions::parse(quote!()).unwrap().dedicated_thread);
    }

    #[test]
    fn mistakes_do_not_hide_each_other() {
        assert_eq!(
            misuses(quote!(shutdown, veto = "busy", thread = "main", drop = x)),
            [
                Misuse::ExpectedFunction("shutdown"),
                Misuse::ExpectedFunction("veto"),
                Misuse::BadThread("main".into()),
                Misuse::UnknownKey {
                    key: "drop".into(),
                    expected: EXPECTED
                },
            ]
        );
    }
}
