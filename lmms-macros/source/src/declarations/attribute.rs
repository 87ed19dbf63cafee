//! The arguments of `#[operation(…)]`.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use syn::parse::{ParseStream, Parser};
use syn::{Ident, LitStr, Token};

use crate::declarations::keys::{Keys, string_value};
use crate::lexing::words::can_be_a_name;
use crate::mistakes::finding::{Finding, Findings};
use crate::mistakes::misuse::{Misuse, RESERVED_INTERFACES, RESERVED_OPERATIONS};

const EXPECTED: &str = "`interface`, `name`, `cache(ttl = …)`, `pinned`";
const EXPECTED_IN_CACHE: &str = "`ttl`";

/// What `#[operation(interface = "…", name = "…", cache(ttl = "…"), pinned)]` says.
#[derive(Debug, Clone)]
pub struct OperationAttribute {
    /// The interface, with the place it was written at.
    pub interface: Name,
    /// The operation's name, where it isn't the function's.
    pub name: Option<Name>,
    /// How long a result may be answered from cache.
    pub cache: Option<Cache>,
    /// Whether the module stays loaded once this operation was called.
    pub pinned: bool,
}

/// A name and where it stands.
#[derive(Debug, Clone)]
pub struct Name {
    /// The name.
    pub text: String,
    /// Its string literal.
    pub span: Span,
}

/// What `cache(…)` says.
#[derive(Debug, Clone)]
pub struct Cache {
    /// How long a result holds.
    pub ttl: Duration,
    /// The word `cache`.
    pub span: Span,
}

impl OperationAttribute {
    /// What else is wrong once the function is known: its name may be the operation's, and its result must be worth
    /// caching.
    #[must_use]
    pub fn check_with(&self, signature: &syn::Signature) -> Vec<Finding> {
        let mut findings = Findings::new();
        if self.name.is_none() {
            let name = crate::lexing::words::plain(&signature.ident.to_string());
            if !is_callable_name(&name) {
                findings.push(&signature.ident, Misuse::BadName { key: "name", name });
            } else if RESERVED_OPERATIONS.contains(&name.as_str()) {
                findings.push(&signature.ident, Misuse::ReservedName { key: "name", name });
            }
        }
        if let (Some(cache), true) = (&self.cache, returns_nothing(&signature.output)) {
            findings.push_at(cache.span, Misuse::CacheOfNothing);
        }
        findings.finish(()).err().unwrap_or_default()
    }

