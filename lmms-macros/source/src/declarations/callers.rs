//! What an operation's attributes say to those who call it: documentation, deprecation, and the like.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use quote::ToTokens;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, Lit, Meta, Token};

use crate::files::paths::normal;
use crate::items::cfg::Decided;
use crate::lexing::compact::compact;
use crate::manifest::Manifest;
use crate::mistakes::error::SourceError;
use crate::mistakes::location::Location;

/// What callers are told.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ForCallers {
    pub(crate) docs: String,
    pub(crate) attributes: Vec<String>,
    pub(crate) deprecated: Option<String>,
    pub(crate) hidden: bool,
}

/// Where the attributes stand.
pub(crate) struct Place<'a> {
    pub(crate) at: &'a Location,
    pub(crate) function: &'a str,
    pub(crate) manifest: &'a Manifest,
}

impl ForCallers {
    /// Reads the attributes of the function at `place`. Files that documentation is taken from are added to `files`.
    pub(crate) fn read(
        decided: &Decided,
        place: &Place<'_>,
        files: &mut BTreeSet<PathBuf>,
    ) -> Result<ForCallers, SourceError> {
        for open in &decided.undecided {
            let attribute = open.attribute.path();
            if matches!(attribute.as_str(), "doc" | "deprecated" | "must_use") {
                return Err(SourceError::ConditionalAttribute {
                    at: place.at.clone(),
                    name: place.function.to_owned(),
                    attribute,
                    condition: open.condition.clone(),
                });
            }
        }
        let mut told = ForCallers::default();
        let mut lines = Vec::new();
        for attribute in &decided.attributes {
            let path = attribute.path();
            if !matches!(path.as_str(), "doc" | "deprecated" | "must_use") {
                continue;
            }
            // What the parser refuses the compiler reports.
            let Ok(meta) = syn::parse_str::<Meta>(&attribute.text) else {
                continue;
            };
            match (path.as_str(), &meta) {
                ("doc", Meta::NameValue(value)) => {
                    let text = place.text(&value.value, files)?;
                    lines.extend(text.lines().map(str::to_owned));
                    // An empty line is a line.
                    if text.is_empty() {
                        lines.push(String::new());
                    }
                }
                ("doc", Meta::List(list)) => {
                    let parser = Punctuated::<Meta, Token![,]>::parse_terminated;
                    for inner in parser.parse2(list.tokens.clone()).into_iter().flatten() {
                        let hides = inner.path().is_ident("hidden");
                        if hides || inner.path().is_ident("alias") {
                            told.hidden |= hides;
                            told.attributes
                                .push(format!("doc({})", inner.to_token_stream()));
                        }
                    }
                }
                ("deprecated", _) => {
                    told.deprecated = Some(note(&meta));
                    told.attributes.push(attribute.text.clone());
                }
                ("must_use", _) => told.attributes.push(attribute.text.clone()),
                _ => {}
            }
        }
        told.docs = unindented(&lines);
        Ok(told)
    }
}

impl Place<'_> {
    /// The text that an expression in `#[doc = …]` stands for.
    fn text(&self, value: &Expr, files: &mut BTreeSet<PathBuf>) -> Result<String, SourceError> {
        let unreadable = || SourceError::UnreadableDocs {
            at: self.at.clone(),
            name: self.function.to_owned(),
            written: compact(value),
        };
        let call = match value {
            Expr::Lit(ExprLit { lit, .. }) => return literal(lit).ok_or_else(unreadable),
            Expr::Group(group) => return self.text(&group.expr, files),
            Expr::Macro(call) => &call.mac,
            _ => return Err(unreadable()),
        };
        let name = call.path.segments.last().map(|last| last.ident.to_string());
        let name = name.unwrap_or_default();
        if name == "stringify" {
            return Ok(compact(&call.tokens));
        }
        let arguments = Punctuated::<Expr, Token![,]>::parse_terminated
            .parse2(call.tokens.clone())
            .map_err(|_| unreadable())?;
        let arguments: Vec<String> = arguments
            .iter()
            .map(|argument| self.text(argument, files))
            .collect::<Result<_, _>>()?;
        match (name.as_str(), arguments.as_slice()) {
            ("concat", parts) => Ok(parts.concat()),
            ("env", [variable, ..]) => self.variable(variable).ok_or_else(unreadable),
            ("include_str", [path]) => {
                let folder = self.at.file.parent().unwrap_or(Path::new(""));
                let file = normal(&folder.join(path));
                let text = fs::read_to_string(&file).map_err(|source| SourceError::Read {
                    file: file.clone(),
                    source,
                })?;
                files.insert(file);
                Ok(text)
            }
            _ => Err(unreadable()),
        }
    }

    /// What cargo sets for the module's compiler, as far as its manifest says it.
    fn variable(&self, name: &str) -> Option<String> {
        match name {
            "CARGO_MANIFEST_DIR" => Some(self.manifest.directory.display().to_string()),
            "CARGO_PKG_NAME" => Some(self.manifest.package.clone()),
            "CARGO_CRATE_NAME" => Some(self.manifest.crate_name.clone()),
            _ => None,
        }
    }
}

