//! A library that has other operations than its sources.

#![forbid(unsafe_code)]

use std::fmt;

use crate::common::screen::Screen;

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

    fn difference(operation: &str, sources: Option<&str>, library: Option<&str>) -> Difference {
        Difference {
            operation: operation.to_owned(),
            in_sources: sources.map(str::to_owned),
            in_library: library.map(str::to_owned),
        }
    }

    #[test]
    fn a_disagreement_is_a_table_with_the_likely_reason() {
        let mut disagreement = Disagreement {
            module: "lights".to_owned(),
            differences: vec![
                difference("i.gone", Some("()"), None),
                difference("i.extra", None, Some("()")),
            ],
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
