//! Deciding `#[cfg(…)]` the way the build tool will build the module.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, LitBool, LitStr, Token};

use crate::items::target::Target;
use crate::lexing::outline::Attribute;

/// Whether an item is compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    On,
    Off,
    /// Neither features nor the target decide it; the condition as written.
    Unknown(String),
}

impl Decision {
    fn of(holds: bool) -> Decision {
        if holds { Decision::On } else { Decision::Off }
    }

    /// What is known, or that `condition` isn't.
    fn by(known: Option<bool>, condition: String) -> Decision {
        known.map_or(Decision::Unknown(condition), Decision::of)
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

/// What an item's attributes come to once their conditions are decided.
#[derive(Debug)]
pub(crate) struct Decided {
    /// Whether the item is compiled, by all its `cfg`s together.
    pub(crate) decision: Decision,
    /// The attributes that it certainly has; every `cfg` and `cfg_attr` is resolved.
    pub(crate) attributes: Vec<Attribute>,
    /// Attributes that it has under a condition that only the compiler knows.
    pub(crate) undecided: Vec<Undecided>,
}

/// An attribute under a condition that only the compiler knows.
#[derive(Debug)]
pub(crate) struct Undecided {
    /// The `cfg_attr` as written.
    pub(crate) condition: String,
    pub(crate) attribute: Attribute,
}

impl Decided {
    /// The first attribute that `wanted` picks, with the condition that it is under, if only the compiler knows it.
    pub(crate) fn find(
        &self,
        wanted: impl Fn(&Attribute) -> bool,
    ) -> Option<(&Attribute, Option<&str>)> {
        let certain = self.attributes.iter().find(|attribute| wanted(attribute));
        let undecided = || {
            let found = self.undecided.iter().find(|open| wanted(&open.attribute));
            found.map(|open| (&open.attribute, Some(open.condition.as_str())))
        };
        certain
            .map(|attribute| (attribute, None))
            .or_else(undecided)
    }
}

/// Decides the conditions among an item's attributes, outer and inner: the one place that knows what `cfg` and
/// `cfg_attr` mean.
pub(crate) fn decide<'a>(
    attributes: impl IntoIterator<Item = &'a Attribute>,
    features: &BTreeSet<String>,
) -> Decided {
    let mut decided = Decided {
        decision: Decision::On,
        attributes: Vec::new(),
        undecided: Vec::new(),
    };
    for attribute in attributes {
        crate::work::count(1);
        add(attribute, None, features, &mut decided);
    }
    decided
}

/// Adds an attribute that is there if the outermost `cfg_attr` in `under` holds.
fn add(
    attribute: &Attribute,
    under: Option<&str>,
    features: &BTreeSet<String>,
    decided: &mut Decided,
) {
    let path = attribute.path();
    if path != "cfg" && path != "cfg_attr" {
        match under {
            None => decided.attributes.push(attribute.clone()),
            Some(condition) => decided.undecided.push(Undecided {
                condition: condition.to_owned(),
                attribute: attribute.clone(),
            }),
        }
        return;
    }
    let mut parts = arguments(&attribute.text).into_iter();
    let condition = parts
        .next()
        .map_or(Decision::Unknown(String::new()), |part| {
            let whole = |input: ParseStream<'_>| predicate(input, features);
            whole
                .parse2(part)
                .unwrap_or(Decision::Unknown(String::new()))
        });
    let condition = match condition {
        Decision::Unknown(_) => Decision::Unknown(under.unwrap_or(&attribute.text).to_owned()),
        known => known,
    };
    if path == "cfg" {
        let holds = match (condition, under) {
            // Without the `cfg_attr` around it there would be no condition.
            (Decision::Off, Some(under)) => Decision::Unknown(under.to_owned()),
            (condition, _) => condition,
        };
        decided.decision = decided.decision.clone().and(holds);
        return;
    }
    let under = match &condition {
        Decision::Off => return,
        Decision::On => under,
        Decision::Unknown(condition) => Some(condition.as_str()),
    };
    for part in parts {
        let inner = Attribute {
            text: part.to_string(),
            line: attribute.line,
        };
        add(&inner, under, features, decided);
    }
}

/// What stands between the commas of `path(…, …)`.
fn arguments(text: &str) -> Vec<TokenStream> {
    let Ok(tokens) = text.parse::<TokenStream>() else {
        return Vec::new();
    };
    let list = tokens.into_iter().find_map(|tree| match tree {
        TokenTree::Group(group) => Some(group.stream()),
        _ => None,
    });
    let mut parts = vec![TokenStream::new()];
    for tree in list.into_iter().flatten() {
        match (&tree, parts.last_mut()) {
            (TokenTree::Punct(punct), _) if punct.as_char() == ',' => {
                parts.push(TokenStream::new());
            }
            (_, Some(part)) => part.extend([tree]),
            (_, None) => {}
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
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
            _ => Decision::by(Target::current().has_value(&key, &value), key),
        });
    }
    Ok(match key.as_str() {
        // The build tool builds neither tests nor documentation.
        "test" | "doc" | "doctest" | "docsrs" | "miri" => Decision::Off,
        _ => Decision::by(Target::current().has(&key), key),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(text: &str) -> Attribute {
        Attribute {
            text: text.to_owned(),
            line: 1,
        }
    }

    fn all(texts: &[&str]) -> Decided {
        let attributes: Vec<_> = texts.iter().map(|text| attribute(text)).collect();
        decide(&attributes, &BTreeSet::from(["png".to_owned()]))
    }

    fn decided(condition: &str) -> Decision {
        all(&[&format!("cfg({condition})")]).decision
    }

    #[test]
    fn features_and_tests_are_decided() {
        for on in [
            "feature = \"png\"",
            "not(test)",
            "all(feature = \"png\", not(feature = \"jpeg\"))",
            "any(feature = \"jpeg\", feature = \"png\")",
            "any(debug_assertions, feature = \"png\")",
            "all()",
            "true",
            "not(any())",
        ] {
            assert_eq!(decided(on), Decision::On, "{on}");
        }
        for off in [
            "feature = \"jpeg\"",
            "test",
            "all(debug_assertions, test)",
            "not(feature = \"png\")",
            "any()",
            "false",
        ] {
            assert_eq!(decided(off), Decision::Off, "{off}");
        }
    }

    #[test]
    fn the_target_decides_what_it_is() {
        let system = format!("target_os = {:?}", std::env::consts::OS);
        for on in [
            system.as_str(),
            "any(unix, windows)",
            "not(target_arch = \"none\")",
        ] {
            assert_eq!(decided(on), Decision::On, "{on}");
        }
        for off in ["all(unix, windows)", "target_os = \"none\""] {
            assert_eq!(decided(off), Decision::Off, "{off}");
        }
    }

    #[test]
    fn what_depends_on_how_it_is_compiled_is_not_decided() {
        for unknown in [
            "debug_assertions",
            "not(debug_assertions)",
            "target_feature = \"avx2\"",
            "any(test, debug_assertions)",
            "all(feature = \"png\", panic = \"unwind\")",
            "target(os = \"linux\")",
            "3",
        ] {
            let condition = format!("cfg({unknown})");
            assert_eq!(decided(unknown), Decision::Unknown(condition));
        }
    }

    #[test]
    fn several_attributes_hold_together() {
        let both = ["cfg(feature = \"png\")", "cfg(test)"];
        assert_eq!(all(&both).decision, Decision::Off);
        assert_eq!(all(&both[..1]).decision, Decision::On);
        let mixed = all(&["cfg(debug_assertions)", "cfg(test)"]);
        assert_eq!(mixed.decision, Decision::Off);
    }

    #[test]
    fn a_condition_inside_cfg_attr_counts_at_any_depth() {
        for (text, expected) in [
            ("cfg_attr(feature = \"png\", cfg(test))", Decision::Off),
            ("cfg_attr(feature = \"jpeg\", cfg(test))", Decision::On),
            ("cfg_attr(not(test), inline, cfg(false),)", Decision::Off),
            (
                "cfg_attr(all(), cfg_attr(not(test), cfg_attr(true, cfg(feature = \"jpeg\"))))",
                Decision::Off,
            ),
            ("cfg_attr(all(), cfg_attr(test, cfg(any())))", Decision::On),
            (
                "cfg_attr(debug_assertions, cfg(feature = \"png\"))",
                Decision::On,
            ),
            (
                "cfg_attr(debug_assertions, cfg_attr(test, cfg(any())))",
                Decision::On,
            ),
        ] {
            assert_eq!(all(&[text]).decision, expected, "{text}");
        }
        for unknown in [
            "cfg_attr(debug_assertions, cfg(test))",
            "cfg_attr(all(), cfg(debug_assertions))",
            "cfg_attr(debug_assertions, cfg_attr(feature = \"png\", cfg(any())))",
            "cfg_attr(3, cfg(test))",
        ] {
            let decision = all(&[unknown]).decision;
            assert!(matches!(decision, Decision::Unknown(_)), "{unknown}");
        }
        assert_eq!(
            all(&["cfg_attr(debug_assertions, cfg(test))"]).decision,
            Decision::Unknown("cfg_attr(debug_assertions, cfg(test))".into()),
            "the condition is shown as it was written"
        );
    }

    #[test]
    fn cfg_attr_leaves_the_attributes_that_hold() {
        let decided = all(&[
            "inline",
            "cfg_attr(feature = \"png\", operation(interface = \"a\"), cfg_attr(all(), cold))",
            "cfg_attr(test, must_use)",
            "cfg_attr(overflow_checks, path = \"w.rs\", unsafe(no_mangle))",
        ]);
        let texts = decided.attributes.iter().map(Attribute::path);
        assert_eq!(texts.collect::<Vec<_>>(), ["inline", "operation", "cold"]);
        let open = decided.undecided.iter().map(|open| open.attribute.path());
        assert_eq!(open.collect::<Vec<_>>(), ["path", "unsafe"]);
        let (_, condition) = decided.find(|found| found.path() == "path").unwrap();
        assert!(condition.unwrap().starts_with("cfg_attr(overflow_checks"));
        assert_eq!(
            decided.find(|found| found.path() == "cold").unwrap().1,
            None
        );
    }
}