/// A literal as `concat!` writes it.
fn literal(literal: &Lit) -> Option<String> {
    match literal {
        Lit::Str(text) => Some(text.value()),
        Lit::Char(character) => Some(character.value().to_string()),
        Lit::Bool(truth) => Some(truth.value.to_string()),
        Lit::Int(number) => Some(number.base10_digits().to_owned()),
        Lit::Float(number) => Some(number.base10_digits().to_owned()),
        _ => None,
    }
}

/// The reason in `deprecated`, `deprecated = "…"` or `deprecated(note = "…")`.
fn note(meta: &Meta) -> String {
    let text = |value: &Expr| match value {
        Expr::Lit(ExprLit { lit, .. }) => literal(lit),
        _ => None,
    };
    let found = match meta {
        Meta::Path(_) => None,
        Meta::NameValue(value) => text(&value.value),
        Meta::List(list) => Punctuated::<Meta, Token![,]>::parse_terminated
            .parse2(list.tokens.clone())
            .into_iter()
            .flatten()
            .find_map(|inner| match inner {
                Meta::NameValue(value) if value.path.is_ident("note") => text(&value.value),
                _ => None,
            }),
    };
    found.unwrap_or_default()
}

/// Doc lines without the space that follows their markers.
fn unindented(lines: &[String]) -> String {
    let indented = lines
        .iter()
        .all(|line| line.is_empty() || line.starts_with(' '));
    let plain: Vec<&str> = lines
        .iter()
        .map(|line| {
            if indented {
                line.get(1..).unwrap_or("")
            } else {
                line
            }
        })
        .collect();
    // The first line may be code, whose indent counts.
    plain.join("\n").trim_matches('\n').trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::items::cfg;
    use crate::lexing::outline::Attribute;
    use crate::testing::Workspace;

    /// What the attributes say on a function in `src/deep/a.rs` of a module, and the files they name.
    fn told(attributes: &[&str]) -> Result<(ForCallers, Vec<String>), String> {
        let workspace = Workspace::new();
        let package = workspace.module("m", "lmms::module!();");
        workspace.write("modules/m/src/deep/text.md", "From *a* file.\n");
        let manifest = Manifest::read(&package).unwrap();
        let place = Place {
            at: &Location::new(&workspace.path("modules/m/src/deep/a.rs"), 7),
            function: "f",
            manifest: &manifest,
        };
        let attributes: Vec<_> = attributes
            .iter()
            .map(|text| Attribute {
                text: (*text).to_owned(),
                line: 1,
            })
            .collect();
        let decided = cfg::decide(&attributes, &BTreeSet::from(["on".to_owned()]));
        let mut files = BTreeSet::new();
        let read = ForCallers::read(&decided, &place, &mut files);
        let shown = |text: String| workspace.relative(&text);
        let files = files.iter().map(|file| shown(file.display().to_string()));
        let files = files.collect();
        read.map(|told| (told, files))
            .map_err(|error| shown(error.to_string()))
    }

    #[test]
    fn docs_keep_their_own_indent() {
        assert_eq!(
            unindented(&[" a".into(), String::new(), "  b".into()]),
            "a\n\n b"
        );
        assert_eq!(unindented(&["a".into(), " b".into()]), "a\n b");
        assert_eq!(
            unindented(&["     code".into(), " b".into()]),
            "    code\nb"
        );
    }

    #[test]
    fn docs_of_every_form_are_worked_out() {
        for (attribute, expected) in [
            ("doc = \" Plain.\"", "Plain."),
            ("doc = r#\"\"Raw\"\"#", "\"Raw\""),
            ("doc = include_str!(\"text.md\")", "From *a* file."),
            (
                "doc = std::include_str!(\"../deep/text.md\")",
                "From *a* file.",
            ),
            ("doc = concat!(\"One \", 2, ' ', true)", "One 2 true"),
            (
                "doc = concat!(\"a \", stringify!(b :: C), include_str!(\"text.md\"))",
                "a b::CFrom *a* file.",
            ),
            ("doc = env!(\"CARGO_PKG_NAME\")", "m"),
            (
                "doc = include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/src/deep/text.md\"))",
                "From *a* file.",
            ),
            ("cfg_attr(feature = \"on\", doc = \"On.\")", "On."),
            ("cfg_attr(not(feature = \"on\"), doc = \"Off.\")", ""),
            ("cfg_attr(docsrs, doc(cfg(unix)))", ""),
            ("allow(dead_code)", ""),
        ] {
            assert_eq!(told(&[attribute]).unwrap().0.docs, expected, "{attribute}");
        }
        let (_, files) = told(&["doc = include_str!(\"text.md\")"]).unwrap();
        assert_eq!(files, ["modules/m/src/deep/text.md"]);
    }

    #[test]
    fn docs_that_nobody_can_work_out_are_an_error() {
        assert_eq!(
            told(&["doc = env!(\"WEATHER\")"]).unwrap_err(),
            "modules/m/src/deep/a.rs:7: the gateway can't work out `env!(\"WEATHER\")` in the documentation of `f`: write the text itself, or `include_str!` a file"
        );
        assert!(told(&["doc = made_up!()"]).is_err());
        assert!(
            told(&["doc = include_str!(\"gone.md\")"])
                .unwrap_err()
                .contains("src/deep/gone.md: can't be read")
        );
    }

    #[test]
    fn what_callers_must_know_is_kept_as_it_was_written() {
        let (told, _) = told(&[
            "deprecated(since = \"2.0\", note = \"use `g`\")",
            "cfg_attr(feature = \"on\", must_use = \"it is the answer\")",
            "doc(hidden, alias = \"old\", inline)",
            "inline(never)",
            "expect(dead_code)",
        ])
        .unwrap();
        assert_eq!(told.deprecated.as_deref(), Some("use `g`"));
        assert!(told.hidden);
        let attributes: Vec<_> = told
            .attributes
            .iter()
            .map(|text| text.replace(' ', ""))
            .collect();
        assert_eq!(
            attributes,
            [
                "deprecated(since=\"2.0\",note=\"use`g`\")",
                "must_use=\"itistheanswer\"",
                "doc(hidden)",
                "doc(alias=\"old\")"
            ]
        );
    }

    #[test]
    fn deprecations_of_every_form_have_their_reason() {
        for (attribute, expected) in [
            ("deprecated", Some("")),
            ("deprecated = \"why\"", Some("why")),
            ("deprecated(since = \"1\")", Some("")),
            ("cfg_attr(all(), deprecated(note = \"why\"))", Some("why")),
            ("cfg_attr(test, deprecated)", None),
        ] {
            let (told, _) = told(&[attribute]).unwrap();
            assert_eq!(told.deprecated.as_deref(), expected, "{attribute}");
        }
        assert_eq!(
            told(&["cfg_attr(overflow_checks, deprecated)"]).unwrap_err(),
            "modules/m/src/deep/a.rs:7: only the compiler can decide `cfg_attr(overflow_checks, deprecated)` on `f`, and the gateway must know whether it has `deprecated`: write the attribute plainly, or use a feature as the condition"
        );
    }
}
