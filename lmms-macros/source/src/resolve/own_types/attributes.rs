//! What is copied of the attributes of a type, its fields and its variants.

use quote::ToTokens;
use syn::parse::Parser;

use super::{Copier, derives};
use crate::items::cfg::{Decided, Decision};
use crate::items::scope::UsedPath;
use crate::lexing::compact::compact;
use crate::lexing::outline::Attribute;
use crate::mistakes::type_problem::TypeProblem;

/// Derives and traits of the prelude that mean the same in every crate.
const STANDARD: [&str; 12] = [
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Eq",
    "Hash",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Send",
    "Sized",
    "Sync",
];

/// What a derive means for a copy.
enum Derive {
    Portable,
    /// The copy has it, by this path.
    Copied(String),
}

/// What is copied of a type's attributes.
#[derive(Default)]
pub(super) struct Attributes {
    pub(super) derives: Vec<String>,
    pub(super) kept: Vec<syn::Attribute>,
    /// Whether calls by name use the type's `serde` implementations.
    pub(super) through_serde: bool,
    pub(super) has_default: bool,
}

impl Copier<'_> {
    /// The attributes of the type itself, which must be `Portable`.
    pub(super) fn attributes(&self, written: &[Attribute]) -> Result<Attributes, TypeProblem> {
        let decided = self.decide(written);
        let mut attributes = Attributes {
            through_serde: decided.attributes.iter().any(is_through_serde),
            ..Attributes::default()
        };
        let mut is_portable = false;
        for derive in decided.attributes.iter().flat_map(derives::derived) {
            match self.derive(&derive, attributes.through_serde)? {
                Some(Derive::Portable) => is_portable = true,
                Some(Derive::Copied(path)) => {
                    attributes.has_default |= path == "Default";
                    attributes.derives.push(path);
                }
                None => {}
            }
        }
        self.refuse_undecided(&decided, &attributes)?;
        if !is_portable {
            return Err(TypeProblem::LocalNotPortable(self.at.clone()));
        }
        attributes.kept = self.keep(&decided, &attributes)?;
        Ok(attributes)
    }

    /// What a derive means for the copy, if anything.
    fn derive(&self, path: &syn::Path, through_serde: bool) -> Result<Option<Derive>, TypeProblem> {
        let used = UsedPath::of(path);
        let last = used.segments.last().cloned().unwrap_or_default();
        let names = &self.resolver.names;
        let of_lmms = names.is_of_lmms(self.node, &used, "Portable");
        if of_lmms.unwrap_or(last == "Portable") {
            return Ok(Some(Derive::Portable));
        }
        if is_standard(path) {
            return Ok(Some(Derive::Copied(last)));
        }
        if through_serde && matches!(last.as_str(), "Serialize" | "Deserialize") {
            let path = self.foreign(&used).map_err(|problem| {
                let part = format!("`derive({})`", compact(path));
                self.part(&part, problem)
            })?;
            return Ok(Some(Derive::Copied(path)));
        }
        Ok(None)
    }

    /// An attribute that the copy needs must not depend on what only the compiler knows.
    fn refuse_undecided(
        &self,
        decided: &Decided,
        attributes: &Attributes,
    ) -> Result<(), TypeProblem> {
        for open in &decided.undecided {
            let matters = match open.attribute.path().as_str() {
                "derive" => {
                    let mut meant = derives::derived(&open.attribute)
                        .into_iter()
                        .map(|path| self.derive(&path, attributes.through_serde));
                    meant.any(|meaning| !matches!(meaning, Ok(None)))
                }
                "repr" | "portable" => true,
                "default" => attributes.has_default,
                "serde" => attributes.through_serde,
                _ => false,
            };
            if matters {
                return Err(self.undecided(&open.condition));
            }
        }
        Ok(())
    }

    fn undecided(&self, condition: &str) -> TypeProblem {
        TypeProblem::Undecided {
            at: self.at.clone(),
            name: "a part of it".to_owned(),
            condition: condition.to_owned(),
        }
    }

    /// What is kept of the attributes of a field or variant; `None` if it isn't compiled.
    pub(super) fn kept(
        &self,
        written: &[syn::Attribute],
        attributes: &Attributes,
    ) -> Result<Option<Vec<syn::Attribute>>, TypeProblem> {
        let texts = written.iter().map(|attribute| Attribute {
            text: attribute.meta.to_token_stream().to_string(),
            line: self.at.line,
        });
        let decided = self.decide(&texts.collect::<Vec<_>>());
        match &decided.decision {
            Decision::On => {
                self.refuse_undecided(&decided, attributes)?;
                self.keep(&decided, attributes).map(Some)
            }
            Decision::Off => Ok(None),
            Decision::Unknown(condition) => Err(self.undecided(condition)),
        }
    }

    /// Documentation, and what decides about layout and JSON.
    fn keep(
        &self,
        decided: &Decided,
        attributes: &Attributes,
    ) -> Result<Vec<syn::Attribute>, TypeProblem> {
        let mut kept = Vec::new();
        for attribute in &decided.attributes {
            let text = match attribute.path().as_str() {
                // An example in it is none of the caller's tests.
                "doc" => format!("#[cfg_attr(not(doctest), {})]", attribute.text),
                "repr" | "portable" => format!("#[{}]", attribute.text),
                "default" if attributes.has_default => format!("#[{}]", attribute.text),
                "serde" if attributes.through_serde => self.serde(&attribute.text)?,
                _ => continue,
            };
            kept.extend(
                syn::Attribute::parse_outer
                    .parse_str(&text)
                    .unwrap_or_default(),
            );
        }
        Ok(kept)
    }
}

pub(super) fn is_standard(path: &syn::Path) -> bool {
    let name = path.get_ident().map(ToString::to_string);
    name.is_some_and(|name| STANDARD.contains(&name.as_str()))
}

/// Whether an attribute is `#[portable(json = "serde")]`.
fn is_through_serde(attribute: &Attribute) -> bool {
    let text: String = attribute.text.split_whitespace().collect();
    attribute.path() == "portable" && text.contains("json=\"serde\"")
}
