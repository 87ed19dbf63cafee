//! Whether a built library has the operations that a gateway reads in its module's sources.
//!
//! Compiler and reader decide conditions and follow files each for itself. Where they differ the registry names other
//! operations than the library has, and no call can ever reach the module.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;

use crate::common::error::Difference;
use crate::modules::operations::Operation;

/// An operation of a library.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Built<'a> {
    pub(crate) interface: &'a str,
    pub(crate) name: &'a str,
    /// Its signature, where it is known.
    pub(crate) signature: Option<&'a str>,
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
}