    /// Reads the tokens between the attribute's parentheses. `whole` is where a missing key is reported.
    ///
    /// # Errors
    /// Every mistake in them.
    pub fn parse(arguments: TokenStream, whole: Span) -> Result<OperationAttribute, Vec<Finding>> {
        let mut findings = Findings::new();
        let read = (|input: ParseStream<'_>| read_keys(input, &mut findings)).parse2(arguments);
        let read = match read {
            Ok(read) => read,
            Err(error) => {
                findings.push_syntax(&error);
                Read::default()
            }
        };
        if read.interface.is_none() && findings.is_empty() {
            findings.push_at(whole, Misuse::MissingInterface);
        }
        let interface = read.interface.unwrap_or(Name {
            text: String::new(),
            span: whole,
        });
        findings.finish(OperationAttribute {
            interface,
            name: read.name,
            cache: read.cache,
            pinned: read.pinned,
        })
    }
}

/// Whether callers can write `name` as the name of a function, with `r#` if it is a keyword.
#[must_use]
pub fn is_callable_name(name: &str) -> bool {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    plain && can_be_a_name(name)
}

/// Reads "250ms", "30s", "5m", "1h", "7d".
///
/// ```
/// use std::time::Duration;
/// assert_eq!(lmms_source::parse_duration("5m"), Some(Duration::from_secs(300)));
/// assert_eq!(lmms_source::parse_duration("five minutes"), None);
/// ```
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok().filter(|number| *number > 0)?;
    let seconds = match unit {
        "ms" => return Some(Duration::from_millis(number)),
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    number.checked_mul(seconds).map(Duration::from_secs)
}

fn returns_nothing(output: &syn::ReturnType) -> bool {
    match output {
        syn::ReturnType::Default => true,
        syn::ReturnType::Type(_, ty) => {
            matches!(&**ty, syn::Type::Tuple(tuple) if tuple.elems.is_empty())
        }
    }
}

#[derive(Default)]
struct Read {
    interface: Option<Name>,
    name: Option<Name>,
    cache: Option<Cache>,
    pinned: bool,
}

fn read_keys(input: ParseStream<'_>, findings: &mut Findings) -> syn::Result<Read> {
    let mut read = Read::default();
    let mut keys = Keys::new();
    while let Some(key) = keys.next(input, findings)? {
        match key.to_string().as_str() {
            "interface" => {
                read.interface =
                    name_value(input, &key, "interface", "interface = \"images\"", findings)?;
            }
            "name" => {
                read.name = name_value(input, &key, "name", "name = \"thumbnail\"", findings)?;
            }
            "cache" => read.cache = cache(input, &key, findings)?,
            "pinned" => {
                if input.peek(Token![=]) || input.peek(syn::token::Paren) {
                    findings.push(&key, Misuse::UnexpectedValue("pinned"));
                    keys.skip_value(input)?;
                }
                read.pinned = true;
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
    Ok(read)
}

fn name_value(
    input: ParseStream<'_>,
    key_token: &Ident,
    key: &'static str,
    example: &'static str,
    findings: &mut Findings,
) -> syn::Result<Option<Name>> {
    let Some(literal) = string_value(input, key_token, key, example, findings)? else {
        return Ok(None);
    };
    let name = Name {
        text: literal.value(),
        span: literal.span(),
    };
    let text = name.text.clone();
    if !is_callable_name(&text) {
        findings.push(&literal, Misuse::BadName { key, name: text });
    } else if reserved(key).contains(&text.as_str()) {
        findings.push(&literal, Misuse::ReservedName { key, name: text });
    }
    Ok(Some(name))
}

fn reserved(key: &str) -> &'static [&'static str] {
    if key == "interface" {
        &RESERVED_INTERFACES
    } else {
        &RESERVED_OPERATIONS
    }
}

/// At what follows the word `cache`.
fn cache(
    input: ParseStream<'_>,
    key: &Ident,
    findings: &mut Findings,
) -> syn::Result<Option<Cache>> {
    if !input.peek(syn::token::Paren) {
        findings.push(key, Misuse::MissingTtl);
        Keys::new().skip_value(input)?;
        return Ok(None);
    }
    let inner;
    syn::parenthesized!(inner in input);
    let mut keys = Keys::new();
    let mut literal: Option<LitStr> = None;
    let mut seen = false;
    while let Some(inner_key) = keys.next(&inner, findings)? {
        if inner_key == "ttl" {
            seen = true;
            literal = string_value(&inner, &inner_key, "ttl", "ttl = \"5m\"", findings)?;
        } else {
            // Whatever was meant, the missing `ttl` needs no second error.
            seen = true;
            findings.push(
                &inner_key,
                Misuse::UnknownKey {
                    key: inner_key.to_string(),
                    expected: EXPECTED_IN_CACHE,
                },
            );
            keys.skip_value(&inner)?;
        }
        keys.end_of_value(&inner)?;
    }
    if !seen {
        findings.push(key, Misuse::MissingTtl);
    }
    let Some(literal) = literal else {
        return Ok(None);
    };
    let Some(ttl) = parse_duration(&literal.value()) else {
        findings.push(&literal, Misuse::BadDuration(literal.value()));
        return Ok(None);
    };
    Ok(Some(Cache {
        ttl,
        span: key.span(),
    }))
}

#[cfg(test)]
mod tests;
