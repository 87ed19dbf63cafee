//! Deciding `#[cfg(…)]` the way the build tool will build the module.

use std::collections::BTreeSet;

use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Ident, LitBool, LitStr, Token};

use crate::outline::Attribute;

/// Whether an item is compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    On,
    Off,
    /// Only the compiler knows; the condition as written.
    Unknown(String),
}

impl Decision {
    fn of(holds: bool) -> Decision {
        if holds { Decision::On } else { Decision::Off }
    }

    fn not(self) -> Decision {
        match self {
            Decision::On => Decision::Off,
            Decision::Off => Decision::On,
            unknown @ Decision::Unknown(_) => unknown,
        }
    }

    /// Both: certainly off if one is.
    pub(crate) fn and(self, other: Decision) -> Decision {
        match (self, other) {
            (Decision::Off, _) | (_, Decision::Off) => Decision::Off,
            (unknown @ Decision::Unknown(_), _) | (_, unknown @ Decision::Unknown(_)) => unknown,
            (Decision::On, Decision::On) => Decision::On,
        }
    }

    fn or(self, other: Decision) -> Decision {
        self.not().and(other.not()).not()
    }
}

/// Decides all `cfg` attributes of an item together.
pub(crate) fn decide(attributes: &[Attribute], features: &BTreeSet<String>) -> Decision {
    attributes
        .iter()
        .filter(|attribute| attribute.path() == "cfg")
        .map(|attribute| decide_one(&attribute.text, features))
        .fold(Decision::On, Decision::and)
}

/// The predicate and the attributes of `cfg_attr(predicate, attributes…)`.
pub(crate) fn conditional(
    attribute: &Attribute,
    features: &BTreeSet<String>,
) -> Option<(Decision, Vec<Attribute>)> {
    if attribute.path() != "cfg_attr" {
        return None;
    }
    let parser = |input: ParseStream<'_>| {
        input.parse::<Ident>()?;
        let inner;
        syn::parenthesized!(inner in input);
        let decision = predicate(&inner, features)?;
        inner.parse::<Token![,]>()?;
        let metas = Punctuated::<syn::Meta, Token![,]>::parse_terminated(&inner)?;
        let attributes = metas
            .iter()
            .map(|meta| Attribute {
                text: quote::ToTokens::to_token_stream(meta).to_string(),
                line: attribute.line,
            })
            .collect();
        Ok((decision, attributes))
    };
    parser.parse_str(&attribute.text).ok()
}

fn decide_one(text: &str, features: &BTreeSet<String>) -> Decision {
    let parser = |input: ParseStream<'_>| {
        input.parse::<Ident>()?;
        let inner;
        syn::parenthesized!(inner in input);
        let decision = predicate(&inner, features)?;
        inner.parse::<Option<Token![,]>>()?;
        Ok(decision)
    };
    match parser.parse_str(text) {
        Ok(Decision::Unknown(_)) | Err(_) => Decision::Unknown(text.to_owned()),
        Ok(decided) => decided,
    }
}

fn predicate(input: ParseStream<'_>, features: &BTreeSet<String>) -> syn::Result<Decision> {
    if input.peek(LitBool) {
        return Ok(Decision::of(input.parse::<LitBool>()?.value));
    }
    let key = input.call(Ident::parse_any)?;
    let key = key.to_string();
    if input.peek(syn::token::Paren) {
        let inner;
        syn::parenthesized!(inner in input);
        let (mut all, mut any) = (Decision::On, Decision::Off);
        while !inner.is_empty() {
            let part = predicate(&inner, features)?;
            all = all.and(part.clone());
            any = any.or(part);
            inner.parse::<Option<Token![,]>>()?;
        }
        return Ok(match key.as_str() {
            "all" => all,
            "any" => any,
            "not" => all.not(),
            _ => Decision::Unknown(key),
        });
    }
    if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        let value = input.parse::<LitStr>()?.value();
        return Ok(match key.as_str() {
            "feature" => Decision::of(features.contains(&value)),
            _ => Decision::Unknown(key),
        });
    }
    Ok(match key.as_str() {
        "test" => Decision::Off,
        _ => Decision::Unknown(key),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(condition: &str) -> Decision {
        let features = BTreeSet::from(["png".to_owned()]);
        let attribute = Attribute {
            text: format!("cfg({condition})"),
            line: 1,
        };
        decide(&[attribute], &features)
    }

    #[test]
    fn features_and_tests_are_decided() {
        for on in [
            "feature = \"png\"",
            "not(test)",
            "all(feature = \"png\", not(feature = \"jpeg\"))",
            "any(feature = \"jpeg\", feature = \"png\")",
            "any(unix, feature = \"png\")",
            "all()",
            "true",
            "not(any())",
        ] {
            assert_eq!(decided(on), Decision::On, "{on}");
        }
        for off in [
            "feature = \"jpeg\"",
            "test",
            "all(unix, test)",
            "not(feature = \"png\")",
            "any()",
            "false",
        ] {
            assert_eq!(decided(off), Decision::Off, "{off}");
        }
    }

    #[test]
    fn what_depends_on_the_target_is_not_decided() {
        for unknown in [
            "unix",
            "not(unix)",
            "target_os = \"linux\"",
            "any(test, unix)",
            "all(feature = \"png\", debug_assertions)",
            "target(os = \"linux\")",
            "3",
        ] {
            let condition = format!("cfg({unknown})");
            assert_eq!(decided(unknown), Decision::Unknown(condition));
        }
    }

    #[test]
    fn several_attributes_hold_together() {
        let attributes = ["cfg(feature = \"png\")", "cfg(test)", "inline"].map(|text| Attribute {
            text: text.to_owned(),
            line: 1,
        });
        let features = BTreeSet::from(["png".to_owned()]);
        assert_eq!(decide(&attributes, &features), Decision::Off);
        assert_eq!(decide(&attributes[..1], &features), Decision::On);
    }
}
