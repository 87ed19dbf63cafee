//! Whether a built library has the operations that a gateway reads in its module's sources.
//!
//! Compiler and reader decide conditions and follow files each for itself. Where they differ the registry names other
//! operations than the library has, and no call can ever reach the module.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::fmt;

use crate::common::screen::Screen;
use crate::modules::operations::Operation;

/// An operation of a library.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Built<'a> {
    pub(crate) interface: &'a str,
    pub(crate) name: &'a str,
    /// Its signature, where it is known.
    pub(crate) signature: Option<&'a str>,
}

/// An operation that sources and library don't have alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The operation, as `interface.name`.
    pub operation: String,
    /// Its signature by the sources; `None`: they don't have it.
    pub in_sources: Option<String>,
    /// Its signature by the library; `None`: it doesn't have it.
    pub in_library: Option<String>,
}

/// A module whose library and sources differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// The module.
    pub module: String,
    /// What differs, by operation.
    pub differences: Vec<Difference>,
    /// What the reader could not make out in the sources.
    pub unread: Vec<String>,
}

/// What differs between the operations of a module's sources and of its library, by name.
pub(crate) fn differences<'a>(
    declared: impl IntoIterator<Item = &'a Operation>,
    built: impl IntoIterator<Item = Built<'a>>,
) -> Vec<Difference> {
    let mut sides = BTreeMap::<_, Sides<'_>>::new();
    for operation in declared {
        let key = (operation.interface.as_str(), operation.name.as_str());
        sides.entry(key).or_default().declared = Some(&operation.signature);
    }
    for operation in built {
        let key = (operation.interface, operation.name);
        sides.entry(key).or_default().built = Some(operation.signature);
    }
    let differing = sides.into_iter().filter(|(_, sides)| sides.differ());
    let named = differing.map(|((interface, name), sides)| Difference {
        operation: format!("{interface}.{name}"),
        in_sources: sides.declared.map(str::to_owned),
        in_library: (sides.built).map(|signature| signature.unwrap_or("").to_owned()),
    });
    named.collect()
}

/// One operation's signature, as far as it is there: a library that was built before doesn't tell it.
#[derive(Default)]
struct Sides<'a> {
    declared: Option<&'a str>,
    built: Option<Option<&'a str>>,
}

impl Sides<'_> {
    fn differ(&self) -> bool {
        match (self.declared, self.built) {
            (Some(declared), Some(Some(built))) => declared != built,
            (declared, built) => declared.is_some() != built.is_some(),
        }
    }
}

impl Difference {
    /// The likely reason, and what to do.
    pub(crate) fn advice(&self) -> &'static str {
        match (&self.in_sources, &self.in_library) {
            (Some(_), None) => {
                "the compiler left it out: look for a condition on it, or on a module around it, that a build script, \
                 RUSTFLAGS or another crate's features decide; use a feature of this crate, and name it under \
                 `[package.metadata.lmms]` if it is no default one"
            }
            (None, _) => {
                "the gateway can't see it: write the function at the top level of a module file, outside of macros, \
                 `include!` and conditions that only the compiler can decide"
            }
            (Some(_), Some(_)) => {
                "there are two of that name under opposite conditions: use features of this crate for them, or one \
                 function"
            }
        }
    }
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "the library of module `{}` doesn't have the operations that gateways read in its sources, so that no call \
             could reach it:",
            self.module
        )?;
        let shown = |side: &Option<String>| match side {
            None => "not there".to_owned(),
            Some(signature) if signature.is_empty() => "there".to_owned(),
            Some(signature) => signature.clone(),
        };
        let rows = self.differences.iter().map(|difference| {
            [
                difference.operation.clone(),
                shown(&difference.in_sources),
                shown(&difference.in_library),
            ]
        });
        let head = ["operation", "in the sources", "in the library"];
        writeln!(f, "{}", Screen::plain().table(head, rows))?;
        if !self.unread.is_empty() {
            writeln!(f, "what can't be read in the sources:")?;
            for problem in &self.unread {
                writeln!(f, "  {problem}")?;
            }
            return write!(f, "correct that, then build again");
        }
        let mut advices: Vec<&str> = Vec::new();
        for difference in &self.differences {
            if !advices.contains(&difference.advice()) {
                advices.push(difference.advice());
            }
        }
        write!(f, "{}", advices.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(name: &str, signature: &str) -> Operation {
        Operation {
            interface: "i".to_owned(),
            name: name.to_owned(),
            signature: signature.to_owned(),
            ..Operation::default()
        }
    }

    fn built<'a>(name: &'a str, signature: Option<&'a str>) -> Built<'a> {
        Built {
            interface: "i",
            name,
            signature,
        }
    }

    #[test]
    fn operations_of_one_side_and_other_signatures_differ() {
        let sources = [
            declared("same", "()"),
            declared("gone", "()"),
            declared("other", "(a: u8)"),
            declared("unknown", "(a: u8)"),
        ];
        let library = [
            built("extra", Some("() -> u8")),
            built("same", Some("()")),
            built("other", Some("(a: u16)")),
            built("unknown", None),
        ];
        let found = differences(&sources, library);
        let found: Vec<_> = found
            .iter()
            .map(|found| {
                let side = |side: &Option<String>| side.clone().unwrap_or_else(|| "-".to_owned());
                format!(
                    "{} {} {}",
                    found.operation,
                    side(&found.in_sources),
                    side(&found.in_library)
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                "i.extra - () -> u8",
                "i.gone () -",
                "i.other (a: u8) (a: u16)"
            ]
        );
        assert!(differences(&sources[..1], library[1..2].iter().copied()).is_empty());
    }

    #[test]
    fn a_disagreement_is_a_table_with_the_likely_reason() {
        let mut disagreement = Disagreement {
            module: "lights".to_owned(),
            differences: differences(&[declared("gone", "()")], [built("extra", Some("()"))]),
            unread: Vec::new(),
        };
        let text = disagreement.to_string();
        for part in [
            "`lights`",
            "in the sources",
            "not there",
            "the compiler left it out",
            "the gateway can't see it",
        ] {
            assert!(text.contains(part), "{part:?} is not in {text}");
        }
        disagreement
            .unread
            .push("src/lib.rs:7: two of them".to_owned());
        let text = disagreement.to_string();
        assert!(text.contains("src/lib.rs:7: two of them"), "{text}");
        assert!(!text.contains("the gateway can't see it"), "{text}");
    }
}
